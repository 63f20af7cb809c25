"""`gatewayz test` against the simulator."""

import contextlib
import json
import os
import re
import sqlite3
from xml.etree import ElementTree

import pytest

from gatewayz import simulator as simulation
from gatewayz.store import open_store


def stored(tmp_path):
    store = open_store(tmp_path / "store.db")
    try:
        return store.run("last")
    finally:
        store.close()


def test_the_printout_has_the_form_of_the_original(gatewayz, groq):
    done = gatewayz("test", "groq", "--models", "2", **groq)

    rule = "=" * 78
    expected = f"""\
{rule}
Testing Gateway: GROQ
{rule}
Fetching models from groq...
Testing 2 models

[1/2] GPT OSS 120B                        ... [OK] (SECONDS)
[2/2] Llama 3.3 70B Versatile             ... [OK] (SECONDS)

{rule}
TEST SUMMARY
{rule}

[OK] groq            :  2/ 2 passed (100.0%)

TOTAL: 2/2 models passed (100.0%)
{rule}
"""
    assert re.sub(r"\d+\.\d\ds", "SECONDS", done.stdout) == expected
    assert (done.returncode, done.stderr) == (0, "")


def test_all_fourteen_are_called_and_kept(gatewayz, there, tmp_path):
    done = gatewayz("test", "--models", "1", "-q", "--store", tmp_path / "store.db", **there)

    assert done.returncode == 0
    assert "TOTAL: 14/14 models passed (100.0%), 1 gateway skipped" in done.stdout
    assert "[SKIP] local" in done.stdout
    run = stored(tmp_path)
    assert run.status == "finished"
    assert sum(v.outcome == "passed" for v in run.verdicts) == 14


def test_without_a_key_nothing_runs_and_the_variable_is_named(gatewayz):
    done = gatewayz("test", "groq", "openrouter")

    assert done.returncode == 3
    assert re.search(r"\[SKIP\] groq +: no key: set GROQ_API_KEY", done.stdout)
    assert "TOTAL: 0/0 models passed (n/a), 2 gateways skipped" in done.stdout
    assert "gatewayz demo" in done.stderr


def test_a_wrong_key_is_a_verdict(gatewayz, groq):
    done = gatewayz("test", "groq", **{**groq, "GROQ_API_KEY": "gsk-wrong-wrong-wrong-wrong"})

    assert done.returncode == 1
    assert "[FAIL] groq" in done.stdout
    assert "auth-bad-key" in done.stdout
    assert "wrong-wrong" not in done.stdout + done.stderr


def test_a_key_that_cannot_be_sent_is_told_before_the_first_call(gatewayz, simulator, groq):
    before = len(simulator.log)
    done = gatewayz("test", "groq", **{**groq, "GROQ_API_KEY": "gsk-secret-part\nmore"})

    assert done.returncode == 2
    assert done.stderr.startswith("gatewayz: GROQ_API_KEY: there is a line end in the key")
    assert "secret-part" not in done.stderr
    assert len(simulator.log) == before


def test_a_failure_is_followed_by_its_reason_and_the_remedy(gatewayz):
    faults = [{"model": "llama-3.3-70b-versatile", "fault": "billing-no-credit"}]
    with simulation.running(faults=faults) as pretending:
        done = gatewayz("test", "groq", "--models", "2", **pretending.variables())

    assert done.returncode == 1
    assert re.search(r"\[WARN\] groq +:  1/ 2 passed \( 50.0%\)", done.stdout)
    assert re.search(r"\[FAIL\] \(.*\)\n +HTTP 402 billing-no-credit", done.stdout)
    assert "remedy: " in done.stdout


def test_what_failed_last_is_run_again_alone(gatewayz, tmp_path):
    store = ("--store", tmp_path / "store.db")
    third = "qwen/qwen3-32b"
    with simulation.running(faults=[{"model": third, "fault": "server-500-json"}]) as broken:
        first = gatewayz("test", "groq", "cerebras", "--retries", "0", *store, **broken.variables())
    with simulation.running() as whole:
        again = gatewayz("test", "--failed", "--models", "1", *store, **whole.variables())
        sent = [served.model for served in whole.log if served.route == "chat"]
        nothing = gatewayz("test", "--failed", *store, **whole.variables())

    assert (first.returncode, again.returncode) == (1, 0)
    assert sent == [third]
    assert "TOTAL: 1/1 models passed" in again.stdout
    assert nothing.returncode == 3
    assert "Nothing failed" in nothing.stderr


