"""Told to stop: what runs is finished or told, nobody is left without an answer, the end is 0."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.server.raw_http import post

from gatewayz.store import open_store

ROOT = Path(__file__).resolve().parents[2]
BY_SERVE = (
    "import sys; from gatewayz.server import serve; serve(port=0, grace_s=float(sys.argv[1]),"
    " ready=lambda url: print(url, flush=True))"
)
BY_UVICORN = (
    "import sys, socket, uvicorn; sys.path.insert(0, 'src'); s = socket.socket();"
    " s.bind(('127.0.0.1', 0)); print('http://127.0.0.1:%d' % s.getsockname()[1], flush=True);"
    " from src.main import app; uvicorn.Server(uvicorn.Config(app, log_level='error',"
    " access_log=False, timeout_graceful_shutdown=int(sys.argv[1]))).run(sockets=[s])"
)
BY_WORKERS = BY_SERVE.replace("port=0", "port=0, workers=2")
# Its store says nothing, for far longer than a server waits for it.
SILENT_STORE = (
    "import threading; from gatewayz.server import keeper; keeper.SILENT_S = 1.0;"
    " keeper.open_parts = lambda url: threading.Event().wait(120); "
)
# So long a server waits that should be seen not to.
for_long = pytest.mark.parametrize("grace_s", [30])


@pytest.fixture
def grace_s():
    """How long a server waits for what is under way."""
    return 1


@pytest.fixture
def first():
    """What a server's program does before anything else."""
    return ""


@pytest.fixture(params=[BY_SERVE, BY_UVICORN], ids=["serve", "uvicorn"])
def server(request, provider, tmp_path, client_at, grace_s, first):
    environ = {
        **os.environ, "PYTHONPATH": str(ROOT / "src"), "GROQ_API_KEY": "gsk-of-this-test-012345",
        "GROQ_BASE_URL": provider.url, "GATEWAYZ_STORE": str(tmp_path / "kept.db"),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", first + request.param, str(grace_s)], cwd=ROOT, env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.client = client_at(process.stdout.readline().decode().strip())
    _until_it_answers(process.client)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def _until_it_answers(client):
    deadline = time.monotonic() + 15
    while True:
        try:
            if client.get("/health").status == 200:
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def open_chat(server):
    """Sends a chat request and gives the answer as it comes."""
    with ExitStack() as stack:

        def opened(**fields):
            connection = stack.enter_context(server.client.connect())
            body = json.dumps({"model": "groq/one", "messages": [], **fields})
            connection.request("POST", "/v1/chat/completions", body=body)
            return connection

        yield opened


def _records(tmp_path):
    with closing(open_store(tmp_path / "kept.db")) as store:
        return store.requests.latest()


@for_long
def test_a_stream_that_ends_in_time_ends_whole(server, open_chat, provider, wire, tmp_path):
    done = b"data: [DONE]\n\n"
    provider.script[:] = [
        wire.STREAM,
        wire.chunk(wire.event("a")),
        0.6,
        wire.chunk(done),
        wire.LAST,
    ]
    answer = open_chat(stream=True).getresponse()
    first = answer.read(10)
    server.send_signal(signal.SIGTERM)
    rest = answer.read()

    assert (first + rest).endswith(done)
    code = server.wait(20)
    assert code in (0, -signal.SIGTERM)
    (record,) = _records(tmp_path)
    assert (record.status, record.kind) == (200, "")


def test_one_that_does_not_ends_with_an_error_event(server, open_chat, provider, wire, tmp_path):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    answer = open_chat(stream=True).getresponse()
    first = answer.read(10)
    server.send_signal(signal.SIGTERM)
    rest = answer.read()

    assert b"server_stopping" in rest
    assert b"[DONE]" not in first + rest
    last = json.loads(rest.strip().splitlines()[-1].removeprefix(b"data: "))
    assert last["error"]["kind"] == "overloaded-mid-stream"
    server.wait(20)
    (record,) = _records(tmp_path)
    assert (record.kind, record.failure_class) == ("server-stopping", "stopping")


# It runs where its store is, and finds the client files there.
IN_ITS_FOLDER = (
    "import os, sys; sys.path.insert(0, os.getcwd());"
    " os.chdir(os.path.dirname(os.environ['GATEWAYZ_STORE'])); "
)
ENDLESS = """
import asyncio, time

def fetch_models_from_{name}():
    return ["one"]

def make_{name}_request_openai(messages, model, **options):
    time.sleep(20)
    return {{}}

{kind} make_{name}_request_openai_stream(messages, model, **options):
    while True:
        yield {{"choices": [{{"index": 0, "delta": {{"content": "a"}}}}]}}
        {wait}
"""


@pytest.fixture
def dropped(tmp_path):
    """Client files whose answers never end: of plain functions, and with an async stream."""
    services = tmp_path / "src" / "services"
    services.mkdir(parents=True)
    for name, kind, wait in (
        ("plain", "def", "time.sleep(0.1)"),
        ("later", "async def", "await asyncio.sleep(0.1)"),
    ):
        text = ENDLESS.format(name=name, kind=kind, wait=wait)
        (services / f"{name}_client.py").write_text(text)


@pytest.mark.usefixtures("dropped")
@pytest.mark.parametrize("first", [IN_ITS_FOLDER], ids=["in-a-folder"])
@pytest.mark.parametrize("name", ["plain", "later"])
def test_a_function_s_stream_ends_with_an_error_event_too(name, server, open_chat, tmp_path):
    answer = open_chat(model=f"{name}/one", stream=True).getresponse()
    answer.read(10)
    server.send_signal(signal.SIGTERM)
    rest = answer.read()

    last = json.loads(rest.strip().splitlines()[-1].removeprefix(b"data: "))
    assert (last["error"]["code"], b"[DONE]" in rest) == ("server_stopping", False)
    server.wait(20)
    (record,) = _records(tmp_path)
    assert (record.kind, record.failure_class) == ("server-stopping", "stopping")


@for_long
def test_who_closes_at_the_end_mark_while_it_stops_has_had_all_of_it(
    server, provider, open_chat, wire, tmp_path
):
    ends = [0.5, wire.chunk(b"data: [DONE]\n\n"), 0.1, b"0\r\n\r\n"]
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), *ends]
    chat = open_chat(stream=True)
    answer = chat.getresponse()
    assert answer.readline().startswith(b"data: {")
    server.send_signal(signal.SIGTERM)
    while answer.readline() != b"data: [DONE]\n":
        pass
    chat.close()
    answer.close()
    server.wait(20)

    (record,) = _records(tmp_path)
    assert (record.status, record.kind) == (200, "")


