"""`gatewayz compare`: what a job in CI is told, and by which exit code."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from gatewayz import simulator as simulation
from gatewayz.cli.compare import command
from gatewayz.core import ConfigError, Outcome
from gatewayz.core.failures import failure
from gatewayz.store import open_store

QWEN = "qwen/qwen3-32b"
BROKEN = [{"fault": "server-500-json", "model": QWEN}]


@pytest.fixture(scope="module")
def measured():
    """One real run over a simulator, for stores that are made of it."""
    import os
    import subprocess
    import sys
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, simulation.running(seed=6) as simulator:
        source = Path(__file__).resolve().parents[2] / "src"
        told = {**os.environ, **simulator.variables(), "PYTHONPATH": str(source)}
        subprocess.run(
            [sys.executable, "-m", "gatewayz", "test", "groq", "--store", f"{folder}/s.db",
             "--probe", "streaming", "--repeat", "8"],
            env=told, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        store = open_store(f"{folder}/s.db")
        yield store.run("last")
        store.close()


@pytest.fixture
def kept(tmp_path, measured):
    """Keeps runs of the same answers, with other outcomes or times, a day apart."""
    store = open_store(tmp_path / "s.db")

    def keep(name, *, failing=(), later_s=0.0, day=0):
        def changed(verdict):
            seen = verdict.observation
            if seen.case.model.id in failing:
                return replace(
                    verdict,
                    outcome=Outcome.FAILED,
                    failure=failure("overloaded", "busy"),
                    warnings=(),
                )
            timing = seen.last.timing
            moved = {
                n: getattr(timing, n) + later_s
                for n in ("first_token_s", "last_content_s", "total_s")
            }
            last = replace(seen.last, timing=replace(timing, **moved, held_up_s=0.0))
            return replace(verdict, observation=replace(seen, attempts=(last,)))

        started = measured.started_at + timedelta(days=day)
        run = replace(measured, id=name, started_at=started, verdicts=())
        store.begin_run(run)
        store.record(name, [changed(verdict) for verdict in measured.verdicts])

    yield keep
    store.close()


@pytest.fixture
def compare(gatewayz):
    return lambda *arguments: gatewayz("compare", *arguments, "--store", "s.db")


def test_two_runs_of_the_program_are_compared(gatewayz):
    with simulation.running(seed=6) as whole:
        gatewayz("test", "groq", **whole.variables())
    with simulation.running(seed=6, faults=BROKEN) as broken:
        gatewayz("test", "groq", "--retries", "0", **broken.variables())

    done = gatewayz("compare", "--against", "last-good")
    told = json.loads(gatewayz("compare", "--against", "last-good", "--format", "json").stdout)
    back = gatewayz("compare", told["run"], told["base_runs"][0])

    assert done.returncode == 1
    assert "Broke:\n  groq / qwen/qwen3-32b / chat: server-500-json" in done.stdout
    assert "TOTAL: 3 judged on both sides: 2 unchanged, 1 broke" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert [change["kind"] for change in told["changes"]] == ["broke"]
    assert back.returncode == 0
    assert "Healed:" in back.stdout


def test_what_a_cap_left_out_is_told_and_ends_no_job(gatewayz):
    with simulation.running(seed=6) as whole:
        gatewayz("test", "groq", **whole.variables())
        gatewayz("test", "groq", "--max-calls", "1", **whole.variables())

    done = gatewayz("compare", "--against", "last-good")

    assert done.returncode == 0
    assert "1 unchanged, 2 not judged" in done.stdout
    assert "not sent: --max-calls" in done.stdout


def test_what_was_not_asked_again_is_told_and_shows_nothing_of_speed(gatewayz):
    with simulation.running(seed=6) as simulator:
        gatewayz("test", "groq", "--repeat", "6", **simulator.variables())
        gatewayz("test", "groq", "--repeat", "6", "--max-age", "6h", **simulator.variables())

    done = gatewayz("compare", "--against", "last-good")
    told = json.loads(gatewayz("compare", "--against", "last-good", "--format", "json").stdout)

    assert done.returncode == 0
    assert "3 judged on both sides: 3 unchanged (3 not asked again)" in done.stdout
    assert "SPEED" not in done.stdout
    assert (told["unchanged"], told["not_asked_again"], told["speed"]) == (3, 3, [])


def test_what_passed_before_and_is_unknown_now_is_no_success(kept, compare, measured, tmp_path):
    kept("a")
    started = measured.started_at + timedelta(days=1)
    unknown = [
        replace(verdict, outcome=Outcome.UNKNOWN, reason="our network")
        if verdict.observation.case.model.id == QWEN
        else verdict
        for verdict in measured.verdicts
    ]
    with closing(open_store(tmp_path / "s.db")) as store:
        store.begin_run(replace(measured, id="b", started_at=started, verdicts=()))
        store.record("b", unknown)

    assert compare("a", "b").returncode == 3


def test_nothing_new_ends_with_0(kept, compare):
    kept("a")
    kept("b")

    done = compare("a", "b")

    assert done.returncode == 0
    assert "TOTAL: 3 judged on both sides: 3 unchanged" in done.stdout


def test_last_good_skips_the_runs_in_which_it_failed_too(kept, compare):
    kept("a")
    kept("b", failing=[QWEN], day=1)
    kept("c", failing=[QWEN], day=2)

    assert compare("b", "c").returncode == 0
    assert compare("--against", "b").returncode == 0
    done = compare("--against", "last-good")

    assert done.returncode == 1
    assert "against the last pass of each question, in 2 runs" in " ".join(done.stdout.split())


def test_the_runs_of_a_time_are_one_side(kept, compare):
    kept("long ago", failing=[QWEN])
    kept("a", day=10)
    kept("b", day=11)
    kept("c", failing=[QWEN], day=12)

    done = compare("--against", "3d")

    assert "against the 2 runs of the 3d before it" in " ".join(done.stdout.split())
    assert "passed 0 of 8, was 16 of 16" in " ".join(done.stdout.split())
    assert done.returncode == 1


def test_what_slowed_fails_the_job_unless_only_what_broke_is_to(kept, compare):
    kept("a")
    kept("b", later_s=0.5)

    assert compare("a", "b").returncode == 1
    assert "Slower:" in compare("a", "b").stdout
    assert compare("a", "b", "--fail-on", "slowed").returncode == 1
    assert compare("a", "b", "--fail-on", "broke").returncode == 0
    assert compare("b", "a").returncode == 0


def test_what_broke_does_not_fail_a_job_that_minds_speed_alone(kept, compare):
    kept("a")
    kept("b", failing=[QWEN])

    assert compare("a", "b", "--fail-on", "slowed").returncode == 0


def test_runs_with_nothing_in_common_are_no_success(kept, compare, tmp_path, measured):
    kept("a")
    store = open_store(tmp_path / "s.db")
    store.begin_run(replace(measured, id="empty", verdicts=()))
    store.close()

    done = compare("a", "empty")

    assert done.returncode == 3
    assert "nothing to compare" in done.stdout


def test_one_run_alone_is_no_comparison(kept, compare):
    kept("a")

    for arguments in ((), ("a",), ("a", "a", "--against", "a")):
        done = compare(*arguments)
        assert done.returncode == 2
        assert "--against" in done.stderr
    assert compare("a", "nosuch").returncode == 2


def test_a_store_without_runs_is_told(gatewayz):
    done = gatewayz("compare", "--against", "last-good")

    assert done.returncode == 2
    assert "gatewayz test" in done.stderr


@pytest.mark.parametrize("span", ["0d", "0h", "0.0w", "0d0h"])
def test_no_time_before_a_run_is_refused_in_one_line(span):
    """Also where there is no run yet: it could never be right."""
    done = CliRunner().invoke(command, ["--against", span])

    assert isinstance(done.exception, ConfigError)
    assert f"--against {span}: no run was begun within no time; write a time such as 7d" in str(
        done.exception
    )
