"""Servers as child processes: ready or an error that says why, and ended whatever they do."""

import os
import signal
import subprocess
import sys

import pytest
from benchmarks import processes
from benchmarks.processes import end, free_port, on_core, serving


def test_one_that_does_not_start_is_told_with_its_last_words(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('the port is cursed')"]

    with (
        pytest.raises(RuntimeError, match="the port is cursed"),
        serving(command, free_port(), "/", os.environ, tmp_path),
    ):
        pass


def test_one_that_does_not_want_to_end_is_ended(monkeypatch):
    monkeypatch.setattr(processes, "_END_S", 0.1)
    deaf = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    deaf += "print('x', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        end(child)

        assert child.returncode == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores are chosen under Linux")
def test_a_child_keeps_to_the_core_and_this_thread_comes_back():
    before = os.sched_getaffinity(0)
    core = min(before)
    with on_core(core):
        asked = "import os; print(os.sched_getaffinity(0))"
        told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)

    assert told.stdout.strip() == str({core})
    assert os.sched_getaffinity(0) == before
