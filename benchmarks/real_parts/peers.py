"""Other people's gateways as child processes on loopback; `make test-peers` installs them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.processes import Server, free_port, serving

ROOT = Path(__file__).resolve().parents[2]
_INSTALLED = ROOT / ".peers"
_LOOPBACK_ONLY = ROOT / "tests" / "peers" / "node" / "loopback.cjs"
_PORTKEY = _INSTALLED / "portkey" / "node_modules" / "@portkey-ai" / "gateway"
_LITELLM = _INSTALLED / "litellm" / "bin"

LITELLM_KEY = "sk-litellm-master"


class NotHereError(Exception):
    """A peer that is not installed on this machine; the message says what to do."""


@contextlib.contextmanager
def portkey(*, core: int | None = None) -> Iterator[Server]:
    """Portkey's gateway. Which upstream it calls is each request's own choice.

    core: the only one it may run on.
    Raises: NotHereError; RuntimeError when it does not start.
    """
    start = _PORTKEY / "build" / "start-server.js"
    if shutil.which("node") is None:
        raise NotHereError("Node.js is not installed, and Portkey's gateway needs it")
    if not start.is_file():
        raise NotHereError("Portkey's gateway is not installed; run `make test-peers`")
    port = free_port()
    command = ["node", "--require", str(_LOOPBACK_ONLY), str(start), f"--port={port}", "--headless"]
    # With this variable set, the gateway would fetch configurations from its maker's service.
    env = {name: value for name, value in os.environ.items() if name != "ALBUS_BASEPATH"}
    env = {**env, "NODE_ENV": "production"}
    with serving(command, port, "/", env, ROOT, core=core) as server:
        yield server


@contextlib.contextmanager
def litellm(
    upstreams: Mapping[str, tuple[str, str, str]], *, core: int | None = None
) -> Iterator[Server]:
    """LiteLLM's proxy. Its clients sign with LITELLM_KEY.

    upstreams: by the name it serves a model under, that model there, its base URL and its key.
    core: the only one it may run on.
    Raises: NotHereError; RuntimeError when it does not start.
    """
    program = _LITELLM / "litellm"
    if not program.is_file():
        raise NotHereError("LiteLLM's proxy is not installed; run `make test-peers`")
    with tempfile.TemporaryDirectory(prefix="gatewayz-litellm-") as folder:
        settings = Path(folder) / "config.yaml"
        # JSON is YAML too, and needs no library to write.
        settings.write_text(json.dumps(_litellm_settings(upstreams)), encoding="utf-8")
        port = free_port()
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
        ready = "/health/liveliness"
        with serving(command, port, ready, env, Path(folder), core=core) as server:
            yield server


def versions() -> dict[str, str]:
    """The installed versions by the peers' names.

    Raises: NotHereError when one is not installed.
    """
    return {"Portkey": portkey_version(), "LiteLLM": litellm_version()}


def portkey_version() -> str:
    """The version of Portkey's gateway. Raises: NotHereError."""
    package = _PORTKEY / "package.json"
    if not package.is_file():
        raise NotHereError("Portkey's gateway is not installed; run `make test-peers`")
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def litellm_version() -> str:
    """The version of LiteLLM's proxy. Raises: NotHereError."""
    python = _LITELLM / "python"
    if not python.exists():
        raise NotHereError("LiteLLM's proxy is not installed; run `make test-peers`")
    asked = "from importlib.metadata import version; print(version('litellm'))"
    told = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    return told.stdout.strip()


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
