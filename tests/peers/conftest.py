"""Other people's gateways as fixtures; `make test-peers` installs them beforehand.

Where one is not installed its tests are skipped with the reason, and with CI=true they fail.
"""

import contextlib
import http.client
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gatewayz import engine

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks.real_parts import peers  # noqa: E402


def pytest_collection_modifyitems(items):
    """Every test in this folder needs a peer and may wait for a slow start."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.peers)
            item.add_marker(pytest.mark.timeout(180))


@dataclass(frozen=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: dict = field(repr=False)
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self):
        """The `data:` payloads of an event stream, comments left out."""
        lines = self.body.decode().splitlines()
        return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]

    @property
    def streamed_text(self):
        chunks = [json.loads(event) for event in self.events if event != "[DONE]"]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk.get("choices") or ()]
        return "".join(delta.get("content") or "" for delta in deltas)


@dataclass(frozen=True)
class Peer:
    """A gateway that is running, and a plain client of it that shares no code with ours."""

    url: str
    headers: dict = field(default_factory=dict)

    def get(self, path, **headers):
        return self._send("GET", path, None, headers)

    def chat(self, model, *, text='Respond with: "Test successful"', stream=False, **headers):
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
        return self._send("POST", "/v1/chat/completions", json.dumps(body), headers)

    def _send(self, method, path, body, headers):
        url = urlsplit(self.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        sent = {"content-type": "application/json", **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            found = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, found, reply.read())
        finally:
            connection.close()


def not_here(reason):
    """Skip for want of a peer, unless this is where it must not be wanting."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextlib.contextmanager
def here(peer):
    """The URL of a running peer, or a skip."""
    try:
        with peer as server:
            yield server.url
    except peers.NotHereError as reason:
        not_here(str(reason))


@pytest.fixture(scope="session")
def tiny_engine():
    """The base URL of the real engine, ending in /v1."""
    if reason := engine.available():
        not_here(reason)
    with engine.running() as base_url:
        yield base_url


@pytest.fixture(scope="session")
def portkey_gateway():
    """The real Portkey gateway. Which upstream it calls is each request's own choice."""
    with here(peers.portkey()) as url:
        yield Peer(url, {"x-portkey-provider": "openai", "authorization": "Bearer sk-test"})


@pytest.fixture(scope="session")
def litellm_proxy(tiny_engine, simulator):
    """The real LiteLLM proxy in front of the engine (`tiny`) and of the simulator."""
    variables = simulator.variables()
    groq = (variables["GROQ_BASE_URL"], variables["GROQ_API_KEY"])
    upstreams = {
        "tiny": ("tiny", tiny_engine, "sk-none"),
        "simulated": ("small", f"{simulator.url}/local/v1", "sk-none"),
        "broken": ("fault/rate-limit", *groq),
    }
    with here(peers.litellm(upstreams)) as url:
        yield Peer(url, {"authorization": f"Bearer {peers.LITELLM_KEY}"})
