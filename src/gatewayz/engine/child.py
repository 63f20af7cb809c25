"""The engine as a child process: is it to be had, start it, wait for it, end it."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gatewayz.core.errors import GatewayzError
from gatewayz.core.text import visible

MODEL = Path(__file__).resolve().parent / "tiny-q8_0.gguf"

_KEY_VARIABLE = "GATEWAYZ_ENGINE_KEY"
_READY_LINE = re.compile(r"^(http://(127\.0\.0\.1:\d+))/v1 ready\b", re.MULTILINE)
_POLL_S = 0.02


class EngineError(GatewayzError):
    """The engine cannot be used here, or did not start; the message says why."""


def available() -> str:
    """Why the engine cannot run on this machine; "" when it can.

    Nothing native is loaded to find out: the wheel is looked up, not imported, because on a
    processor without AVX2 the import itself would end the process.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        return "the xllamacpp wheel is not installed (pip install 'gatewayz[engine]')"
    if platform.machine().lower() in {"x86_64", "amd64"} and not _has_avx2():
        return "this processor lacks AVX2, which the xllamacpp wheel needs"
    return ""


@contextlib.contextmanager
def running(
    alias: str = "tiny", *, api_key: str = "", start_timeout_s: float = 30
) -> Iterator[str]:
    """Run the engine for the length of a `with` block; yields its base URL, ending in `/v1`.

    alias: the model's name in the listing; the engine answers to any name, as llama.cpp does.
    api_key: what clients must send as a Bearer token; "" lets everybody in.
    The child listens on a free loopback port and is ended, by its own process id, however the
    block is left. Should this process die first, the child notices its standard input closing.
    Raises: EngineError when it is not to be had here, or does not answer in start_timeout_s.
    """
    if reason := available():
        raise EngineError(f"the inference engine cannot run: {reason}")
    with tempfile.TemporaryFile() as log:
        child = _start(alias, api_key, log)
        try:
            yield _wait_until_ready(child, log, start_timeout_s)
        finally:
            _end(child)


def _has_avx2() -> bool:
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True  # not Linux: every x86-64 Mac that runs a current macOS has it
    return re.search(r"^flags\s*:.*\bavx2\b", cpuinfo, re.MULTILINE) is not None


def _start(alias: str, api_key: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gatewayz.engine", "--alias", alias, "--until-eof"]
    # The package may run from a bare checkout, which the child's import path must know as well.
    source = str(Path(__file__).resolve().parents[2])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if api_key:
        # By the environment: a command line is there for every user of the machine to read.
        environment[_KEY_VARIABLE] = api_key
        command += ["--api-key-env", _KEY_VARIABLE]
    return subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        # Ctrl-C reaches the whole foreground group; requests under way should end by our own
        # cancellation, not by their server vanishing.
        start_new_session=True,
    )


def _wait_until_ready(child: subprocess.Popen[bytes], log: IO[bytes], timeout_s: float) -> str:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        said = _said(log)
        if (line := _READY_LINE.search(said)) and _answers(line[2]):
            return f"{line[1]}/v1"
        if child.poll() is not None:
            last = visible((said.strip().splitlines() or ["it said nothing"])[-1])
            raise EngineError(f"the inference engine ended with code {child.returncode}: {last}")
        time.sleep(_POLL_S)
    raise EngineError(f"the inference engine was not ready within {timeout_s:g} s")


def _said(log: IO[bytes]) -> str:
    # pread leaves the file offset alone, which the child shares with us and writes at.
    return os.pread(log.fileno(), 65_536, 0).decode("utf-8", errors="replace")


def _answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    child.terminate()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
