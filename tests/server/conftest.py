"""What the server's tests share: a backend on a real socket, a client, a provider of few words."""

import http.client
import itertools
import json
import re
import socket
import struct
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

import pytest
from tests.waiting import until
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gatewayz.config import load_settings
from gatewayz.core import Gateway
from gatewayz.server import running, serving

# Servers load these in a thread of their own while they answer; pytest rewrites what is loaded, and two
# threads that parse at once meet with a fault of CPython 3.11 (cpython#106905).
from gatewayz.server.pages import documents, live, making  # noqa: F401
from gatewayz.store import open_store

CHAT = "/v1/chat/completions"
UNDER_BOTH = (
    "test_silent_store", "test_streams", "test_patience", "test_door", "test_errors", "test_http",
    "test_this_machine", "test_heads", "test_sent_ahead", "test_cut_streams", "test_two_readings",
    "test_hostile_bodies", "test_early_head", "test_failover", "test_models", "test_keys",
    "test_limited_keys", "test_drop_ins", "test_costs",
)  # fmt: skip
KEY = "acme-secret-key-0123456789"


LINE = re.compile(
    r"^(?P<at>\S+Z) request id=(?P<id>\S+) key=(?P<key>\S+) method=(?P<method>\S+) path=(?P<path>\S+)"
    r" gateway=(?P<gateway>\S+) model=(?P<model>\"[^\n]*?\"|\S+) status=(?P<status>\d+)"
    r" ms=(?P<ms>[\d.]+) kind=(?P<kind>\S+)(?P<rest>.*)$"
)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class Connection(http.client.HTTPConnection):
    """One that a with-block closes."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Client:
    """Plain HTTP to one base URL, a connection per request."""

    def __init__(self, base, **headers):
        self.base = base
        self.headers = headers

    def connect(self):
        address = urlsplit(self.base)
        return Connection(address.hostname, address.port, timeout=15)

    def send(self, method, path, body=None, headers=None):
        connection = self.connect()
        data = json.dumps(body) if isinstance(body, dict | list) else body
        connection.request(method, path, body=data, headers={**self.headers, **(headers or {})})
        return connection, connection.getresponse()

    def ask(self, method, path, body=None, headers=None):
        connection, response = self.send(method, path, body, headers)
        with connection:
            lowered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, lowered, response.read())

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def chat(self, headers=None, **fields):
        body = {"model": "acme/one", "messages": [{"role": "user", "content": "hi"}], **fields}
        return self.ask("POST", CHAT, body, headers)


@dataclass
class Call:
    """One request as the provider saw it."""

    method: str
    path: str
    headers: dict
    body: bytes
    left_at: float | None = None
    peer: object = None

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Provider:
    """Answers every request with the same script, and writes down what came.

    A script holds bytes to send, seconds to wait, "close", "reset", and "watch": wait until the
    other side leaves, and note when. `models` answers every GET: the body of a whole answer, or a
    script. `second` is the script of all but a connection's first request; None for the same.
    """

    script: list = field(default_factory=list)
    models: bytes | list = b'{"object":"list","data":[{"id":"one"},{"id":"two"}]}'
    calls: list = field(default_factory=list)
    url: str = ""
    second: list | None = None

    def chats(self):
        return [call for call in self.calls if call.method == "POST"]

    @contextmanager
    def listening(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield self

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer, peer.makefile("rb") as reader:
            for number in itertools.count():
                try:
                    line = reader.readline().decode("latin-1")
                except ConnectionError:  # what was sent was not all read
                    return
                if not line.rstrip().endswith("HTTP/1.1"):  # the end, or another protocol
                    return
                method, path, _ = line.split(" ", 2)
                headers = {}
                while (line := reader.readline().decode().strip()) != "":
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", 0)))
                call = Call(method, path, headers, body, peer=peer)
                self.calls.append(call)
                listed = self.models if isinstance(self.models, list) else [whole(self.models)]
                script = self.script if method == "POST" else listed
                if number and self.second is not None:
                    script = self.second
                if not self._play(peer, script, call):
                    return

    def _play(self, peer, script, call):
        for step in script:
            if isinstance(step, bytes):
                try:
                    peer.sendall(step)
                except OSError:
                    call.left_at = time.monotonic()
                    return False
            elif isinstance(step, int | float):
                time.sleep(step)
            elif step == "reset":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            elif step == "close":
                return False
            elif step == "watch":
                peer.settimeout(10)
                try:
                    peer.recv(1)
                except ConnectionError:
                    pass
                except TimeoutError:
                    return False
                call.left_at = time.monotonic()
                return False
        return True


def head(status="200 OK", content_type="application/json", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(body, status="200 OK", **headers):
    """A complete answer with its length."""
    return head(status, **{**headers, "Content_Length": len(body)}) + body


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(text):
    document = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return b"data: " + json.dumps(document).encode() + b"\n\n"


STREAM = head("200 OK", "text/event-stream", Transfer_Encoding="chunked")
LAST = b"0\r\n\r\n"
COMPLETION = (
    b'{"id":"c1","object":"chat.completion","created":1,"model":"one","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Test  successful \\u00e9"},"finish_reason":"stop"}]}\n'
)


class Wire:
    """The words a provider's script is made of."""

    head, whole, chunk, event = map(staticmethod, (head, whole, chunk, event))
    STREAM, LAST, COMPLETION, KEY = STREAM, LAST, COMPLETION, KEY


