"""A request's line and headers may have 64 KiB, and not one byte more, under either server."""

import json
import re

import pytest
from tests.server.raw_http import chat, post

from gatewayz.server.heads import MAX_HEADER_BYTES


def head_of(size, path="/health", **more):
    """A request without a body, of so many bytes."""
    fields = {"Host": "localhost", **more, "X-Long": ""}
    lines = "\r\n".join(f"{name}: {value}" for name, value in fields.items())
    bare = f"GET {path} HTTP/1.1\r\n{lines}"
    return (bare + "a" * (size - len(bare) - 4) + "\r\n\r\n").encode()


def sent(one, data, pieces):
    for at in range(0, len(data), -(-len(data) // pieces)):
        try:
            one.socket.sendall(data[at : at + -(-len(data) // pieces)])
        except ConnectionError:  # it was refused before its end
            break
    return one.rest()


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_the_last_byte_that_is_allowed_is_and_the_next_is_not(backend, raw, pieces):
    whole = head_of(MAX_HEADER_BYTES, "/health?a=b", Connection="close")
    longer = head_of(MAX_HEADER_BYTES + 1, "/health?a=b", Connection="close")
    taken = sent(raw(backend.base), whole, pieces)
    refused = sent(raw(backend.base), longer, pieces)

    assert len(whole) == MAX_HEADER_BYTES
    assert taken.startswith(b"HTTP/1.1 200")
    assert refused.startswith(b"HTTP/1.1 431")
    body = refused.partition(b"\r\n\r\n")[2]
    assert json.loads(body)["error"]["code"] == "headers_too_large"


def test_a_long_address_counts_too(backend, raw):
    long = head_of(MAX_HEADER_BYTES + 1, "/" + "a" * 60_000, Connection="close")

    assert sent(raw(backend.base), long, 3).startswith(b"HTTP/1.1 431")


def test_many_short_headers_are_as_long_as_one(backend, provider, raw):
    many = {f"X-{number:05}": "b" for number in range(6000)}
    answer = sent(raw(backend.base), post(chat(), Connection="close", **many), 4)

    assert answer.startswith(b"HTTP/1.1 431")
    assert provider.chats() == []


def test_a_body_does_not_count_nor_do_the_requests_before(backend, raw):
    """Also where a body that nobody read ends in the middle of what is read at once."""
    unread = post(b"x" * 300_000).replace(b"/v1/chat/completions", b"/no/such/path")
    long = head_of(MAX_HEADER_BYTES, Connection="close")
    answers = raw(backend.base, unread + long).rest()

    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"404", b"200"]


def test_trailers_and_sizes_of_chunks_have_the_same_limit(only_serve, backend, raw):
    start = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    endless = sent(raw(backend.base), start + b"2\r\n{}\r\n0\r\nX-A: " + b"a" * 200_000, 4)
    extended = sent(raw(backend.base), start + b"2;" + b"a" * 200_000, 4)

    for answer in (endless, extended):
        assert answer.count(b"HTTP/1.1 ") <= 1
        assert b"HTTP/1.1 200" not in answer
