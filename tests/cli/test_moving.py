"""`gatewayz export`, `import` and `prune`."""

import contextlib
import csv
import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import environment
from tests.loads import a_load

from gatewayz import simulator as simulation
from gatewayz.config import load_settings
from gatewayz.core import Run, RunStatus
from gatewayz.core.units import utc_now
from gatewayz.store import open_store


@pytest.fixture(scope="module")
def _two_runs(tmp_path_factory, simulator, _forked):
    """The file of a store with two runs."""
    folder = tmp_path_factory.mktemp("two-runs")
    words = ("test", "groq", "--models", "2", "--store", "made.db")
    env = environment(**simulator.variables())
    for _ in range(2):
        assert _forked.run(words, cwd=folder, env=env, timeout=60).returncode == 0
    return folder / "made.db"


@pytest.fixture
def two_runs(_two_runs, tmp_path):
    """The same, where it is looked for."""
    place = load_settings(environ=os.environ, folder=tmp_path).store
    Path(place).parent.mkdir(parents=True)
    shutil.copy(_two_runs, place)


def ids(gatewayz, *arguments):
    told = gatewayz("history", "--format", "json", *arguments).stdout
    return [run["id"] for run in json.loads(told)["runs"]]


def test_runs_go_through_a_file_into_another_store(gatewayz, two_runs, tmp_path):
    out = gatewayz("export", "--all", "-o", "runs.jsonl")
    first = gatewayz("import", "runs.jsonl", "--store", "other.db")
    again = gatewayz("import", "runs.jsonl", "--store", "other.db")
    shown = gatewayz("show", "--format", "json", "--store", "other.db").stdout

    assert (out.returncode, out.stdout) == (0, "2 runs written to runs.jsonl\n")
    assert first.stdout.startswith("2 runs with 4 results taken into ")
    assert again.returncode == 0
    assert again.stdout.startswith("0 runs with 0 results")
    assert again.stdout.count("is there already") == 2
    assert ids(gatewayz, "--store", "other.db") == ids(gatewayz)
    assert shown == gatewayz("show", "--format", "json").stdout


def test_what_was_imported_is_in_the_sums_that_the_pages_read(gatewayz, two_runs, tmp_path):
    gatewayz("export", "--all", "-o", "runs.jsonl")
    gatewayz("import", "runs.jsonl", "--store", "other.db")
    with contextlib.closing(open_store(tmp_path / "other.db")) as store:
        assert store.summaries.waiting() == ()
        assert store.summaries.uptime(until=utc_now().date(), days=2)


def test_a_table_is_written_by_the_files_ending(gatewayz, two_runs, tmp_path):
    newest = ids(gatewayz)[0]
    done = gatewayz("export", newest[:-1], "-o", "results.csv")

    with (tmp_path / "results.csv").open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert done.returncode == 0
    assert [(row["run"], row["gateway"], row["outcome"]) for row in rows] == [
        (newest, "groq", "passed")
    ] * 2


def test_without_a_name_the_last_run_goes_to_standard_output(gatewayz, two_runs):
    done = gatewayz("export", "-o", "-")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["run", "result", "result", "end"]
    assert lines[0]["run"]["id"] == ids(gatewayz)[0]


