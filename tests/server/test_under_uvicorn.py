"""What a plain uvicorn would keep for ever, the app ends: run as `python -m uvicorn` does, with shorter limits."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.server.raw_http import chat, post

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import json, resource, socket, sys, uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from gatewayz.server import callers, create_app, silent
told = json.loads(sys.argv[1])
handles = told.get("handles")
if handles:
    resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))
silent.HEADERS_S = told.get("headers_s", 20.0)
callers.Callers.__init__.__defaults__ = (told.get("patience_s", 30.0), 0.1)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(1000)
print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
class Tight(HttpToolsProtocol):
    # The kernel takes hardly anything for a client: what it does not take stays with the server.
    def connection_made(self, transport):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        super().connection_made(transport)
app = create_app(grace_s=0.5)
config = uvicorn.Config(app, http=Tight, log_level="error", access_log=False)
uvicorn.Server(config).run(sockets=[listener])
"""


@pytest.fixture
def started(provider, tmp_path, client_at):
    """Starts a server with these limits; gives its process, which has a client of it."""
    processes = []

    def start(**told):
        environ = {
            **os.environ, "PYTHONPATH": str(ROOT / "src"), "GROQ_API_KEY": "gsk-of-this-test-012345",
            "GROQ_BASE_URL": provider.url, "GATEWAYZ_STORE": str(tmp_path / "kept.db"),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, json.dumps(told)], env=environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        process.client = client_at(process.stdout.readline().decode().strip())
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def answers(client, within_s=20):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if client.get("/health").status == 200:
                return True
        except OSError:
            time.sleep(0.1)
    return False


def test_who_says_half_a_head_before_anybody_has_asked_shuts_nobody_out(started, raw):
    server = started(handles=100, headers_s=0.5)
    half = [raw(server.client.base, b"GET / HTTP/1.1\r\nHost: local") for _ in range(120)]

    assert answers(server.client)
    assert half[0].closed_after() < 10


@pytest.mark.parametrize("size", [200_000, 20_000_000], ids=["ended", "under way"])
def test_who_does_not_take_a_plain_answer_holds_up_no_end(started, raw, provider, wire, size):
    """Of the one all waits in the server when the app is done; of the other more is to come."""
    provider.script[:] = [wire.whole(b'{"data":"' + b"x" * size + b'"}'), "watch"]
    server = started()
    assert answers(server.client)
    asked = post(chat(model="groq/one"))
    deaf = [raw(server.client.base, asked, buffer=4096) for _ in range(3)]
    for one in deaf:
        assert select.select([one.socket], [], [], 10)[0]
    time.sleep(0.5)
    server.send_signal(signal.SIGTERM)
    began = time.monotonic()
    server.wait(20)

    assert time.monotonic() - began < 15
