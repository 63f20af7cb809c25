"""What every test has: the package on the path, the outside closed, a clean environment."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GUARD = ROOT / "tests" / "_guard"

if str(ROOT / "src") not in sys.path:
    sys.path.insert(0, str(ROOT / "src"))


def pytest_configure(config):
    """Closes the outside in this process and in every Python a test starts."""
    # The whole expression, since "not network" names the mark too.
    if (config.getoption("-m") or "").strip() == "network":
        os.environ["GATEWAYZ_TESTS_MAY_CALL_OUT"] = "1"
        return
    paths = [str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.path.insert(0, str(GUARD))
    sys.modules.pop("sitecustomize", None)
    __import__("sitecustomize")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch, tmp_path_factory):
    """No key, address or store of whoever runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("GATEWAYZ_") or name.endswith(
            ("_API_KEY", "_BASE_URL", "_API_KEY_FILE", "_TOKEN")
        ):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))


@pytest.fixture(scope="session")
def simulator():
    """One simulator for all tests that plant nothing in it."""
    from gatewayz.simulator import running

    with running(seed=7) as running_simulator:
        yield running_simulator
