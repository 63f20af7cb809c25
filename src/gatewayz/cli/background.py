"""The one simulator that may run in the background: started, remembered, ended.

Remembered by process id and start time, so that `--stop` never ends a stranger that has got the
same number since.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gatewayz.config.files import data_folder
from gatewayz.core.errors import ConfigError
from gatewayz.core.text import visible

_START_S = 20.0
_END_S = 5.0


@dataclass(frozen=True, kw_only=True)
class _Child:
    pid: int
    started: str
    # What it was asked for and what it printed, for whoever asks for the same again.
    arguments: tuple[str, ...] = ()
    printed: str = ""


def start(arguments: Sequence[str]) -> str:
    """Starts `gatewayz simulate` with these arguments and lets it go; returns what it printed.

    One that runs already is left running, and what it printed is returned.
    Raises: ConfigError when the one that runs is another, or this one does not start.
    """
    running = _remembered()
    if running is not None and _lives(running):
        if running.arguments != tuple(arguments) or not running.printed:
            raise ConfigError(
                "another simulator is running already; end it with: gatewayz simulate --stop"
            )
        return running.printed
    # It gets pipes and files of its own: were it to hold the caller's, a shell's `$( )` would wait
    # for the simulator's whole life.
    ours, its = os.pipe()
    with tempfile.TemporaryFile() as said, open(ours, encoding="utf-8") as reading:
        child = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
            [sys.executable, "-m", "gatewayz", "simulate", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=its,
            stderr=said,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": _import_path()},
        )
        os.close(its)
        printed = reading.read()
        if "export " not in printed:
            child.wait(_START_S)
            said.seek(0)
            lines = said.read(4000).decode("utf-8", "replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
            raise ConfigError(visible(last.removeprefix("gatewayz: ")))
    _remember(
        _Child(
            pid=child.pid,
            started=_started(child.pid),
            arguments=tuple(arguments),
            printed=printed,
        )
    )
    # Not waited for on purpose: it outlives us.
    child.returncode = 0
    return printed


def stop() -> str:
    """Ends the simulator in the background, if it is still that one; a line about it."""
    running = _remembered()
    _file().unlink(missing_ok=True)
    if running is None or not _lives(running):
        return "No simulator is running in the background."
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + _END_S
    while _lives(running) and time.monotonic() < deadline:
        time.sleep(0.02)
    if _lives(running):
        os.kill(running.pid, signal.SIGKILL)
    return "The simulator has ended."


def _import_path() -> str:
    """What the child needs to find this very package, also from a bare checkout."""
    import gatewayz

    here = str(Path(gatewayz.__path__[0]).resolve().parent)
    return os.pathsep.join(dict.fromkeys([here, *filter(None, [os.environ.get("PYTHONPATH")])]))


def _file() -> Path:
    return data_folder(os.environ) / "simulator.json"


def _remember(child: _Child) -> None:
    path = _file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(child)))
        path.chmod(0o600)
    except OSError as error:
        os.kill(child.pid, signal.SIGTERM)
        raise ConfigError(f"cannot write {visible(str(path))}: {error.strerror}") from None


def _remembered() -> _Child | None:
    try:
        held = json.loads(_file().read_text())
        return _Child(
            pid=int(held["pid"]),
            started=str(held["started"]),
            arguments=tuple(map(str, held.get("arguments", ()))),
            printed=str(held.get("printed", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lives(child: _Child) -> bool:
    return bool(child.started) and _started(child.pid) == child.started


def _started(pid: int) -> str:
    """When a process started, in the system's own words; "" when there is none, or it is dead."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        # The name in brackets may hold blanks and brackets; what follows the last one does not.
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        return "" if fields[0] in ("Z", "X") else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    except (OSError, IndexError):
        return ""
    listed = subprocess.run(  # noqa: S603 -- a number is all that goes in
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607 -- where ps lies differs
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout.strip()
