"""Told to stop, under a server that by itself waits for ever: the app ends what does not end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As `python -m uvicorn` runs the app, whose limit alone is shorter here.
WITHOUT_A_LIMIT = (
    "import socket, uvicorn; from gatewayz.server import create_app;"
    " s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
    " print('http://127.0.0.1:%d' % s.getsockname()[1], flush=True);"
    " uvicorn.Server(uvicorn.Config(create_app(grace_s=0.5), log_level='error')).run(sockets=[s])"
)


def test_the_app_ends_what_a_server_would_wait_for(provider, wire, tmp_path, client_at, raw):
    environ = {
        **os.environ, "PYTHONPATH": str(ROOT / "src"), "GROQ_API_KEY": "gsk-of-this-test-012345",
        "GROQ_BASE_URL": provider.url, "GATEWAYZ_STORE": str(tmp_path / "kept.db"),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_A_LIMIT], cwd=tmp_path, env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            client = client_at(process.stdout.readline().decode().strip())
            asked = {"model": "groq/one", "messages": []}
            provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
            streaming, answer = client.send(
                "POST", "/v1/chat/completions", {**asked, "stream": True}
            )
            answer.read(10)
            provider.script[:] = ["watch"]
            waiting = client.connect()
            waiting.request("POST", "/v1/chat/completions", body=json.dumps(asked))
            deadline = time.monotonic() + 20
            while len(provider.chats()) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            cut, refused = answer.read(), waiting.getresponse()
            with streaming, waiting:
                assert b"server_stopping" in cut
                assert refused.status == 503
                assert json.loads(refused.read())["error"]["code"] == "server_stopping"
            process.wait(15)
            assert b"Traceback" not in process.stderr.read()
        finally:
            process.kill()
