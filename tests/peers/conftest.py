"""Other people's gateways as fixtures; `make test-peers` installs them beforehand.

Where one is not installed its tests are skipped with the reason, and with CI=true they fail.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gatewayz import engine

HERE = Path(__file__).resolve().parent
PEERS = HERE.parents[1] / ".peers"


def pytest_collection_modifyitems(items):
    """Every test in this folder needs a peer and may wait for a slow start."""
    for item in items:
        if HERE in item.path.parents:
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


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextlib.contextmanager
def process(command, *, port, ready_path, timeout_s, env, cwd=None):
    """Run a server until the block is left; yields its URL once `ready_path` answers 200."""
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
        try:
            if not ready(child, url, ready_path, timeout_s):
                log.seek(0)
                said = log.read().decode(errors="replace")[-3000:]
                pytest.fail(f"{command[0]} not ready within {timeout_s} s; it said:\n{said}")
            yield url
        finally:
            child.terminate()
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        # What tests/_guard says when a Python process of ours reaches beyond loopback.
        log.seek(0)
        assert b"a test tried to" not in log.read()


def ready(child, url, path, timeout_s):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until and child.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if Peer(url).get(path).status == 200:
                return True
        time.sleep(0.1)
    return False


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
    start = PEERS / "portkey" / "node_modules/@portkey-ai/gateway/build/start-server.js"
    if shutil.which("node") is None:
        not_here("Node.js is not installed, and Portkey's gateway needs it")
    if not start.is_file():
        not_here("Portkey's gateway is not installed; run `make test-peers`")
    port = free_port()
    command = ["node", "--require", str(HERE / "node" / "loopback.cjs"), str(start)]
    command += [f"--port={port}", "--headless"]
    # With this variable set, the gateway would fetch configurations from its maker's service.
    env = {name: value for name, value in os.environ.items() if name != "ALBUS_BASEPATH"}
    env["NODE_ENV"] = "production"
    with process(command, port=port, ready_path="/", timeout_s=60, env=env) as url:
        yield Peer(url, {"x-portkey-provider": "openai", "authorization": "Bearer sk-test"})


@pytest.fixture(scope="session")
def litellm_proxy(tiny_engine, simulator, tmp_path_factory):
    """The real LiteLLM proxy in front of the engine (`tiny`) and the simulator's Groq."""
    program = PEERS / "litellm" / "bin" / "litellm"
    if not program.is_file():
        not_here("LiteLLM's proxy is not installed; run `make test-peers`")
    folder = tmp_path_factory.mktemp("litellm")
    config = folder / "config.yaml"
    # JSON is YAML too, and needs no library to write.
    config.write_text(json.dumps(litellm_config(tiny_engine, simulator)))
    port = free_port()
    command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--telemetry", "False"]
    env = {
        **os.environ,
        "HOME": str(folder),
        # Prices come with the package; without this it fetches newer ones when it starts.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        # Its tokenizers come from a hub that is looked up whenever a model's name sounds known.
        "HF_HUB_OFFLINE": "1",
        "LITELLM_MASTER_KEY": "sk-litellm-master",
        "DISABLE_ADMIN_UI": "True",
    }
    with process(
        command, port=port, ready_path="/health/liveliness", timeout_s=90, env=env, cwd=folder
    ) as url:
        yield Peer(url, {"authorization": "Bearer sk-litellm-master"})


def litellm_config(engine_url, simulator):
    variables = simulator.variables()
    upstreams = {
        "tiny": ("openai/tiny", engine_url, "sk-none"),
        "simulated": (
            "openai/llama-3.3-70b-versatile",
            variables["GROQ_BASE_URL"],
            variables["GROQ_API_KEY"],
        ),
        "broken": (
            "openai/fault/rate-limit",
            variables["GROQ_BASE_URL"],
            variables["GROQ_API_KEY"],
        ),
    }
    models = [
        {
            "model_name": name,
            "litellm_params": {"model": model, "api_base": base_url, "api_key": key},
        }
        for name, (model, base_url, key) in upstreams.items()
    ]
    return {
        "model_list": models,
        "litellm_settings": {
            "num_retries": 0,
            "telemetry": False,
            "disable_hf_tokenizer_download": True,
        },
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }
