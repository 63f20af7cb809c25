"""Results are summed at the end of a run, and removed when they are old; their sums stay."""

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.cli.growth import tidy
from gatewayz.config import Settings
from gatewayz.core import Run, RunStatus
from gatewayz.core.units import utc_now
from gatewayz.measure.results import probe_result
from gatewayz.store import open_store


@pytest.fixture(scope="module")
def made(simulator, environment, tmp_path_factory):
    """A store with one finished run of today."""
    path = tmp_path_factory.mktemp("growth") / "s.db"
    test = ("test", "groq", "--models", "2", "--probe", "chat,streaming", "--store", str(path))
    there = environment(**simulator.variables())
    subprocess.run([sys.executable, "-m", "gatewayz", *test], env=there, check=True)
    return path


@pytest.fixture
def kept(made, tmp_path):
    """An open copy of it."""
    shutil.copy(made, tmp_path / "s.db")
    store = open_store(tmp_path / "s.db")
    yield store
    store.close()


def last_year(store, days=400):
    now = utc_now()
    return store.summaries.total(since=now - timedelta(days=days), until=now + timedelta(hours=1))


def again(store, run, days, status=RunStatus.FINISHED):
    """The same run, so many days ago."""
    ago = timedelta(days=days)
    verdicts = tuple(
        replace(
            verdict,
            observation=replace(
                verdict.observation,
                attempts=tuple(
                    replace(one, started_at=one.started_at - ago)
                    for one in verdict.observation.attempts
                ),
            ),
        )
        for verdict in run.verdicts
    )
    older = Run(
        id=f"ago-{days}", started_at=run.started_at - ago, plan=run.plan, settings=run.settings
    )
    store.begin_run(replace(older, status=status))
    store.record(older.id, verdicts)


def test_a_run_is_summed_when_it_ends(kept):
    run = kept.run("last")
    total = last_year(kept)

    assert (total.passed, total.failed) == (4, 0)
    assert kept.summaries.waiting() == ()
    results = [probe_result(verdict, run.id, run.started_at) for verdict in run.verdicts]
    wanted = [one.ttft_s for one in results if one.ttft_s is not None]
    assert wanted
    assert total.times["ttft"].count == len(wanted)
    assert total.times["ttft"].quantile(1) == pytest.approx(max(wanted), rel=0.0051)
    lists = kept.summaries.total(
        probe="catalogue", since=run.started_at, until=run.started_at + timedelta(hours=1)
    )
    assert lists.passed == 1  # it was read, or nothing could have been asked


def test_what_is_removed_stays_in_the_sums(kept):
    run = kept.run("last")
    for days in (40, 100, 200):
        again(kept, run, days)

    done = tidy(kept, Settings(keep_s=90 * 86400.0), utc_now())

    assert done.summed == 3
    assert (done.removed.runs, done.removed.results) == (2, 8)
    assert [line.id for line in kept.runs()] == ["ago-40", run.id]
    assert last_year(kept).passed == 16
    assert kept.summaries.raw_since() is not None
    assert tidy(kept, Settings(keep_s=90 * 86400.0), utc_now()).removed.runs == 0
    assert last_year(kept).passed == 16


def test_a_run_that_comes_back_by_an_import_is_not_counted_again(gatewayz, kept):
    run_id = kept.run("last").id
    gatewayz("export", run_id, "-o", "runs.jsonl", "--store", "s.db")
    tidy(kept, Settings(keep_s=0.0), utc_now() + timedelta(hours=1))
    assert kept.runs() == []

    came = gatewayz("import", "runs.jsonl", "--store", "s.db")

    assert came.returncode == 0, came.stderr
    assert kept.summaries.roll_up() == 0
    assert last_year(kept).passed == 4


def test_sums_by_the_hour_go_after_their_time_and_those_by_the_day_stay(gatewayz, kept):
    again(kept, kept.run("last"), 100)
    done = gatewayz("prune", "--store", "s.db", GATEWAYZ_KEEP="none", GATEWAYZ_KEEP_HOURS="30d")

    assert "Removed 1 day of sums by the hour from" in done.stdout
    assert last_year(kept).passed == 8


def test_prune_without_a_time_goes_by_the_settings(gatewayz, kept):
    again(kept, kept.run("last"), 100)

    would = gatewayz("prune", "--dry-run", "--store", "s.db")
    nothing = gatewayz("prune", "--store", "s.db", GATEWAYZ_KEEP="200d")
    done = gatewayz("prune", "--store", "s.db")

    assert would.stdout.startswith("Would remove 1 run and 4 results")
    assert nothing.stdout.startswith("Nothing in ")
    assert done.stdout.startswith("Removed 1 run and 4 results")


def test_who_judges_again_adds_nothing(gatewayz, kept):
    done = gatewayz("rejudge", "last", "--save", "--store", "s.db")

    assert done.returncode == 0, done.stderr
    assert kept.summaries.roll_up() == 1
    assert last_year(kept).passed == 4


def test_a_run_that_goes_on_is_not_summed_before_its_end(kept):
    again(kept, kept.run("last"), 1, RunStatus.RUNNING)

    assert kept.summaries.roll_up() == 0
    assert last_year(kept).passed == 4


def test_a_watch_keeps_the_store_small(kept, started, there, tmp_path):
    again(kept, kept.run("last"), 100)
    child = started("watch", "groq", "--models", "1", "--store", tmp_path / "s.db", **there)
    deadline = time.monotonic() + 60
    while any(line.id == "ago-100" for line in kept.runs()):
        assert time.monotonic() < deadline, "it removed nothing"
        assert child.poll() is None, child.communicate()
        time.sleep(0.1)
    child.terminate()
    child.communicate(timeout=30)

    assert child.returncode == 0
    assert kept.summaries.raw_since() is not None
    assert last_year(kept).passed >= 8
