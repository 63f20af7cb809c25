"""What no client library would send: refused, thrown away, and never passed on."""

import gzip
import json
import time

import pytest
from tests.server.raw_http import chat, post
from tests.waiting import until


@pytest.mark.parametrize(
    "request_",
    [
        post(chat(), Transfer_Encoding="chunked"),
        post(chat(), content_length="3"),
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: a\x00b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: a\rb\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n X-Fold: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["cl+te", "two-cl", "bad-chunk", "odd-te", "nul", "bare-cr", "fold", "space", "version",
         "tls"],
)  # fmt: skip
def test_what_is_no_sound_request_is_refused_and_never_passed_on(backend, provider, raw, request_):
    smuggled = post(chat(user="smuggled"))
    answer = raw(backend.base, request_ + smuggled).rest()

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "invalid_request_error"
    assert provider.chats() == []


def test_one_who_asks_twice_at_once_and_leaves_takes_the_provider_along(backend, provider, raw):
    """The second request must not stand between the server and the news that the client is gone."""
    provider.script[:] = ["watch"]
    twice = raw(backend.base, post(chat()) + post(chat(user="second" * 50_000)))
    until(provider.chats, 20)
    twice.socket.close()
    left = time.monotonic()
    (call,) = provider.chats()
    until(lambda: call.left_at is not None, 20)

    assert call.left_at is not None
    assert call.left_at - left < 1


def test_one_who_asks_again_while_waiting_and_leaves_takes_the_provider_along(
    backend, provider, raw
):
    """What is sent ahead may come later than the first request, too."""
    provider.script[:] = ["watch"]
    client = raw(backend.base, post(chat()))
    until(provider.chats, 20)
    client.socket.sendall(post(chat(user="second")))
    time.sleep(0.1)  # the server has taken it, and reads no more
    client.socket.close()
    left = time.monotonic()
    (call,) = provider.chats()
    until(lambda: call.left_at is not None, 20)

    assert call.left_at is not None
    assert call.left_at - left < 1


def test_a_second_request_before_the_answer_is_not_read_and_the_connection_closes(
    backend, provider, raw
):
    second = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(backend.base, post(chat()) + second * 500).rest()

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(provider.chats()) == 1


def test_garbage_behind_a_request_does_not_get_into_its_answer(backend, provider, raw, wire):
    done = b"data: [DONE]\n\n"
    provider.script[:] = [
        wire.STREAM,
        wire.chunk(wire.event("a")),
        0.4,
        wire.chunk(done),
        wire.LAST,
    ]
    asked = raw(backend.base, post(chat(stream=True)))
    time.sleep(0.2)
    asked.socket.sendall(b"\x00\xff\r\n\r\n")
    answer = asked.rest()

    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"[DONE]" in answer
    assert answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("start", [b"GET /health", b"GET /"], ids=["header", "address"])
def test_a_head_without_end_is_refused_long_before_its_end(backend, raw, start):
    endless = raw(backend.base, start)
    piece, sent = b"a" * 65536, 0
    if b"health" in start:
        endless.socket.sendall(b" HTTP/1.1\r\nHost: localhost\r\nX-A: ")
    try:
        while sent < 50 * len(piece):
            endless.socket.sendall(piece)
            sent += len(piece)
    except ConnectionError:
        pass

    assert sent < 50 * len(piece)
    assert backend.get("/health").status == 200


def test_a_head_that_is_too_long_is_told_so(backend, raw):
    long = raw(backend.base, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 40_000)
    time.sleep(0.2)
    long.socket.sendall(b"a" * 40_000)
    answer = long.rest()

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431")
    assert json.loads(body)["error"]["code"] == "headers_too_large"


def test_a_long_head_that_ends_in_time_is_read(backend, raw):
    asked = raw(backend.base, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 30_000)
    time.sleep(0.2)
    asked.socket.sendall(b"a" * 30_000 + b"\r\nConnection: close\r\n\r\n")

    assert asked.rest().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "length",
    ["5, 5", "+5", "-5", "0x5", "5 5", "5.0", "", "99999999999999999999"],
)
def test_a_length_that_is_none_is_refused(backend, provider, raw, length):
    answer = raw(backend.base, post(chat(), content_length=length)).rest()

    assert answer.startswith(b"HTTP/1.1 400")
    assert provider.chats() == []


@pytest.mark.parametrize(
    "coding", ["chunked, identity", "gzip, chunked ", "chunked, chunked", "identity"]
)
def test_a_transfer_coding_that_is_not_plain_chunks_is_never_passed_on(
    backend, provider, raw, coding
):
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    asked = head + f"Transfer-Encoding: {coding}\r\n\r\n".encode() + b"3\r\n{}!\r\n0\r\n\r\n"
    answer = raw(backend.base, asked + post(chat(user="smuggled"))).rest()

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert provider.chats() == []


def test_a_line_that_ends_in_lf_alone_is_refused(backend, provider, raw):
    answer = raw(backend.base, post(chat()).replace(b"\r\n", b"\n")).rest()

    assert answer.startswith(b"HTTP/1.1 400")
    assert provider.chats() == []


def test_an_address_in_the_request_line_leads_nowhere(backend, provider, raw):
    """This is no proxy, whatever the line or the Host names."""
    elsewhere = provider.url.removesuffix("/v1")
    host = elsewhere.removeprefix("http://")
    asked = [
        f"GET {elsewhere}/anywhere HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
        f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /anywhere HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
        f"GET //{host}/anywhere HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
    ]

    statuses = [raw(backend.base, one.encode()).rest().split()[1] for one in asked]

    assert set(statuses) <= {b"400", b"404", b"405"}
    assert provider.calls == []


def test_a_body_that_is_packed_is_refused_unopened(backend, provider):
    """What is never unpacked is no bomb."""
    bomb = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
    answer = backend.ask("POST", "/v1/chat/completions", bomb, headers={"Content-Encoding": "gzip"})

    assert answer.status == 400
    assert provider.calls == []
