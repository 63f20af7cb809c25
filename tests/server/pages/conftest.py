"""A backend that shows a store with some runs; one for all tests that only look."""

import shutil
from contextlib import ExitStack

import pytest
from tests.watched import OWN, fill

from gatewayz.config import load_settings
from gatewayz.core import Gateway
from gatewayz.server import running


@pytest.fixture(scope="session")
def _filled(tmp_path_factory):
    file = tmp_path_factory.mktemp("filled") / "runs.db"
    fill(str(file))
    return file


@pytest.fixture(scope="session")
def _looked_at(_filled, tmp_path_factory):
    """Starts a backend over the common store, which lasts for all tests."""
    gateway = Gateway(name="acme", base_url="http://127.0.0.1:1/v1", key_env="ACME_API_KEY")
    with ExitStack() as stack:

        def base(**environ):
            here = tmp_path_factory.mktemp("here")
            common = {"ACME_API_KEY": "k", "XDG_DATA_HOME": str(here), "GATEWAYZ_STORE": str(_filled)}  # fmt: skip
            settings = load_settings(environ={**common, **environ}, folder=here)
            return stack.enter_context(running(settings, {"acme": gateway}))

        yield base


@pytest.fixture(scope="session")
def _shown_at(_looked_at):
    return _looked_at()


@pytest.fixture(scope="session")
def _locked_at(_looked_at):
    return _looked_at(GATEWAYZ_API_KEY=OWN)


@pytest.fixture
def store_file(tmp_path):
    return str(tmp_path / "runs.db")


@pytest.fixture
def filled(_filled, store_file):
    """A store of this test's own."""
    shutil.copy(_filled, store_file)
    return store_file


@pytest.fixture
def shown(_shown_at, client_at):
    """A backend without keys, asked from this machine, that shows the common store."""
    return client_at(_shown_at)


@pytest.fixture
def locked(_locked_at, client_at):
    """One that has a key of its own, asked without it."""
    return client_at(_locked_at)
