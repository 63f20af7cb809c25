"""Servers as child processes on loopback, ready when they answer and ended with the block."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Fine enough to time a start by: a server that starts in 10 ms is not told from one in 100 otherwise.
_POLL_S = 0.005
_END_S, _START_S = 10, 90
_SAID_BYTES = 3000
# What `tests/_guard` says when a Python process reaches beyond loopback.
_REACHED_OUT = b"a test tried to"


@dataclass(frozen=True)
class Server:
    """One that is running: where, as which process, and how long it took until its first answer."""

    url: str
    pid: int
    ready_s: float = 0.0

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    port: int,
    ready_path: str,
    env: Mapping[str, str],
    folder: Path,
    *,
    core: int | None = None,
) -> Iterator[Server]:
    """Run a server until the block is left; yields it once `ready_path` answers 200.

    core: the only one it may run on; None leaves that to the system.
    Raises: RuntimeError when it does not start, or reaches beyond loopback under the tests.
    """
    with tempfile.TemporaryFile() as log:
        began = time.monotonic()
        with on_core(core):
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=folder,
                start_new_session=True,
            )
        try:
            if not _ready(child, port, ready_path):
                said = _end_of(log).decode(errors="replace")
                raise RuntimeError(f"{command[0]} not ready within {_START_S} s; it said:\n{said}")
            yield Server(f"http://127.0.0.1:{port}", child.pid, time.monotonic() - began)
        finally:
            end(child)
        if _has(log, _REACHED_OUT):
            raise RuntimeError(f"{command[0]} tried to reach beyond loopback")


def end(child: subprocess.Popen[bytes]) -> None:
    """Asks a process to end, and makes it if it does not."""
    child.terminate()
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_END_S)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """What this thread starts in the block runs on one core only, as does the thread meanwhile."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def _ready(child: subprocess.Popen[bytes], port: int, path: str) -> bool:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                connection.close()
                return True
        connection.close()
        time.sleep(_POLL_S)
    return False


def _end_of(log: IO[bytes]) -> bytes:
    log.seek(max(0, log.seek(0, os.SEEK_END) - _SAID_BYTES))
    return log.read()


def _has(log: IO[bytes], words: bytes) -> bool:
    """Line by line: a server under load writes more than one wants to hold."""
    log.seek(0)
    return any(words in line for line in log)