@for_long
@pytest.mark.usefixtures("dropped")
@pytest.mark.parametrize("first", [IN_ITS_FOLDER], ids=["in-a-folder"])
def test_a_function_whose_client_has_left_holds_up_no_stop(server, tmp_path):
    with server.client.connect() as left:
        body = json.dumps({"model": "plain/one", "messages": []})
        left.request("POST", "/v1/chat/completions", body)
        time.sleep(0.5)
    time.sleep(1.0)  # by now the server has heard of it
    began = time.monotonic()
    server.send_signal(signal.SIGTERM)
    server.wait(20)

    assert time.monotonic() - began < 5
    (record,) = _records(tmp_path)
    assert (record.status, record.kind) == (499, "client-gone")


@pytest.mark.parametrize("first", [SILENT_STORE], ids=["silent"])
@pytest.mark.parametrize("is_asked", [True, False])
def test_a_store_that_hangs_keeps_no_server_from_its_end(server, is_asked):
    for _ in range(3):
        body = {"model": "groq/one", "messages": []}
        assert server.client.ask("POST", "/v1/chat/completions", body).status == 200
    if is_asked:
        time.sleep(1.0)  # it is being written to, and asked for keys
    server.send_signal(signal.SIGTERM)

    code = server.wait(30)
    assert code in (0, -signal.SIGTERM)
    assert b"gatewayz: 3 requests were never recorded" in server.stderr.read()


def test_of_many_that_are_cut_off_at_once_each_is_recorded(
    server, open_chat, provider, wire, tmp_path
):
    """They come to their end while the server is already going down."""
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    answers = [open_chat(stream=True).getresponse() for _ in range(60)]
    for answer in answers:
        answer.read(10)
    server.send_signal(signal.SIGTERM)
    rests = [answer.read() for answer in answers]

    assert all(b"server_stopping" in rest for rest in rests)
    server.wait(20)
    assert [record.kind for record in _records(tmp_path)] == ["server-stopping"] * 60
    assert b"Traceback" not in server.stderr.read()