@pytest.fixture
def wire():
    return Wire


@pytest.fixture(scope="session")
def _shared_provider():
    with Provider().listening() as it:
        yield it


@pytest.fixture
def provider(_shared_provider):
    """A provider called acme; its answer is a whole completion until a test sets another."""
    fresh = Provider(script=[whole(COMPLETION)])
    _shared_provider.script = fresh.script
    _shared_provider.models, _shared_provider.calls = fresh.models, []
    return _shared_provider


@pytest.fixture
def new_provider():
    """Starts more providers."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Provider(script=[whole(COMPLETION)]).listening())


@pytest.fixture
def acme(provider):
    return Gateway(name="acme", title="Acme", base_url=provider.url, key_env="ACME_API_KEY")


@pytest.fixture
def settings_with(tmp_path):
    """Settings out of an environment of just these variables, with a data folder of the test's own."""
    data = str(tmp_path / "data")
    return lambda **environ: load_settings(
        environ={"XDG_DATA_HOME": data, **environ}, folder=tmp_path
    )


@pytest.fixture
def start(settings_with):
    """Starts a backend over some gateways; gives a client of it."""
    with ExitStack() as stack:

        def started(*gateways, settings=None, headers=None, **environ):
            settings = settings or settings_with(**{"ACME_API_KEY": KEY, **environ})
            known = {gateway.name: gateway for gateway in gateways}
            return Client(stack.enter_context(running(settings, known)), **(headers or {}))

        yield started


@pytest.fixture
def kept_at(tmp_path):
    """A store's place."""
    return str(tmp_path / "kept.db")


@pytest.fixture
def recorded(kept_at):
    """The records in that store, newest first, once there are so many."""

    def read(count):
        with closing(open_store(kept_at)) as store:
            until(lambda: len(store.requests.latest()) == count)
            return store.requests.latest()

    return read


@pytest.fixture
def client_at():
    """A client of whatever listens at a base URL."""
    return Client


def pytest_generate_tests(metafunc):
    """What must hold under any server is tried under uvicorn's own protocol, too."""
    is_under_both = metafunc.module.__name__.rpartition(".")[2] in UNDER_BOTH
    if is_under_both and "only_serve" not in metafunc.fixturenames:
        metafunc.parametrize("served_by", ["serve", "uvicorn"], indirect=True)


@pytest.fixture(autouse=True)
def served_by(request, monkeypatch):
    """Which HTTP is spoken to clients: that of `serve`, or uvicorn's own."""
    name = getattr(request, "param", "serve")
    if name == "uvicorn":
        monkeypatch.setattr(serving, "Protocol", HttpToolsProtocol)
    return name


@pytest.fixture
def only_serve():
    """For a test of what no ASGI app can do by itself."""


@pytest.fixture(scope="session")
def _shared_backends(_shared_provider, tmp_path_factory):
    gateway = Gateway(name="acme", base_url=_shared_provider.url, key_env="ACME_API_KEY")
    with ExitStack() as stack:

        @cache
        def served_by(_name):
            here = tmp_path_factory.mktemp("here")
            environ = {"ACME_API_KEY": KEY, "XDG_DATA_HOME": str(here / "data")}
            settings = load_settings(environ=environ, folder=here)
            return Client(stack.enter_context(running(settings, {"acme": gateway})))

        yield served_by


@pytest.fixture
def backend(_shared_backends, served_by, provider):
    """A client of a backend in front of acme alone, which keeps acme's list and writes a log."""
    return _shared_backends(served_by)


@pytest.fixture
def own_backend(start, acme):
    """The same for this test alone."""
    return start(acme)


@pytest.fixture
def raw(client_at):
    """A socket to a backend, and what comes back on it until it closes."""
    sockets = []

    class Raw:
        def __init__(self, base, data=b"", buffer=None):
            address = urlsplit(base)
            self.socket = socket.socket()
            if buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            self.socket.settimeout(10)
            self.socket.connect((address.hostname, address.port))
            sockets.append(self.socket)
            self.socket.sendall(data)

        def rest(self):
            data = b""
            try:
                while piece := self.socket.recv(65536):
                    data += piece
            except ConnectionError:
                pass
            return data

        def closed_after(self):
            began = time.monotonic()
            self.rest()
            return time.monotonic() - began

    yield Raw
    for one in sockets:
        one.close()


@pytest.fixture
def in_front(simulator, settings_with):
    """A client of a backend in front of all simulated providers."""
    with running(settings_with(**simulator.variables())) as base:
        yield Client(base)


@pytest.fixture
def logged(capfd):
    """The log's lines, once there are as many as asked for.

    A server that tests share writes a moment late: what an earlier test asked is left out.
    """
    began = datetime.now(UTC)

    def own(line):
        match = LINE.match(line)
        return not match or datetime.fromisoformat(match["at"]) >= began

    def lines(count):
        text, found, deadline = "", [], time.monotonic() + 20
        while len(found) < count and time.monotonic() < deadline:
            time.sleep(0.01)
            text += capfd.readouterr().err
            whole = text[: text.rfind("\n") + 1]
            found = [LINE.match(line) for line in whole.splitlines() if own(line)]
        assert len(found) == count, text
        assert all(found), text
        return [match.groupdict() for match in found]

    return lines
