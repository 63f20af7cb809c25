"""An import or a removal that is killed leaves each run whole or not there, and can be repeated."""

import random
import signal
import time
from datetime import timedelta

import pytest

from gatewayz.store import open_store
from gatewayz.store.copies import read_lines

RUNS, RESULTS = 40, 5

MOVER = """
import sys
from conftest import NOON
from datetime import timedelta
from gatewayz.store import open_store
from gatewayz.store.copies import read_lines

work, path, file = sys.argv[1:]
store = open_store(path)
print("open", flush=True)
if work == "import":
    def entries():
        with open(file, "rb") as opened:
            yield from read_lines(opened, file)
    store.copies.take(entries)
else:
    store.copies.prune(NOON + timedelta(days=1))
store.close()
"""


@pytest.fixture
def export(tmp_path, make):
    """A file of many runs."""
    store = open_store(tmp_path / "from.db")
    for number in range(RUNS):
        store.begin_run(make.run(f"run-{number:02}"))
        store.record(f"run-{number:02}", [make.verdict(f"m{n}") for n in range(RESULTS)])
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(store.copies.lines(store.copies.ids())))
    store.close()
    return path


def take(store, export):
    lines = export.read_bytes().splitlines()
    return store.copies.take(lambda: read_lines(lines, "runs.jsonl"))


def killed(child, after_s):
    assert child.stdout.readline() == "open\n"
    time.sleep(after_s)
    child.send_signal(signal.SIGKILL)
    child.wait(10)


def sizes(store):
    return {line.id: line.recorded for line in store.runs(limit=RUNS + 1)}


def test_an_import_that_was_killed_has_brought_whole_runs_and_goes_on(file, python, export):
    chance = random.Random(3)
    for _ in range(6):
        killed(python(MOVER, "import", file, export), chance.uniform(0, 0.15))
        store = open_store(file)

        assert set(sizes(store).values()) <= {RESULTS}
        store.close()

    store = open_store(file)
    done = take(store, export)
    assert len(done.added) + len(done.already) == RUNS
    assert sizes(store) == {f"run-{n:02}": RESULTS for n in range(RUNS)}
    store.close()


def test_a_removal_that_was_killed_leaves_whole_runs_and_goes_on(file, python, export, make):
    store = open_store(file)
    take(store, export)
    store.close()
    chance = random.Random(4)
    for _ in range(4):
        killed(python(MOVER, "prune", file, export), chance.uniform(0, 0.03))
        store = open_store(file)

        assert set(sizes(store).values()) <= {RESULTS}
        store.close()

    store = open_store(file)
    store.copies.prune(make.noon + timedelta(days=1))
    assert sizes(store) == {}
    store.close()
