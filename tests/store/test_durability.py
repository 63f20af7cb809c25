"""What was reported as stored is there: after kill -9, with two writers, when writing fails."""

import random
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from gatewayz.core import StoreError
from gatewayz.store import open_store

WRITER = """
import sys
from conftest import a_run, a_verdict
from gatewayz.store import open_store

path, run_id = sys.argv[1:3]
store = open_store(path)
store.begin_run(a_run(run_id))
number = 0
while True:
    verdicts = [a_verdict(f"{run_id}/{number + k}") for k in range(1 + number % 3)]
    store.record(run_id, verdicts)
    for verdict in verdicts:
        print(verdict.observation.case.model.id, flush=True)
    number += len(verdicts)
    if len(sys.argv) > 3 and number >= int(sys.argv[3]):
        break
store.close()
"""


def kept_models(path, run_id):
    store = open_store(path)
    try:
        return [v.observation.case.model.id for v in store.run(run_id).verdicts]
    finally:
        store.close()


def test_after_kill_9_at_any_moment_every_printed_verdict_is_there(file, python):
    chance = random.Random(7)
    for turn in range(8):
        child = python(WRITER, file, f"run-{turn}")
        printed = [child.stdout.readline().strip()]
        deadline = time.monotonic() + chance.uniform(0, 0.15)
        while time.monotonic() < deadline:
            printed.append(child.stdout.readline().strip())
        child.send_signal(signal.SIGKILL)
        printed += child.stdout.read().split("\n")[:-1]  # a line cut by the kill has no end
        child.wait(10)

        kept = kept_models(file, f"run-{turn}")

        assert printed == kept[: len(printed)]
        assert kept == [f"run-{turn}/{n}" for n in range(len(kept))]


def test_a_run_whose_process_was_killed_says_so(file, python):
    child = python(WRITER, file, "run-1")
    child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    store = open_store(file)

    (line,) = store.runs()
    store.close()

    assert line.status == "running"
    assert line.finished_at is None
    assert line.recorded >= 1


def test_two_writers_at_once_lose_nothing_and_wait_for_each_other(place, python):
    # Both make the store, too: neither finds it there.
    children = [python(WRITER, place, f"run-{n}", 60) for n in range(2)]
    outputs = [child.communicate(timeout=60) for child in children]

    assert [child.returncode for child in children] == [0, 0], outputs
    for n, (printed, complaints) in enumerate(outputs):
        assert kept_models(place, f"run-{n}") == printed.split()
        assert complaints == ""


def test_a_reader_is_never_kept_waiting_and_never_sees_half_a_group(file, make):
    writer, reader = open_store(file), open_store(file)
    writer.begin_run(make.run())
    for size in range(1, 6):
        writer.record("run-1", [make.verdict(str(n)) for n in range(size)])

        assert len(reader.run("run-1").verdicts) == size * (size + 1) // 2
    writer.close()
    reader.close()


LIMITED = """
import resource, sys
from conftest import a_run, a_verdict
from gatewayz.core import StoreError
from gatewayz.store import open_store

path, limit = sys.argv[1], int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    store = open_store(path)
    store.begin_run(a_run("limited"))
    for number in range(400):
        store.record("limited", [a_verdict(str(number), text="x" * 2000)])
        print(number, flush=True)
except StoreError as told:
    print("told:", told)
"""


@pytest.mark.parametrize("extra", [0, 1000, 30_000, 100_000, 400_000])
def test_when_the_disk_ends_it_is_said_plainly_and_earlier_results_stand(file, python, make, extra):
    first = open_store(file)
    first.begin_run(make.run("before", "a"))
    first.record("before", [make.verdict("a")])
    first.close()
    child = python(LIMITED, file, file.stat().st_size + extra)
    out, complaints = child.communicate(timeout=60)
    *recorded, told = out.strip().split("\n")

    assert child.returncode == 0, complaints
    assert complaints == ""
    assert told.startswith("told: the store ")
    assert "make room" in told or "disk's space" in told
    assert kept_models(file, "before") == ["a"]
    if recorded:
        assert kept_models(file, "limited") == recorded
    after = open_store(file)
    after.begin_run(make.run("after"))
    assert after.runs()[0].id == "after"
    after.close()


def test_a_full_file_system_is_named_as_one(tmp_path, make):
    mount = tmp_path / "small"
    mount.mkdir()
    tool = shutil.which("mount")
    mounted = (
        tool
        and not subprocess.run(
            [tool, "-t", "tmpfs", "-o", "size=600k", "none", mount],
            check=False,
            capture_output=True,
        ).returncode
    )
    if not mounted:
        pytest.skip("no file system of a given size can be mounted here")
    try:
        store = open_store(mount / "gatewayz.db")
        store.begin_run(make.run())
        recorded, told = 0, ""
        while not told and recorded < 1000:
            try:
                store.record("run-1", [make.verdict(str(recorded), text="x" * 5000)])
                recorded += 1
            except StoreError as full:
                told = str(full)

        assert "make room" in told
        assert "\n" not in told
        assert len(store.run("run-1").verdicts) == recorded
        store.close()
    finally:
        subprocess.run(["umount", mount], check=False)


def test_each_failing_write_leaves_a_store_that_opens(file, make, monkeypatch):
    """The Nth statement fails, for every N until a run completes."""
    for nth in range(1, 40):
        if _run_with_a_failing_statement(file, make, nth):
            break
        store = open_store(file)
        for line in store.runs(limit=100):
            assert len(store.run(line.id).verdicts) in (0, 2, 4)
        store.close()
    else:
        pytest.fail("the run never completed")

    assert nth > 5


def _run_with_a_failing_statement(file, make, nth):
    from sqlalchemy import event

    store = open_store(file)
    left = [nth]

    @event.listens_for(store._session._engine, "before_cursor_execute")
    def fail(*_):
        left[0] -= 1
        if left[0] == 0:
            raise sqlite3.OperationalError("disk I/O error")

    try:
        run = make.run(f"run-{nth}")
        store.begin_run(run)
        store.record(run.id, [make.verdict("a"), make.verdict("b")])
        store.record(run.id, [make.verdict("c"), make.verdict("d")])
        store.finish_run(run)
    except StoreError:
        return False
    finally:
        store.close()
    return True
