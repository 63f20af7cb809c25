"""A caller on bare sockets: it shows what came over the wire, without a client's opinion."""

import json
import re
import socket
import time
import zlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from gatewayz.simulator import running

TEST_MESSAGE = 'Respond with: "Test successful"'


@dataclass
class Seen:
    """Everything that came back. `end` is "closed", "reset" or "open" when patience ended."""

    raw: bytes
    end: str
    took_s: float
    headers: dict = field(default_factory=dict)
    status: int = 0
    body: bytes = b""
    last_chunk: bool = False

    def __post_init__(self):
        head, found, rest = self.raw.partition(b"\r\n\r\n")
        if not found:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        words = line.split(" ", 2)
        self.status = int(words[1]) if len(words) > 1 and words[1].isdigit() else -1
        for one in lines:
            name, _, value = one.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = rest
        if self.headers.get("transfer-encoding") == "chunked":
            self.body, self.last_chunk = _dechunk(rest)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        body = self.body
        if self.headers.get("content-encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = zlib.decompressobj(wbits=31).decompress(body)
        return body.decode("utf-8", "replace")

    @property
    def blocks(self):
        """The stream's events as lists of lines; line ends of all three kinds."""
        text = self.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        return [block.split("\n") for block in text.split("\n\n") if block]

    @property
    def data(self):
        """The data of each event that has some."""
        found = []
        for block in self.blocks:
            lines = [re.sub("^data: ?", "", ln) for ln in block if ln.startswith("data:")]
            if lines:
                found.append("\n".join(lines))
        return found

    @property
    def chunks(self):
        """The documents among the events."""
        return [json.loads(text) for text in self.data if text.startswith("{")]

    @property
    def said(self):
        """The text of the answer, streamed or not."""
        if not self.body.lstrip().startswith(b"{") or self.body.startswith(b"data"):
            deltas = (c["delta"] for chunk in self.chunks for c in chunk["choices"])
            return "".join(delta.get("content") or "" for delta in deltas)
        return self.json["choices"][0]["message"].get("content")

    @property
    def comments(self):
        return [line for block in self.blocks for line in block if line.startswith(":")]


def _dechunk(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        try:
            count = int(size, 16)
        except ValueError:
            return out, False
        if count == 0:
            return out, True
        out += data[:count]
        data = data[count + 2 :]
    return out, False


FIRST_S = 10.0


def call(simulator, head, body=b"", *, patience_s=0.4):
    """One request on a connection of its own.

    The patience begins with the first byte, which a busy machine may take its time for. Only where
    none comes at all it begins at once.
    """
    place = urlsplit(simulator.url)
    raw, end, began = b"", "open", time.monotonic()
    until = began + (patience_s if b"first-byte-timeout" in head + body else patience_s + FIRST_S)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(head + body)
        while time.monotonic() < until:
            connection.settimeout(max(0.01, until - time.monotonic()))
            try:
                data = connection.recv(65536)
            except TimeoutError:
                break
            except ConnectionResetError:
                end = "reset"
                break
            if not data:
                end = "closed"
                break
            until = until if raw else time.monotonic() + patience_s
            raw += data
    return Seen(raw, end, time.monotonic() - began)


ROOTS = {
    "openrouter": "/api/v1", "portkey": "/v1", "featherless": "/v1",
    "fireworks": "/inference/v1", "together": "/v1", "google": "/v1beta/openai",
    "cerebras": "/v1", "nebius": "/v1", "xai": "/v1", "novita": "/openai/v1",
    "huggingface": "/v1", "chutes": "/v1", "groq": "/openai/v1", "deepinfra": "/v1/openai",
    "local": "/v1", "litellm": "/v1", "backend-a": "/v1", "backend-b": "/v1",
}  # fmt: skip
KEYS = {
    "google": "GEMINI_API_KEY",
    "huggingface": "HF_TOKEN",
}


class Caller:
    """Asks one simulator the way a client of a gateway would."""

    def __init__(self, simulator):
        self.simulator = simulator

    def key(self, place):
        if place in ("litellm", "backend-a", "backend-b"):
            return self.simulator.api_variables(place)["GATEWAYZ_API_KEY"]
        variables = self.simulator.variables()
        return variables.get(KEYS.get(place, f"{place.upper()}_API_KEY"), "any")

    def get(self, place, path, *, key=None, headers=(), patience_s=2.0):
        lines = [f"GET /{place}{path} HTTP/1.1", "host: sim", "connection: close"]
        return self._send(place, lines, headers, key, b"", patience_s)

    def chat(self, place, model, *, key=None, headers=(), patience_s=2.0, root=None, **fields):
        messages = [{"role": "user", "content": TEST_MESSAGE}]
        body = {"model": model, "messages": messages, "max_tokens": 50} | fields
        if body.get("stream"):
            body.setdefault("stream_options", {"include_usage": True})
        body = {name: value for name, value in body.items() if value is not None}
        path = ROOTS[place] if root is None else root
        lines = [f"POST /{place}{path}/chat/completions HTTP/1.1", "host: sim", "connection: close"]
        data = json.dumps(body).encode()
        return self._send(place, lines, headers, key, data, patience_s)

    def _send(self, place, lines, headers, key, data, patience_s):
        key = self.key(place) if key is None else key
        if key:
            name = "x-portkey-api-key: " if place == "portkey" else "authorization: Bearer "
            lines.append(name + key)
        lines += [f"{name}: {value}" for name, value in headers]
        if data:
            lines.append(f"content-length: {len(data)}")
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        return call(self.simulator, head, data, patience_s=patience_s)


@pytest.fixture(scope="module")
def sim():
    """A quick simulator; endless things drip every 10 ms."""
    with running(seed=11, latency_s=0, gap_s=0, drip_s=0.01) as simulator:
        yield simulator


@pytest.fixture
def caller(sim):
    return Caller(sim)


@pytest.fixture(scope="session")
def send():
    """`call` and `Caller` for tests that start a simulator of their own."""
    return call, Caller