def test_failed_goes_by_the_gateways_that_are_named_and_can_be_planned(gatewayz, there):
    broken = {**there, "GROQ_API_KEY": "gsk-wrong-0123456789"}
    gatewayz("test", "groq", "xai", "--models", "2", "--probe", "streaming", **broken)
    other = gatewayz("test", "xai", "--failed", **there)
    gatewayz("models", "groq", **there)
    planned = gatewayz("plan", "--failed", "--format", "json", **there)
    again = gatewayz("test", "--failed", **there)
    none = gatewayz("plan", "--failed", **there)

    assert (other.returncode, other.stdout) == (3, "")
    assert "Nothing failed in the last run of these" in other.stderr
    assert [(bill["gateway"], bill["calls"]) for bill in json.loads(planned.stdout)["bills"]] == [
        ("groq", 3)
    ]
    assert "[OK] groq            :  3/ 3 passed" in again.stdout
    assert "nothing failed" in none.stdout


def test_failed_repeats_the_probe_the_repeat_and_the_way(gatewayz):
    faults = [{"gateway": "groq", "fault": "server-500-json", "stream": True, "nth": [3]}]
    more = ("--probe", "chat,streaming", "--models", "1", "--repeat", "3", "--retries", "0")
    with simulation.running(faults=faults) as broken:
        first = gatewayz("test", "groq", *more, **broken.variables())
    with simulation.running() as whole:
        again = gatewayz("test", "--failed", **whole.variables())
        sent = [served.stream for served in whole.log if served.route == "chat"]

    assert "5/ 6 passed" in first.stdout
    assert again.returncode == 0, again.stdout + again.stderr
    assert sent == [True]


def test_reports_are_written_in_every_format(gatewayz, groq, tmp_path):
    wanted = [f"--report={name}={tmp_path / name}" for name in ("json", "junit", "markdown")]
    done = gatewayz("test", "groq", *wanted, **groq)

    document = json.loads((tmp_path / "json").read_text())
    assert done.returncode == 0
    assert document["summary"]["total"]["passed"] == 3
    assert document["results"][0]["text"] == "Test successful"
    assert len(ElementTree.parse(tmp_path / "junit").findall(".//testcase")) == 3
    assert "groq" in (tmp_path / "markdown").read_text()


def test_json_on_standard_output_is_nothing_but_json(gatewayz, groq):
    done = gatewayz("test", "groq", "--models", "1", "--format", "json", **groq)

    assert json.loads(done.stdout)["summary"]["total"]["passed"] == 1


def test_an_unreachable_backend_is_one_line_with_the_command_that_starts_it(gatewayz):
    done = gatewayz("test", "--api", GATEWAYZ_API_URL="http://127.0.0.1:1")

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("API is unreachable at http://127.0.0.1:1")
    assert "python -m uvicorn src.main:app" in done.stderr


def test_reports_of_an_unreachable_backend_say_so(gatewayz, tmp_path):
    done = gatewayz(
        "test", "groq", "--api", "--report", "json=run.json", "--format", "json",
        GATEWAYZ_API_URL="http://127.0.0.1:1",
    )  # fmt: skip

    assert done.returncode == 3
    assert done.stdout == (tmp_path / "run.json").read_text()
    assert json.loads(done.stdout)["summary"]["total"]["unknown_lists"] == 1


def test_a_run_of_nothing_is_told_its_own_reason(gatewayz, groq):
    none = gatewayz("test", "groq", "--models", "nothing*", **groq)
    left_out = gatewayz("test", "groq", "--exclude", "*", **groq)
    keyless = gatewayz("test")

    assert none.returncode == keyless.returncode == left_out.returncode == 3
    assert "is left after leaving out *" in left_out.stdout
    assert "Set a key" not in none.stderr
    assert "Set a key" in keyless.stderr


def test_with_both_ways_an_unreachable_backend_leaves_the_direct_one(gatewayz, groq):
    done = gatewayz("test", "groq", "--both", GATEWAYZ_API_URL="http://127.0.0.1:1", **groq)

    # The gateway itself can be reached, so it is the backend that is down, and no network.
    assert done.returncode == 1
    assert "API is unreachable" in done.stderr
    assert re.search(r"\[OK\] groq +:  3/ 3 passed", done.stdout)
    assert re.search(r"\[FAIL\] groq \(api\)", done.stdout)
    assert "points at: the backend" in done.stdout


@pytest.mark.parametrize("place", ["backend-a", "backend-b", "litellm"])
def test_the_simulator_can_stand_in_for_the_backend(gatewayz, simulator, place):
    done = gatewayz("test", "groq", "--models", "1", **simulator.api_variables(place))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "[OK] groq            :  1/ 1 passed" in done.stdout


def test_an_empty_catalogue_is_told_with_the_curl_that_shows_it(gatewayz):
    faults = [{"path": "models", "gateway": "groq", "fault": "models-empty"}]
    with simulation.running(faults=faults) as pretending:
        done = gatewayz("test", "groq", **pretending.variables())

    assert done.returncode == 1
    assert "No models available" in " ".join(done.stdout.split())
    # On lines of its own, so that it can be copied.
    assert re.search(
        r"^ +curl -sS -i http://\S+ \\\n +-H \"Authorization: Bearer \$GROQ_API_KEY\"$",
        done.stdout,
        re.MULTILINE,
    )