@pytest.mark.parametrize(
    "arguments",
    [("nosuch", "-o", "x.jsonl"), ("last", "--all", "-o", "x.jsonl"), ("last", "-o", "no/x.jsonl"),
     ("last",)],
)  # fmt: skip
def test_what_cannot_be_exported_leaves_no_file(gatewayz, two_runs, tmp_path, arguments):
    done = gatewayz("export", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_store_that_is_damaged_leaves_the_older_export_as_it_was(gatewayz, groq, tmp_path):
    gatewayz("test", "groq", "--models", "1", "--store", "s.db", **groq)
    gatewayz("export", "--all", "-o", "runs.jsonl", "--store", "s.db")
    before = (tmp_path / "runs.jsonl").read_bytes()
    import sqlite3

    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE verdicts SET verdict = verdict || ' '")
    connection.close()
    done = gatewayz("export", "--all", "-o", "runs.jsonl", "--store", "s.db")

    assert done.returncode == 4
    assert (tmp_path / "runs.jsonl").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_a_full_disk_leaves_the_older_export_as_it_was(gatewayz, groq, environment, tmp_path):
    gatewayz("test", "groq", "--models", "all", "--repeat", "4", **groq)
    (tmp_path / "runs.jsonl").write_text("older")
    limited = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000)); \
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); \
from gatewayz.cli import main; main({['export', '--all', '-o', 'runs.jsonl']!r})"
    done = subprocess.run(
        [sys.executable, "-c", limited], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 4
    assert "the export runs.jsonl was not written" in done.stderr
    assert (tmp_path / "runs.jsonl").read_text() == "older"
    assert sorted(path.name for path in tmp_path.glob("*runs*")) == ["runs.jsonl"]


@pytest.mark.parametrize("wrong", ["nothing there", "a folder", "cut", "text"])
def test_a_file_that_is_no_export_is_one_line_and_changes_nothing(
    gatewayz, two_runs, tmp_path, wrong
):
    gatewayz("export", "--all", "-o", "runs.jsonl")
    file = tmp_path / "wrong.jsonl"
    if wrong == "a folder":
        file.mkdir()
    elif wrong == "cut":
        file.write_bytes((tmp_path / "runs.jsonl").read_bytes()[:-200])
    elif wrong == "text":
        file.write_text("hello\n\x1b[31m")
    done = gatewayz("import", "wrong.jsonl", "--store", "other.db")

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "\x1b" not in done.stderr
    assert "No runs" in gatewayz("history", "--store", "other.db").stdout


def test_an_export_is_readable_as_the_users_umask_says(gatewayz, two_runs, tmp_path):
    gatewayz("export", "-o", "runs.jsonl")

    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "runs.jsonl").stat().st_mode) == 0o666 & ~mask


@pytest.fixture
def aged(gatewayz, groq, tmp_path):
    """A store with a run of today and two of long ago."""
    gatewayz("test", "groq", "--models", "2", "--store", "s.db", **groq)
    store = open_store(tmp_path / "s.db")
    today = store.run("last")
    for days in (100, 200):
        run = Run(id=f"ago-{days}", started_at=utc_now() - timedelta(days=days), plan=today.plan)
        store.begin_run(replace(run, status=RunStatus.FINISHED))
        store.record(run.id, today.verdicts * 50)
    store.close()
    return today.id


def test_old_runs_are_removed_and_the_file_shrinks(gatewayz, aged, tmp_path):
    size = (tmp_path / "s.db").stat().st_size
    would = gatewayz("prune", "--older-than", "90d", "--dry-run", "--store", "s.db")
    kept = ids(gatewayz, "--store", "s.db")
    done = gatewayz("prune", "--older-than", "90d", "--store", "s.db")
    again = gatewayz("prune", "--older-than", "90d", "--store", "s.db")

    assert would.stdout.startswith("Would remove 2 runs and 200 results from ")
    assert len(kept) == 3
    assert done.returncode == 0
    assert done.stdout.startswith("Removed 2 runs and 200 results from ")
    assert " MB now, and took " in done.stdout
    assert ids(gatewayz, "--store", "s.db") == [aged]
    assert (tmp_path / "s.db").stat().st_size < size
    assert again.stdout.startswith("Nothing in ")


def test_what_pruning_removes_is_told_as_json(gatewayz, aged):
    words = ("prune", "--older-than", "90d", "--store", "s.db", "--format", "json")
    would, done, again = (
        json.loads(gatewayz(*words, *more).stdout) for more in (["--dry-run"], [], [])
    )

    assert (would["schema"], would["removed"], would["older_than_s"]) == (
        "gatewayz/pruned/1", False, 90 * 86400
    )  # fmt: skip
    assert (done["removed"], done["runs"], done["results"]) == (True, would["runs"], 200)
    assert (again["runs"], again["results"]) == (0, 0)


def test_runs_that_are_kept_since_they_failed_are_not_said_to_be_missing(gatewayz, tmp_path):
    with simulation.running(faults=[{"fault": "billing-no-credit"}]) as broke:
        gatewayz("test", "groq", "--models", "1", "--store", "s.db", **broke.variables())
    done = gatewayz("prune", "--older-than", "0d", "--keep-failed", "--store", "s.db")

    assert "failed, and is kept" in done.stdout
    assert len(ids(gatewayz, "--store", "s.db")) == 1


