"""Other people's gateways as child processes on loopback; `make test-peers` installs them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
_INSTALLED = ROOT / ".peers"
_LOOPBACK_ONLY = ROOT / "tests" / "peers" / "node" / "loopback.cjs"
_PORTKEY = _INSTALLED / "portkey" / "node_modules" / "@portkey-ai" / "gateway"
_LITELLM = _INSTALLED / "litellm" / "bin"
_POLL_S, _END_S, _START_S = 0.1, 10, 90

LITELLM_KEY = "sk-litellm-master"
# What `tests/_guard` says when a Python process reaches beyond loopback.
_REACHED_OUT = b"a test tried to"


class NotHereError(Exception):
    """A peer that is not installed on this machine; the message says what to do."""


@contextlib.contextmanager
def portkey() -> Iterator[str]:
    """Portkey's gateway; yields its URL. Which upstream it calls is each request's own choice.

    Raises: NotHereError; RuntimeError when it does not start.
    """
    start = _PORTKEY / "build" / "start-server.js"
    if shutil.which("node") is None:
        raise NotHereError("Node.js is not installed, and Portkey's gateway needs it")
    if not start.is_file():
        raise NotHereError("Portkey's gateway is not installed; run `make test-peers`")
    port = _free_port()
    command = ["node", "--require", str(_LOOPBACK_ONLY), str(start), f"--port={port}", "--headless"]
    # With this variable set, the gateway would fetch configurations from its maker's service.
    env = {name: value for name, value in os.environ.items() if name != "ALBUS_BASEPATH"}
    with _process(command, port, "/", {**env, "NODE_ENV": "production"}, ROOT) as url:
        yield url


@contextlib.contextmanager
def litellm(upstreams: Mapping[str, tuple[str, str, str]]) -> Iterator[str]:
    """LiteLLM's proxy; yields its URL. Its clients sign with LITELLM_KEY.

    upstreams: by the name it serves a model under, that model there, its base URL and its key.
    Raises: NotHereError; RuntimeError when it does not start.
    """
    program = _LITELLM / "litellm"
    if not program.is_file():
        raise NotHereError("LiteLLM's proxy is not installed; run `make test-peers`")
    with tempfile.TemporaryDirectory(prefix="gatewayz-litellm-") as folder:
        settings = Path(folder) / "config.yaml"
        # JSON is YAML too, and needs no library to write.
        settings.write_text(json.dumps(_litellm_settings(upstreams)), encoding="utf-8")
        port = _free_port()
        command = [str(program), "--config", str(settings), "--host", "127.0.0.1"]
        command += ["--port", str(port), "--telemetry", "False"]
        env = {
            **os.environ,
            "HOME": folder,
            # Prices come with the package; without this it fetches newer ones when it starts.
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            # Its tokenizers come from a hub that is looked up whenever a name sounds known.
            "HF_HUB_OFFLINE": "1",
            "LITELLM_MASTER_KEY": LITELLM_KEY,
            "DISABLE_ADMIN_UI": "True",
        }
        with _process(command, port, "/health/liveliness", env, Path(folder)) as url:
            yield url


def versions() -> dict[str, str]:
    """The installed versions by the peers' names.

    Raises: NotHereError when one is not installed.
    """
    package = _PORTKEY / "package.json"
    python = _LITELLM / "python"
    if not package.is_file() or not python.exists():
        raise NotHereError("Portkey's gateway or LiteLLM's proxy is not installed")
    asked = "from importlib.metadata import version; print(version('litellm'))"
    told = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    return {
        "Portkey": str(json.loads(package.read_text(encoding="utf-8"))["version"]),
        "LiteLLM": told.stdout.strip(),
    }


def _litellm_settings(upstreams: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
    models = [
        {
            "model_name": name,
            "litellm_params": {"model": f"openai/{model}", "api_base": base_url, "api_key": key},
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


@contextlib.contextmanager
def _process(
    command: Sequence[str], port: int, ready_path: str, env: Mapping[str, str], folder: Path
) -> Iterator[str]:
    """Run a server until the block is left; yields its URL once `ready_path` answers 200."""
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=folder,
            start_new_session=True,
        )
        try:
            if not _ready(child, port, ready_path):
                said = _said(log)[-3000:].decode(errors="replace")
                raise RuntimeError(f"{command[0]} not ready within {_START_S} s; it said:\n{said}")
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            try:
                child.wait(timeout=_END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if _REACHED_OUT in _said(log):
            raise RuntimeError(f"{command[0]} tried to reach beyond loopback")


def _ready(child: subprocess.Popen[bytes], port: int, path: str) -> bool:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                connection.close()
                return True
        connection.close()
        time.sleep(_POLL_S)
    return False


def _said(log: IO[bytes]) -> bytes:
    log.seek(0)
    return log.read()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
