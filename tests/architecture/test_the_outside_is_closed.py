"""Tests reach loopback and nothing else, whichever way make runs them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = re.findall(r"-m pytest .*", (ROOT / "Makefile").read_text())
MARKS = {run: re.search(r' -m "?([a-z ]+[a-z])', run.removeprefix("-m "))[1] for run in RUNS}

TESTS = """
import socket, subprocess, sys
import pytest

OUT = "import socket; s = socket.socket(); s.settimeout(0.1); s.connect(('192.0.2.1', 9))"

@pytest.mark.peers
def test_of_a_peer():
    closed()

@pytest.mark.clients
def test_of_a_client():
    closed()

@pytest.mark.slow
def test_that_is_slow():
    closed()

@pytest.mark.fuzz
def test_of_the_fuzzer():
    closed()

def test_of_any_other_kind():
    closed()

def closed():
    with pytest.raises(OSError, match="only loopback is open"):
        exec(OUT)
    with pytest.raises(OSError, match="a test tried to look up"):
        socket.getaddrinfo("api.openai.com", 443)
    child = subprocess.run([sys.executable, "-c", OUT], capture_output=True, text=True)
    assert "only loopback is open" in child.stderr
"""


@pytest.mark.parametrize("marks", ["", *dict.fromkeys(MARKS.values())])
def test_the_outside_is_closed_to_a_test_and_to_what_it_starts(marks, tmp_path):
    folder = tmp_path / "tests"
    shutil.copytree(ROOT / "tests" / "_guard", folder / "_guard")
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_out.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  peers: as in the project\n  clients: likewise\n  fuzz: likewise\n"
        "  slow: likewise\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", marks, str(folder)],
        cwd=tmp_path,
        # Without what this process's own guard hands on.
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_every_way_of_make_is_among_them():
    assert len(MARKS) == 6
    assert all(
        "network" in marks or marks in ("peers", "clients", "fuzz") for marks in MARKS.values()
    )
