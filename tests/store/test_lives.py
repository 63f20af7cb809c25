"""Killed at every write, and with every write failing once: nothing that was told is lost or doubled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def lives(place, how):
    """What a store's lives showed, and how many there were."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", HERE / "lives.py", how, place],
        env={**os.environ, "PYTHONPATH": f"{HERE.parents[1] / 'src'}"},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *wrong, number = done.stdout.splitlines()
    return wrong, int(number), done.stderr


def sound(place, how):
    wrong, number, said = lives(place, how)
    assert wrong == []
    assert said == ""
    assert number > 40  # writes of one run, its sums, and what is removed


def test_killed_at_each_of_its_writes_a_run_is_there_as_far_as_it_was_told(tmp_path):
    sound(f"sqlite:///{tmp_path}/gatewayz.db", "kill")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "fail"])
def test_so_it_is_on_each_database_and_with_each_write_failing_once(place, how):
    sound(place, how)
