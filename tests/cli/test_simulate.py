"""`gatewayz simulate`, in the foreground and in the background."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def background(gatewayz):
    """The command, and its background simulator ended after the test."""
    yield gatewayz
    gatewayz("simulate", "--stop")


def gone(pid):
    for _ in range(250):
        try:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return True
        except ChildProcessError:
            pass
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def pid_in(home):
    import json

    return json.loads((home / "gatewayz" / "simulator.json").read_text())["pid"]


@pytest.fixture
def home():
    from pathlib import Path

    return Path(os.environ["XDG_DATA_HOME"])


def test_one_line_of_shell_points_every_command_at_it(background, environment, tmp_path):
    python = sys.executable
    done = subprocess.run(
        f'eval "$({python} -m gatewayz simulate --background --env)"; '
        f"{python} -m gatewayz test -q --models 1",
        shell=True,
        executable="/bin/bash",
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "TOTAL: 14/14 models passed" in done.stdout


def test_only_export_lines_are_printed_for_a_shell(background):
    done = background("simulate", "--background", "--env")

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(lines) == 28
    assert all(re.fullmatch(r"export [A-Z_]+=\S+", line) for line in lines)


def test_stop_ends_it(background, home):
    background("simulate", "--background")
    pid = pid_in(home)
    done = background("simulate", "--stop")

    assert "has ended" in done.stderr
    assert gone(pid)
    assert "No simulator" in background("simulate", "--stop").stderr


def test_a_second_terminal_gets_the_variables_of_the_one_that_runs(background, home):
    first = background("simulate", "--background", "--env")
    pid = pid_in(home)
    second = background("simulate", "--background", "--env")

    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert pid_in(home) == pid


def test_a_second_one_of_another_kind_is_refused(background):
    background("simulate", "--background")
    done = background("simulate", "--background", "--seed", "1")

    assert done.returncode == 2
    assert "--stop" in done.stderr


def test_it_ends_by_itself(background, home):
    background("simulate", "--background", "--for", "300ms")

    assert gone(pid_in(home))
    assert background("simulate", "--background").returncode == 0


def test_stop_never_ends_a_stranger_with_the_same_number(gatewayz, home):
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (home / "gatewayz").mkdir(parents=True)
        (home / "gatewayz" / "simulator.json").write_text(
            f'{{"pid": {stranger.pid}, "started": "1"}}'
        )
        done = gatewayz("simulate", "--stop")

        assert "No simulator" in done.stderr
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_in_the_foreground_it_says_how_to_use_it_and_stops_on_ctrl_c(started):
    child = started("simulate", "--seed", "3")
    first = child.stdout.readline()
    child.send_signal(signal.SIGINT)
    rest, said = child.stdout.read(), child.stderr.read()

    assert first.startswith("Simulating on http://127.0.0.1:")
    assert "export GROQ_API_KEY=" in rest
    assert "Traceback" not in said


def test_an_address_behind_a_fault_is_a_comment_among_the_variables(background):
    done = background("simulate", "--background", "--env", "--behind", "tls-handshake-stall=groq")

    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(
        r"# tls-handshake-stall=groq: https://127\.0\.0\.1:\d+/groq/openai/v1", last
    )


def test_an_unknown_fault_below_http_is_one_line_and_nothing_else(gatewayz):
    done = gatewayz("simulate", "--for", "5s", "--behind", "tls-handshake-stal=groq")

    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'tls-handshake-stall'" in done.stderr