def test_a_broken_client_file_costs_a_line_and_its_own_gateway(gatewayz, groq, tmp_path):
    services = tmp_path / "src" / "services"
    services.mkdir(parents=True)
    (services / "acme_client.py").write_text("raise RuntimeError('not today')\n")
    done = gatewayz("test", "--models", "1", **groq)

    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "acme_client.py: RuntimeError: not today" in done.stderr


def test_a_key_file_that_others_may_read_is_warned_of(gatewayz, groq, tmp_path):
    key = tmp_path / "groq.key"
    key.write_text(groq["GROQ_API_KEY"] + "\n")
    key.chmod(0o644)
    variables = {"GROQ_BASE_URL": groq["GROQ_BASE_URL"], "GROQ_API_KEY_FILE": str(key)}
    done = gatewayz("test", "groq", "--models", "1", **variables)

    assert done.returncode == 0
    assert f"chmod 600 {key}" in done.stderr


def test_headers_of_the_settings_file_are_sent(gatewayz, groq, tmp_path):
    (tmp_path / "gatewayz.toml").write_text(
        "models = 1\n[gateways.groq]\nheaders = { 'x-simulate-fault' = 'billing-no-credit' }\n"
    )
    done = gatewayz("test", "groq", **groq)

    assert "billing-no-credit" in done.stdout


def test_a_table_for_an_unknown_gateway_is_told_the_nearest(gatewayz, tmp_path):
    (tmp_path / "mine.toml").write_text("[gateways.gorq]\nconcurrency = 1\n")
    done = gatewayz("test", "--config", "mine.toml")

    assert done.returncode == 2
    assert "mine.toml [gateways]: " in done.stderr
    assert "did you mean 'groq'?" in done.stderr


@pytest.mark.parametrize(
    "content", [b"not a database, not at all" * 100, b"SQLite format 3\0" * 64]
)
def test_a_damaged_store_is_named_and_left_as_it_is(gatewayz, groq, tmp_path, content):
    path = tmp_path / "store.db"
    path.write_bytes(content)
    done = gatewayz("test", "groq", "--store", path, **groq)

    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert str(path) in done.stderr
    assert path.read_bytes() == content


def test_a_store_that_fills_up_ends_the_run_and_loses_nothing(
    gatewayz, groq, tmp_path, environment
):
    import subprocess
    import sys

    path = tmp_path / "store.db"
    first = gatewayz("test", "groq", "--models", "1", "--store", path, **groq)
    # A limit on file size is what a full disk looks like to one process.
    blocks = os.path.getsize(path) // 1024 + 8
    done = subprocess.run(
        f"ulimit -f {blocks}; exec {sys.executable} -m gatewayz test groq --models all "
        f"--repeat 20 --store {path}",
        shell=True,
        executable="/bin/bash",
        cwd=tmp_path,
        env=environment(**groq),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert first.returncode == 0
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    store = open_store(path)
    runs = store.runs()
    store.close()
    assert runs[-1].counts.passed == 1


def test_a_store_that_takes_nothing_is_the_only_thing_complained_of(gatewayz, groq, tmp_path):
    path = tmp_path / "store.db"
    gatewayz("test", "groq", "--models", "1", "--store", path, **groq)
    # Refused by the database itself, whoever runs this.
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    done = gatewayz("test", "groq", "--store", path, **groq)

    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert str(path) in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_report_that_could_not_be_written_is_not_said_to_be_there(gatewayz, groq, tmp_path):
    good = tmp_path / "run.xml"
    done = gatewayz(
        "test", "groq", "--report", "json=/dev/full", "--report", f"junit={good}", **groq
    )

    assert done.returncode == 4
    assert "/dev/full" in done.stderr
    assert "json report" not in done.stdout
    assert f"junit report: {good}" in done.stdout


def test_a_key_in_the_place_of_a_model_is_refused_before_anything_is_sent(gatewayz, tmp_path):
    key = "gsk_0123456789abcdefghij"
    settings = {"GROQ_API_KEY": key, "GATEWAYZ_STORE": str(tmp_path / "kept.db")}
    told = [
        gatewayz("test", "groq", "--models", key, **settings),
        gatewayz("probe", "http://127.0.0.1:1/v1", "-m", f"x/{key}", **settings),
    ]

    for one, option in zip(told, ("--models", "--model"), strict=True):
        assert one.returncode == 2
        assert f"{option}: that is a key" in one.stderr
        assert key not in one.stdout + one.stderr
    assert not (tmp_path / "kept.db").exists()
