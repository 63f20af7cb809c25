"""The engine as its users meet it: start, real answers, and no process left behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gatewayz import engine

SOURCE = Path(engine.__file__).resolve().parents[2]
ASK = {
    "model": "tiny",
    "messages": [{"role": "user", "content": 'Respond with: "Test successful"'}],
    "max_tokens": 50,
}


def ask(base_url, body, *, key=""):
    url = urlsplit(base_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    try:
        connection.request("POST", f"{url.path}/chat/completions", json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def listens(base_url):
    url = urlsplit(base_url)
    with socket.socket() as knock:
        knock.settimeout(2)
        return knock.connect_ex((url.hostname, url.port)) == 0


def gone_within(base_url, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not listens(base_url):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.engine
@pytest.mark.usefixtures("needs_engine")
class TestTheRealEngine:
    def test_it_answers_the_test_message_with_real_usage(self):
        with engine.running() as base_url:
            status, body = ask(base_url, ASK)

        reply = json.loads(body)
        assert status == 200
        assert reply["choices"][0]["message"]["content"] == "Test successful"
        assert reply["choices"][0]["finish_reason"] == "stop"
        assert reply["usage"]["completion_tokens"] > 0

    def test_it_streams_chunk_by_chunk_to_a_clean_end(self):
        body = {**ASK, "stream": True, "stream_options": {"include_usage": True}}
        with engine.running() as base_url:
            status, raw = ask(base_url, body)

        events = [e.removeprefix("data: ") for e in raw.decode().split("\n\n") if e.strip()]
        chunks = [json.loads(e) for e in events[:-1]]
        text = "".join(
            c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"]
        )
        assert status == 200
        assert events[-1] == "[DONE]"
        assert text == "Test successful"
        assert chunks[-1]["usage"]["total_tokens"] > 0

    def test_the_alias_is_the_name_in_the_listing(self):
        with engine.running("another-name") as base_url:
            url = urlsplit(base_url)
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
            connection.request("GET", "/v1/models")
            listing = json.load(connection.getresponse())
            connection.close()

        assert [m["id"] for m in listing["data"]] == ["another-name"]

    def test_a_key_is_asked_for_when_one_is_given(self):
        with engine.running(api_key="sk-right") as base_url:
            refused, _ = ask(base_url, ASK, key="sk-wrong")
            served, _ = ask(base_url, ASK, key="sk-right")

        assert (refused, served) == (401, 200)

    def test_the_process_is_gone_after_the_block_even_when_the_block_raises(self):
        with pytest.raises(ZeroDivisionError), engine.running() as base_url:  # noqa: PT012
            heard = listens(base_url)
            _ = 1 / 0

        assert heard
        assert not listens(base_url)

    def test_the_engine_ends_when_its_parent_is_killed(self):
        parent = subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent("""
                    import time
                    from gatewayz import engine
                    with engine.running() as base_url:
                        print(base_url, flush=True)
                        time.sleep(60)
                """),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        with parent:
            base_url = parent.stdout.readline().strip()
            heard = listens(base_url)
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait(timeout=10)

        assert heard
        assert gone_within(base_url, 5)

    def test_a_taken_port_is_refused_in_one_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = engine_command("--port", port)

        assert done.returncode == 4
        assert "Address already in use" in done.stderr
        assert "Traceback" not in done.stderr


def engine_command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "gatewayz.engine", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "/nowhere/m.gguf"), "no model file at /nowhere/m.gguf"),
        (("--port", "70000"), "a port is between 0 and 65535"),
        (("--api-key-env", "NO_SUCH_VARIABLE"), "no key in NO_SUCH_VARIABLE"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_2(arguments, says):
    done = engine_command(*arguments)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_wheel_the_reason_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert "pip install 'gatewayz[engine]'" in engine.available()
    with pytest.raises(engine.EngineError, match="not installed"), engine.running():
        pass


def test_the_model_is_small_enough_to_ship():
    assert 0 < engine.MODEL.stat().st_size < 2_000_000