def test_no_time_at_all_means_every_run_and_a_setting_of_it_is_refused(gatewayz, aged):
    setting = gatewayz("prune", "--store", "s.db", GATEWAYZ_KEEP="0d")
    done = gatewayz("prune", "--older-than", "0d", "--store", "s.db")

    assert setting.returncode == 2
    assert "GATEWAYZ_KEEP: '0d' is not a time from 1s to 100 years, or 'none'" in setting.stderr
    assert done.stdout.startswith("Removed 3 runs and 20")
    assert ids(gatewayz, "--store", "s.db") == []


def test_a_store_in_use_keeps_its_size_and_says_so(gatewayz, aged, tmp_path):
    import sqlite3

    reader = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchone()
    done = gatewayz("prune", "--older-than", "90d", "--store", "s.db")
    reader.close()

    assert done.returncode == 0
    assert "Removed 2 runs" in done.stdout
    assert ids(gatewayz, "--store", "s.db") == [aged]


@pytest.mark.parametrize("text", ["90", "d", "0x1d", "-5d", "9999999d", ""])
def test_a_time_without_sense_removes_nothing(gatewayz, aged, text):
    done = gatewayz("prune", "--older-than", text, "--store", "s.db")

    assert done.returncode == 2
    assert len(ids(gatewayz, "--store", "s.db")) == 3


@pytest.mark.parametrize(("answer", "left"), [("n", 3), ("y", 1)])
def test_on_a_terminal_it_asks_first(environment, gatewayz, aged, tmp_path, answer, left):
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "gatewayz", "prune", "--older-than", "90d", "--store", "s.db"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment(),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while b"?" not in shown or b"[y/N]" not in shown:
        shown += os.read(ours, 1024)
    os.write(ours, answer.encode() + b"\n")
    child.wait(30)
    os.close(ours)

    assert len(ids(gatewayz, "--store", "s.db")) == left


@pytest.fixture
def with_load(gatewayz, two_runs, tmp_path):
    """The same with a load run and something in quarantine; its name."""
    gatewayz("quarantine", "add", "groq/*", "--reason", "known")
    load = a_load(seconds=2)
    at = json.loads(gatewayz("config", "--format", "json").stdout)["settings"]["store"]["value"]
    with contextlib.closing(open_store(at)) as store:
        store.loads.keep(load)
    return load.id


def test_load_runs_and_quarantine_go_through_a_file_too(gatewayz, with_load):
    out = gatewayz("export", "--all", "-o", "all.jsonl")
    first = gatewayz("import", "all.jsonl", "--store", "other.db")
    again = gatewayz("import", "all.jsonl", "--store", "other.db")
    listed = gatewayz("quarantine", "list", "--store", "other.db")

    beside = "1 load run and 1 entry of the quarantine"
    assert out.stdout == f"2 runs, {beside} written to all.jsonl\n"
    assert first.stdout.startswith(f"2 runs with 4 results, and {beside} taken into ")
    assert again.stdout.startswith("0 runs with 0 results taken into ")
    assert f"  {with_load} is there already\n" in again.stdout
    assert "  the quarantine of groq/* is there already\n" in again.stdout
    assert listed.stdout == gatewayz("quarantine", "list").stdout
    assert gatewayz("show", with_load, "--store", "other.db").returncode == 0


def test_a_load_run_is_exported_by_its_name_and_never_into_a_table(gatewayz, with_load, tmp_path):
    alone = gatewayz("export", with_load[:-2], "-o", "load.jsonl")
    table = gatewayz("export", with_load, "-o", "load.csv")
    all_of_it = gatewayz("export", "--all", "-o", "all.csv")

    assert alone.stdout == "1 load run written to load.jsonl\n"
    assert table.returncode == 2
    assert "is a load run, which a table of results has no room for" in table.stderr
    assert not (tmp_path / "load.csv").exists()
    assert all_of_it.stdout == "2 runs written to all.csv\n"
    assert "left out: 1 load run" in all_of_it.stderr
