"""What two readers could take for different requests: one answer, and nothing read behind it."""

import json
import time

import pytest
from tests.server.raw_http import chat, post

HELLO = b"GET /health HTTP/1.1\r\nConnection: close\r\n"
OFFER = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABk"}


def _asked(head):
    return HELLO + head + b"\r\n"


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "body later"])
def test_an_offer_of_another_protocol_is_ignored_and_the_body_read(
    backend, provider, raw, at_once, only_serve
):
    asked = post(chat(user="mine"), **OFFER)
    cut = len(asked) if at_once else asked.index(b"\r\n\r\n") + 4
    client = raw(backend.base, asked[:cut])
    if not at_once:
        time.sleep(0.1)
        client.socket.sendall(asked[cut:])
    head = client.socket.recv(65536)
    client.socket.sendall(_asked(b"Host: localhost\r\n"))
    rest = client.rest()

    assert head.startswith(b"HTTP/1.1 200")
    assert (head + rest).count(b"HTTP/1.1 ") == 2
    assert [call.json["user"] for call in provider.chats()] == ["mine"]


def test_an_offer_with_a_body_in_chunks_is_read_too(backend, provider, raw, only_serve):
    body = chat(user="mine")
    head = post(b"", **OFFER).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    client = raw(backend.base, head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    answer = client.socket.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200")
    assert [call.json["user"] for call in provider.chats()] == ["mine"]


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "body later"])
def test_the_body_behind_an_offer_is_never_a_request_of_its_own(backend, provider, raw, at_once):
    """A server that does not read it as a body closes."""
    smuggled = post(chat(user="smuggled"))
    asked = post(smuggled, **OFFER)
    cut = len(asked) if at_once else asked.index(b"\r\n\r\n") + 4
    client = raw(backend.base, asked[:cut])
    if not at_once:
        time.sleep(0.1)
    try:
        client.socket.sendall(asked[cut:])
        client.socket.sendall(_asked(b"Host: localhost\r\n"))
    except ConnectionError:
        pass
    answer = client.rest()

    assert answer.startswith(b"HTTP/1.1 400")
    assert provider.chats() == []


def test_an_offer_without_a_body_is_ignored(backend, raw):
    answer = raw(
        backend.base,
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ).socket.recv(65536)

    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_",
    [
        _asked(b""),
        _asked(b"Host: localhost\r\nHost: localhost\r\n"),
        _asked(b"Host: evil.example\r\nHost: localhost\r\n"),
        _asked(b"Host: localhost\r\n").replace(b"/health", b"http://evil.example/health"),
        _asked(b"Host: localhost\r\n").replace(b"/health", b"http://localhost:81/health"),
        _asked(b"Host: localhost\r\n").replace(b"/health", b"http://me@localhost/health"),
        _asked(b"Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n") + b"0\r\n\r\n",
        _asked(b"Host: localhost\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")
        + b"0\r\n\r\n",
        _asked(b"Host: localhost\r\nTransfer-Encoding: chunked\r\n").replace(b"/1.1", b"/1.0")
        + b"0\r\n\r\n",
    ],
    ids=["no-host", "two-hosts", "evil-first", "address", "port", "user", "packed", "packed-apart",
         "old-chunks"],
)  # fmt: skip
def test_what_names_two_hosts_or_lengths_is_refused_and_closes(backend, raw, request_):
    asked = request_.replace(b"Connection: close\r\n", b"")
    answer = raw(backend.base, asked).rest()  # ends when it closes

    assert answer.split()[1] in (b"400", b"501")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_http"


@pytest.mark.parametrize("version", [b"", b" HTTP/0.9", b" HTTP/2.0"], ids=["none", "0.9", "2.0"])
def test_another_version_than_these_two_is_refused_and_never_passed_on(
    backend, provider, raw, version
):
    asked = post(chat()).replace(b" HTTP/1.1", version)
    answer = raw(backend.base, asked + post(chat(user="smuggled"))).rest()

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert provider.chats() == []


@pytest.mark.parametrize(
    "request_",
    [
        _asked(b"Host: localhost\r\n").replace(b"/health", b"http://LOCALHOST:80/health"),
        b"GET /health HTTP/1.0\r\n\r\n",
        _asked(b"Host: localhost\r\nTransfer-Encoding: Chunked\r\n") + b"0\r\n\r\n",
        _asked(b"Host: localhost\r\nX-A: 1\r\nX-A: 2\r\n"),
    ],
    ids=["own-address", "old", "chunks", "two-others"],
)
def test_what_can_be_read_in_one_way_only_is_answered(backend, raw, request_):
    assert raw(backend.base, request_).rest().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("lines", [("192.0.2.7", "127.0.0.1"), ("127.0.0.1", "192.0.2.7")])
def test_every_line_of_whom_a_proxy_speaks_for_counts(backend, raw, lines):
    said = "".join(f"X-Forwarded-For: {line}\r\n" for line in lines).encode()
    foreign = HELLO.replace(b"/health", b"/v1/models") + b"Host: localhost\r\n" + said + b"\r\n"

    assert raw(backend.base, foreign).rest().startswith(b"HTTP/1.1 403")
