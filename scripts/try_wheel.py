"""Puts a built wheel through the front doors, in an environment that holds nothing else.

    python scripts/try_wheel.py dist/gatewayz-0.1.0-py3-none-any.whl

The environment gets the wheel and its locked dependencies; every command runs in an empty folder,
so that nothing of this checkout can help.
"""

from __future__ import annotations

import http.client
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

from run_action import Job

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
GATEWAYS = ("openrouter", "groq", "google")
EXPORT = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)
PLUGIN_TEST = """
def test_the_plugin_came_with_the_wheel(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("gatewayz.pytest_plugin")
"""


class Wheel:
    """One wheel installed into one folder, and the doors to try."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.wheel = wheel
        self.bin = folder / "env" / "bin"
        self.empty = folder / "empty"
        self.empty.mkdir()
        self.folder = folder
        home = folder / "home"
        home.mkdir()
        # The least that a program needs: no import path, keys or settings of whoever runs this.
        self.env = {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(home)}
        self.env["PYTHONWARNINGS"] = "error::DeprecationWarning:gatewayz"

    def install(self) -> None:
        """The locked dependencies, then the wheel alone."""
        venv.create(self.bin.parent)
        self._pip("--require-hashes", "-r", str(LOCKS / "runtime.txt"))
        self._pip("--no-index", "--no-deps", str(self.wheel))

    def holds_what_it_should(self) -> None:
        with zipfile.ZipFile(self.wheel) as archive:
            names = archive.namelist()
        needed = {"gatewayz/py.typed", "gatewayz/engine/tiny-q8_0.gguf"}
        missing = needed - set(names)
        strays = [n for n in names if not n.startswith("gatewayz/") and ".dist-info/" not in n]
        if missing or strays:
            raise AssertionError(f"missing: {sorted(missing)}; does not belong: {strays}")

    def version(self) -> None:
        self._run("gatewayz", "--version", says=self.wheel.name.split("-")[1])

    def help(self) -> None:
        self._run("gatewayz", "--help", says="simulate")

    def roll_call(self) -> None:
        variables = self._pretended()
        try:
            self._run("gatewayz", "test", "--direct", *GATEWAYS, says="9/9", extra=variables)
        finally:
            self._run("gatewayz", "simulate", "--stop", says="")

    def action(self) -> None:
        """A job by action.yml, from its first step on, which makes an environment of its own."""
        job = Job(self.folder / "job", self.env | self._pretended(), {"gateways": "groq"})
        try:
            if code := job.run():
                raise AssertionError(f"{code}\n{job.said}")
        finally:
            self._run("gatewayz", "simulate", "--stop", says="")
        if "groq" not in job.summary.read_text(encoding="utf-8"):
            raise AssertionError("the job's summary says nothing of groq")

    def backend(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        command = [str(self.bin / "python"), "-m", "uvicorn", "gatewayz.server:app"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        with tempfile.TemporaryFile("w+") as log:
            child = subprocess.Popen(command, cwd=self.empty, env=self.env, stdout=log, stderr=log)
            try:
                if not _healthy(port, child):
                    log.seek(0)
                    raise AssertionError(f"no /health from the backend: {log.read()[-2000:]}")
            finally:
                child.terminate()
                child.wait(timeout=15)

    def pytest_plugin(self) -> None:
        self._pip("--require-hashes", "-r", str(LOCKS / "pytest.txt"))
        (self.empty / "test_plugin.py").write_text(PLUGIN_TEST, encoding="utf-8")
        self._run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", says="1 passed")

    def _pretended(self) -> dict[str, str]:
        """Starts the simulator; the variables that lead to it."""
        printed = self._run("gatewayz", "simulate", "--background", "--env", says="export ")
        return {name: shlex.split(value)[0] for name, value in EXPORT.findall(printed)}

    def _pip(self, *arguments: str) -> None:
        # This environment's own, which is newer than what a Python brings along, and thrice as fast.
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python")]
        command = [*pip, "install", "-qq", "--disable-pip-version-check", *arguments]
        subprocess.run(command, check=True)

    def _run(
        self, program: str, *arguments: str, says: str, extra: dict[str, str] | None = None
    ) -> str:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.empty,
            env=self.env | (extra or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0 or says not in done.stdout:
            said = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}".strip()
            raise AssertionError(f"{program} {' '.join(arguments)}: {done.returncode}\n{said}")
        return done.stdout


def _healthy(port: int, child: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    return False


def main(arguments: list[str]) -> int:
    """Try every door of the wheel named; 1 if any stays shut."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="gatewayz-wheel-") as folder:
        wheel = Wheel(Path(arguments[0]).resolve(), Path(folder))
        doors: list[tuple[str, Callable[[], None]]] = [
            (
                "holds the model and the type marker, and nothing beside the package",
                wheel.holds_what_it_should,
            ),
            ("installs from the locks alone", wheel.install),
            ("gatewayz --version", wheel.version),
            ("gatewayz --help", wheel.help),
            (f"gatewayz test {' '.join(GATEWAYS)}, against gatewayz simulate", wheel.roll_call),
            ("python -m uvicorn gatewayz.server:app", wheel.backend),
            ("the pytest plugin", wheel.pytest_plugin),
            ("the steps of action.yml, from an empty environment", wheel.action),
        ]
        for title, door in doors:
            started = time.monotonic()
            try:
                door()
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                failed += 1
                print(f"FAILED  {title}\n{error}", flush=True)
            else:
                print(f"ok      {title} ({time.monotonic() - started:.1f}s)", flush=True)
    print(f"wheel: {len(doors) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
