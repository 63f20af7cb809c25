"""The real command, in a process of its own, against the simulator on a real socket."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.forked import Forked

SRC = Path(__file__).resolve().parents[2] / "src"


def environment(**more):
    """The tests' clean environment, with the package on the path."""
    path = [str(SRC), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "COLUMNS": "80", **more}


@pytest.fixture(name="environment", scope="session")
def environment_fixture():
    """What a process of the package needs: a function from more variables to an environment."""
    return environment


@pytest.fixture(scope="session")
def _forked(tmp_path_factory):
    root = str(SRC.parent)
    path = os.pathsep.join([environment()["PYTHONPATH"], root])
    forked = Forked(tmp_path_factory.mktemp("forks"), environment(PYTHONPATH=path))
    yield forked
    forked.close()


def _of_the_interpreter(name):
    """Whether a variable is read when Python starts, so that a fork comes too late for it."""
    return name.startswith(("PYTHON", "LC_")) or name == "LANG"


@pytest.fixture
def gatewayz(tmp_path, _forked):
    """Runs `gatewayz ARGS...` in an empty folder and returns what came of it."""

    def run(*arguments, cwd=tmp_path, timeout=60, **env):
        if not any(map(_of_the_interpreter, env)):
            return _forked.run(arguments, cwd=cwd, env=environment(**env), timeout=timeout)
        return subprocess.run(
            [sys.executable, "-m", "gatewayz", *map(str, arguments)],
            cwd=cwd,
            env=environment(**env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def started(tmp_path):
    """Starts `gatewayz ARGS...` and hands over the process, which is gone after the test."""
    children = []

    def start(*arguments, **env):
        child = subprocess.Popen(
            [sys.executable, "-m", "gatewayz", *map(str, arguments)],
            cwd=tmp_path,
            env=environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate(timeout=20)


@pytest.fixture
def there(simulator):
    """The environment in which the fourteen gateways are the simulator."""
    return simulator.variables()


@pytest.fixture
def groq(there):
    """The same for one gateway alone."""
    return {name: value for name, value in there.items() if name.startswith("GROQ_")}
