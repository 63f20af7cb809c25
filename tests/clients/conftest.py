"""The clients, each in a process of its own, before one backend; `make test-clients` installs them.

Behind the backend are the simulator, as all its providers, and the real engine, as `local`. A client
is asked everything in one go, those of the tests that were chosen when the first of them begins. Where it is not installed its tests are
skipped with the reason, and with CI=true they fail.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property

import pytest
from tests.clients.asks import OPENROUTER, asks_of
from tests.clients.known import CLIENTS, HERE, MODULES

from gatewayz import engine
from gatewayz.config import load_settings, made_key_secret
from gatewayz.core import Allowance
from gatewayz.core.client_key import new_key
from gatewayz.core.units import utc_now
from gatewayz.server import running
from gatewayz.simulator import running as simulating
from gatewayz.store import open_store

OWN_KEY = "gw-the-own-key-of-the-backend-0123456789"
WRONG_KEY = "gw-a-key-that-nobody-made-0123456789"
# The one thing asked of the hurried backend is a provider that stays silent.
PATIENCE_S = "0.5"
# Each client has these of its own.
LIMITS = {
    "narrow": Allowance(models=(OPENROUTER,)),
    "slow": Allowance(requests_per_minute=1),
    "counted": Allowance(tokens_per_minute=1_000_000),
}


def pytest_collection_modifyitems(items):
    """Every test in this folder needs a client; its first one waits for all its answers."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.clients)
            item.add_marker(pytest.mark.timeout(180))


def not_here(reason):
    """Skip for want of a client, unless this is where it must not be wanting."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@dataclass
class Backends:
    """The API's base URLs, one that waits for providers and one that soon gives them up; its keys."""

    patient: str
    hurried: str
    keys: dict

    @cached_property
    def models(self):
        """The list, as plain HTTP has it."""
        request = urllib.request.Request(
            f"{self.patient}/v1/models", headers={"authorization": f"Bearer {OWN_KEY}"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]

    @property
    def everywhere(self):
        """The first model of each provider."""
        return {model["source_gateway"]: model["id"] for model in reversed(self.models)}

    def asks(self, client):
        """Everything that one client is asked."""
        own = {name: self.keys[client.name, name] for name in LIMITS}
        keys = {"own": OWN_KEY, "wrong": WRONG_KEY, **own}
        addresses = {"patient": f"{self.patient}/v1", "hurried": f"{self.hurried}/v1"}
        return [
            {**ask, "base_url": addresses[ask["at"]], "key": keys[ask["key"]]}
            for ask in asks_of(client, self.everywhere)
        ]


@pytest.fixture(scope="session")
def simulated():
    with simulating(seed=7) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def backends(simulated, tmp_path_factory):
    if reason := engine.available():
        not_here(reason)
    folder = tmp_path_factory.mktemp("clients")
    with ExitStack() as stack:
        environ = {
            **simulated.variables(),
            "LOCAL_BASE_URL": stack.enter_context(engine.running()),
            "GATEWAYZ_API_KEY": OWN_KEY,
            "GATEWAYZ_STORE": str(folder / "kept.db"),
            "XDG_DATA_HOME": str(folder / "data"),
        }
        settings = load_settings(environ=environ, folder=folder)
        hurried = load_settings(environ={**environ, "GATEWAYZ_TIMEOUT": PATIENCE_S}, folder=folder)
        # Before it starts, as a running one looks for new keys only every few seconds.
        keys = dict(_made_keys(settings))
        urls = [stack.enter_context(running(each)) for each in (settings, hurried)]
        yield Backends(*urls, keys)


def _made_keys(settings):
    secret = made_key_secret(settings)
    with closing(open_store(settings.store)) as store:
        for client in CLIENTS:
            for name, allowance in LIMITS.items():
                value, key = new_key(
                    f"{name}-{client.name}", secret, created_at=utc_now(), allowance=allowance
                )
                store.keys.add(key)
                yield (client.name, name), value


@pytest.fixture(scope="session")
def report_of(request, backends, tmp_path_factory):
    """What a client has to report of everything it was asked; asked once, two clients at a time."""
    ours = [item for item in request.session.items if item.path.is_relative_to(HERE)]
    chosen = [item.callspec.params for item in ours if hasattr(item, "callspec")]
    clients = {params["client"].name: params["client"] for params in chosen if "client" in params}
    with ThreadPoolExecutor(max_workers=2) as pool:
        reports = {
            name: pool.submit(_asked, client, backends, tmp_path_factory.mktemp("home"))
            for name, client in clients.items()
        }
        yield lambda client: reports[client.name].result()


def _asked(client, backends, home):
    if client.is_node and shutil.which("node") is None:
        not_here(f"Node.js is not installed, and {client.title} needs it")
    if client.missing:
        not_here(client.missing)
    done = subprocess.run(
        client.command,
        input=json.dumps(backends.asks(client)),
        env=_environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "a test tried to" not in done.stderr, done.stderr[-3000:]
    return {**json.loads(done.stdout), "stderr": done.stderr}


def _environment(home):
    """Nothing of whoever runs the tests, no telemetry, and the guard that keeps it on loopback."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": os.environ["PYTHONPATH"],
        "NODE_PATH": str(MODULES),
        # Prices come with the package; without this LiteLLM fetches newer ones when it starts.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "HF_HUB_OFFLINE": "1",
        "LANGSMITH_TRACING": "false",
        "NO_PROXY": "127.0.0.1,localhost",
    }
