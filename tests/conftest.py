"""What every test has: the package on the path, the outside closed, a clean environment."""

import gc
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GUARD = ROOT / "tests" / "_guard"
_NUMBERS = itertools.count()

if str(ROOT / "src") not in sys.path:
    sys.path.insert(0, str(ROOT / "src"))


def pytest_configure(config):
    """Closes the outside in this process and in every Python a test starts, and moves its home."""
    config.gatewayz_home = _live_in(tempfile.mkdtemp(prefix="gatewayz-tests-"))
    # The whole expression, since "not network" names the mark too.
    if (config.getoption("-m") or "").strip() == "network":
        os.environ["GATEWAYZ_TESTS_MAY_CALL_OUT"] = "1"
        return
    paths = [str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.path.insert(0, str(GUARD))
    sys.modules.pop("sitecustomize", None)
    __import__("sitecustomize")


def pytest_collection(session):
    """Nothing is garbage before all is collected."""
    gc.disable()


def pytest_collection_finish(session):
    """What fourteen thousand tests are made of stays, and need not be looked through with each."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config):
    shutil.rmtree(config.gatewayz_home, ignore_errors=True)


def _live_in(home):
    """What fixtures of a whole session start has its data here too, and not in the user's store."""
    os.environ["HOME"] = home
    os.environ["XDG_DATA_HOME"] = f"{home}/data"
    os.environ["XDG_CONFIG_HOME"] = f"{home}/config"
    os.environ["XDG_RUNTIME_DIR"] = home
    return home


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch, pytestconfig):
    """No key, address or store of whoever runs the tests reaches them.

    The home is numbered here: `tmp_path_factory.mktemp` reads the whole folder for the next free
    number, which with thousands of tests in one folder takes longer than the tests do.
    """
    for name in list(os.environ):
        if name.startswith("GATEWAYZ_") or name.endswith(
            ("_API_KEY", "_BASE_URL", "_API_KEY_FILE", "_TOKEN")
        ):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, os.environ[name])  # so that it is put back
    home = f"{pytestconfig.gatewayz_home}/{next(_NUMBERS)}"
    os.mkdir(home, mode=0o700)
    _live_in(home)


@pytest.fixture(scope="session")
def simulator():
    """One simulator for all tests that plant nothing in it."""
    from gatewayz.simulator import running

    with running(seed=7) as running_simulator:
        yield running_simulator