def test_one_whose_client_does_not_listen_is_recorded_too(server, provider, wire, tmp_path):
    flood = wire.chunk(wire.event("x" * 60_000))
    provider.script[:] = [wire.STREAM, *[flood] * 2000, "watch"]
    address = urlsplit(server.client.base)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((address.hostname, address.port))
        deaf.sendall(post(b'{"model": "groq/one", "messages": [], "stream": true}'))
        time.sleep(1)
        server.send_signal(signal.SIGTERM)
        server.wait(20)

    (record,) = _records(tmp_path)
    assert record.kind == "server-stopping"
    assert b"Traceback" not in server.stderr.read()


def test_one_that_has_not_begun_is_told_to_ask_again(server, open_chat, provider):
    provider.script[:] = ["watch"]
    connection = open_chat()
    deadline = time.monotonic() + 20
    while not provider.chats() and time.monotonic() < deadline:
        time.sleep(0.02)
    server.send_signal(signal.SIGTERM)
    answer = connection.getresponse()

    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert json.loads(answer.read())["error"]["code"] == "server_stopping"


every_server = pytest.mark.parametrize(
    "server", [BY_SERVE, BY_WORKERS, BY_UVICORN], ids=["serve", "workers", "uvicorn"], indirect=True
)


@every_server
def test_all_that_was_sent_before_is_answered_also_what_nobody_has_looked_at(server, raw):
    """Their requests lie in the kernel, their connections wait to be taken."""
    asked = [
        raw(server.client.base, post(b'{"model": "groq/one", "messages": []}')) for _ in range(60)
    ]
    server.send_signal(signal.SIGTERM)
    began = time.monotonic()
    answers = [one.rest() for one in asked]
    server.wait(20)

    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 60
    assert time.monotonic() - began < 5


@every_server
def test_who_asks_on_just_then_is_answered_and_told_that_it_was_the_last(server):
    health = {"Host": "localhost"}
    with server.client.connect() as kept, server.client.connect() as silent:
        for connection in (kept, silent):
            connection.request("GET", "/health", headers=health)
            connection.getresponse().read()
        server.send_signal(signal.SIGTERM)
        time.sleep(0.05)  # it has heard, and is still there for a moment
        kept.request("GET", "/health", headers=health)
        answer = kept.getresponse()
        answer.read()
        with server.client.connect() as new:
            new.request("GET", "/health", headers=health)
            also = new.getresponse()
            also.read()
        began = time.monotonic()
        server.wait(20)

    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert (also.status, also.headers["connection"]) == (200, "close")
    assert time.monotonic() - began < 5


@every_server
def test_who_asks_on_behind_an_answer_that_had_begun_is_answered_too(
    server, open_chat, provider, wire
):
    provider.script[:] = [
        wire.STREAM,
        wire.chunk(wire.event("a")),
        0.1,
        wire.chunk(b"data: [DONE]\n\n"),
        wire.LAST,
    ]
    connection = open_chat(stream=True)
    answer = connection.getresponse()
    answer.read(10)
    server.send_signal(signal.SIGTERM)
    answer.read()
    connection.request("GET", "/health", headers={"Host": "localhost"})
    last = connection.getresponse()

    # The head of the first was out, and could not say that it was the last.
    assert answer.headers["connection"] is None
    assert (last.status, last.headers["connection"]) == (200, "close")
    assert server.wait(20) in (0, -signal.SIGTERM)


@for_long
def test_a_second_signal_does_not_wait(server, open_chat, provider, wire):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    answer = open_chat(stream=True).getresponse()
    answer.read(10)
    server.send_signal(signal.SIGINT)
    time.sleep(0.2)
    began = time.monotonic()
    server.send_signal(signal.SIGINT)
    server.wait(20)

    assert time.monotonic() - began < 15


@pytest.mark.parametrize("server", [BY_SERVE, BY_WORKERS], ids=["serve", "workers"], indirect=True)
def test_serve_loses_no_record_at_a_second_signal_and_says_nothing(server, tmp_path):
    for _ in range(20):
        assert server.client.chat(model="groq/one").status == 200
    server.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    server.send_signal(signal.SIGTERM)

    assert server.wait(20) == 0
    assert len(_records(tmp_path)) == 20
    assert b"Traceback" not in server.stderr.read()


def test_serve_ends_with_0_and_says_nothing(provider, tmp_path):
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", BY_SERVE, "1"], cwd=tmp_path, env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (0, b"")
