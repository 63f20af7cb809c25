"""The gateways that are measured: how each is started on a core, and how it wants to be asked."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.gateway.load import Asked
from benchmarks.gateway.upstream import MODEL
from benchmarks.processes import Server, free_port, serving
from benchmarks.real_parts import peers
from benchmarks.real_parts.peers import ROOT, NotHereError

# Far above any load, so that the limits are kept count of and never reached.
_AMPLE = "1000000000"
_NGINX = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    upstream provider {{
        server 127.0.0.1:{upstream};
        keepalive 1024;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Started:
    """A gateway that is running, and how to ask it."""

    server: Server
    asked: Asked


@dataclass(frozen=True)
class Contender:
    """One of those measured. `start` takes the upstream and the core that it may run on."""

    name: str
    title: str
    start: Callable[[Server, int], AbstractContextManager[Started]]
    version: Callable[[], str]


@contextlib.contextmanager
def direct(upstream: Server, _core: int) -> Iterator[Started]:
    """No gateway at all: the upstream where it stands."""
    yield Started(upstream, Asked(upstream.port, MODEL))


@contextlib.contextmanager
def gatewayz_serve(upstream: Server, core: int) -> Iterator[Started]:
    """This backend by its own command."""
    port = free_port()
    command = [_program("gatewayz"), "serve", "--port", str(port)]
    with _own(command, port, upstream, core) as started:
        yield started


@contextlib.contextmanager
def gatewayz_uvicorn(upstream: Server, core: int) -> Iterator[Started]:
    """This backend by uvicorn from a checkout."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "src.main:app"]
    # The folder it runs in is an empty one, so that no settings lie there.
    command += ["--app-dir", str(ROOT), "--host", "127.0.0.1", "--port", str(port)]
    with _own(command, port, upstream, core) as started:
        yield started


@contextlib.contextmanager
def nginx(upstream: Server, core: int) -> Iterator[Started]:
    """nginx with one worker, which passes everything on and looks at nothing."""
    program = _nginx()
    with tempfile.TemporaryDirectory(prefix="gatewayz-nginx-") as folder:
        # Its worker runs as another user where this one is root.
        Path(folder).chmod(0o755)
        port = free_port()
        settings = Path(folder) / "nginx.conf"
        settings.write_text(_NGINX.format(folder=folder, port=port, upstream=upstream.port))
        command = [program, "-e", "stderr", "-p", folder, "-c", str(settings)]
        env = dict(os.environ)
        with serving(command, port, "/v1/models", env, Path(folder), core=core) as server:
            yield Started(server, Asked(port, MODEL))


@contextlib.contextmanager
def portkey(upstream: Server, core: int) -> Iterator[Started]:
    """Portkey's gateway, told by each request where to go."""
    headers = {
        "authorization": "Bearer sk-test",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"{upstream.url}/v1",
    }
    with peers.portkey(core=core) as server:
        yield Started(server, Asked(server.port, MODEL, headers))


@contextlib.contextmanager
def litellm(upstream: Server, core: int) -> Iterator[Started]:
    """LiteLLM's proxy with its master key and no database."""
    headers = {"authorization": f"Bearer {peers.LITELLM_KEY}"}
    upstreams = {MODEL: (MODEL, f"{upstream.url}/v1", "sk-none")}
    with peers.litellm(upstreams, core=core) as server:
        yield Started(server, Asked(server.port, MODEL, headers))


def _own_version() -> str:
    return version("gatewayz")


def _nginx_version() -> str:
    told = subprocess.run([_nginx(), "-v"], capture_output=True, text=True, check=True)
    return told.stderr.strip().rpartition("/")[2]


DIRECT = "direct"
# In the order of the tables; the others are compared with the first.
CONTENDERS: tuple[Contender, ...] = (
    Contender(DIRECT, "no gateway", direct, lambda: ""),
    Contender("nginx", "nginx, plain proxy", nginx, _nginx_version),
    Contender("gatewayz", "`gatewayz serve`", gatewayz_serve, _own_version),
    Contender("uvicorn", "the same app under uvicorn", gatewayz_uvicorn,
              lambda: version("uvicorn")),
    Contender("portkey", "Portkey's gateway", portkey, peers.portkey_version),
    Contender("litellm", "LiteLLM's proxy", litellm, peers.litellm_version),
)  # fmt: skip


def _nginx() -> str:
    # Debian keeps it where the paths of ordinary users do not look.
    paths = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    if program := shutil.which("nginx", path=paths):
        return program
    raise NotHereError("nginx is not installed (on Debian: apt-get install nginx-light)")


@contextlib.contextmanager
def _own(command: list[str], port: int, upstream: Server, core: int) -> Iterator[Started]:
    """This backend with all that it does switched on: a key with limits, records, metrics, its log."""
    with tempfile.TemporaryDirectory(prefix="gatewayz-bench-") as folder:
        env = _environ(folder, upstream)
        headers = {"authorization": f"Bearer {_key(env, folder)}"}
        with serving(command, port, "/health", env, Path(folder), core=core) as server:
            yield Started(server, Asked(port, f"local/{MODEL}", headers))


def _environ(folder: str, upstream: Server) -> dict[str, str]:
    """Nothing of whoever runs this: their keys would be more gateways."""
    passed = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {
        **passed,
        "HOME": folder,
        "LOCAL_BASE_URL": f"{upstream.url}/v1",
        "LOCAL_API_KEY": "sk-bench-0123456789abcdef",
        "GATEWAYZ_STORE": str(Path(folder) / "gatewayz.db"),
        "GATEWAYZ_KEY_SECRET": secrets.token_hex(32),
    }


def _key(env: Mapping[str, str], folder: str) -> str:
    command = [_program("gatewayz"), "keys", "create", "bench"]
    for limit in ("--requests-per-minute", "--tokens-per-minute", "--concurrency"):
        command += [limit, _AMPLE]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=dict(env), cwd=folder
    )
    return done.stdout.strip()


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
