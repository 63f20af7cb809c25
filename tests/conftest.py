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
    config.gatewayz_last_home = ""
    # The whole expression, since "not network" names the mark too.
    if (config.getoption("-m") or "").strip() == "network":
        os.environ["GATEWAYZ_TESTS_MAY_CALL_OUT"] = "1"
        return
    paths = [str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.path.insert(0, str(GUARD))
    sys.modules.pop("sitecustomize", None)
    __import__("sitecustomize")


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Three workers for two cores: half of its time each waits, for a limit, a pause or a program."""
    cores = yield
    asked_for = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    return cores if asked_for else cores + cores // 2


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


def _empty_home(config):
    """A home with nothing in it: the last test's, where it has left nothing there.

    Few tests do, and thousands of folders take tens of seconds to remove. It is numbered here:
    `tmp_path_factory.mktemp` reads the whole folder for the next free number, which with thousands of
    tests in one folder takes longer than the tests do.
    """
    if not (os.path.isdir(config.gatewayz_last_home) and not os.listdir(config.gatewayz_last_home)):
        config.gatewayz_last_home = f"{config.gatewayz_home}/{next(_NUMBERS)}"
        os.mkdir(config.gatewayz_last_home, mode=0o700)
    return config.gatewayz_last_home


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch, pytestconfig):
    """No key, address or store of whoever runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("GATEWAYZ_") or name.endswith(
            ("_API_KEY", "_BASE_URL", "_API_KEY_FILE", "_TOKEN")
        ):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, os.environ[name])  # so that it is put back
    _live_in(_empty_home(pytestconfig))


@pytest.fixture(scope="session")
def simulator():
    """One simulator for all tests that plant nothing in it."""
    from gatewayz.simulator import running

    with running(seed=7) as running_simulator:
        yield running_simulator
