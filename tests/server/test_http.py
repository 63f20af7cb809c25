"""What a server owes whoever speaks HTTP to it byte by byte."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.server.raw_http import chat, post

from gatewayz.server import protocol

LAST = {"Connection": "close"}


def answers(data):
    """Status and body of each answer that came, one after the other; each must tell its length."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        found.append((int(head.split()[1]), rest[:length]))
        data = rest[length:]
    return found


def test_a_request_may_come_byte_by_byte(backend, provider, raw):
    one = raw(backend.base)
    for byte in post(chat(), **LAST):
        one.socket.sendall(bytes([byte]))

    assert [status for status, _ in answers(one.rest())] == [200]
    assert len(provider.chats()) == 1


@pytest.mark.parametrize("asks", ["100-continue", "100-Continue"])
def test_who_waits_for_a_go_ahead_gets_one_before_the_body_is_sent(backend, raw, asks):
    whole = post(chat(), Expect=asks, **LAST)
    head, _, body = whole.partition(b"\r\n\r\n")
    one = raw(backend.base, head + b"\r\n\r\n")
    go_ahead = one.socket.recv(1000)
    one.socket.sendall(body)

    assert go_ahead == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert [status for status, _ in answers(one.rest())] == [200]


def test_who_waits_for_a_go_ahead_for_too_much_is_refused_at_once_instead(backend, raw):
    head, _, _ = post(b"", Expect="100-continue").partition(b"\r\n\r\n")
    head = re.sub(rb"(?i)(content-length: )0", rb"\g<1>99999999", head)
    began = time.monotonic()
    one = raw(backend.base, head + b"\r\n\r\n")
    data = b""
    while not data.endswith(b"}}"):
        data += one.socket.recv(10_000)

    assert time.monotonic() - began < 1
    assert [status for status, _ in answers(data)] == [413]
    assert b"\r\nconnection: close\r\n" in data.lower()
    assert one.rest() == b""


def test_who_sends_too_much_without_waiting_for_the_go_ahead_gets_the_answer_and_no_reset(
    backend, raw
):
    one = raw(backend.base)
    one.socket.sendall(post(b"x" * 12_000_000, Expect="100-continue"))

    assert [status for status, _ in answers(one.rest())] == [413]


def test_an_answer_to_head_has_no_body(backend, raw):
    data = raw(
        backend.base, b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ).rest()

    assert data.startswith(b"HTTP/1.1 200")
    assert data.endswith(b"\r\n\r\n")


def test_a_client_of_the_old_protocol_is_answered_and_let_go(backend, raw):
    data = raw(backend.base, post(chat()).replace(b"HTTP/1.1", b"HTTP/1.0")).rest()

    assert data.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in data.lower()


def test_a_client_of_the_old_protocol_gets_a_stream_without_chunks(
    only_serve, backend, provider, wire, raw
):
    # uvicorn frames its answers by itself.
    events = [wire.event("Hello."), wire.event("Bye."), b"data: [DONE]\n\n"]
    provider.script[:] = [wire.STREAM]
    for one in events:
        provider.script[:] += [wire.chunk(one), 0.05]
    provider.script.append(wire.LAST)
    data = raw(backend.base, post(chat(stream=True)).replace(b"HTTP/1.1", b"HTTP/1.0")).rest()
    head, _, body = data.partition(b"\r\n\r\n")

    assert b"connection: close" in head.lower()
    assert b"transfer-encoding" not in head.lower()
    assert body == b"".join(events)


def test_a_client_of_the_old_protocol_can_tell_a_broken_answer_from_a_whole_one(
    only_serve, backend, provider, wire, raw
):
    provider.script[:] = [wire.head(Content_Length=100), b'{"id":', 1.3, b'"x"', 0.05, "close"]
    one = raw(backend.base, post(chat()).replace(b"HTTP/1.1", b"HTTP/1.0"))
    pieces = []

    with pytest.raises(ConnectionResetError):
        pieces.extend(iter(lambda: one.socket.recv(65536), b""))

    data = b"".join(pieces)
    assert data.startswith(b"HTTP/1.1 200")
    assert data.endswith(b'\r\n\r\n{"id":"x"')


def test_a_client_of_the_old_protocol_gets_no_go_ahead(only_serve, backend, raw):
    whole = post(chat(), Expect="100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")
    head, _, body = whole.partition(b"\r\n\r\n")
    one = raw(backend.base, head + b"\r\n\r\n")
    one.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        one.socket.recv(1000)
    one.socket.settimeout(10)
    one.socket.sendall(body)

    assert [status for status, _ in answers(one.rest())] == [200]


def test_a_body_that_was_refused_unread_does_not_spoil_the_next_request(backend, raw):
    refused = post(b"x" * 300_000).replace(b"/v1/chat/completions", b"/no/such/path")
    found = answers(raw(backend.base, refused + post(chat(), **LAST)).rest())

    assert [status for status, _ in found] == [404, 200]


def test_a_long_answer_comes_whole(backend, provider, wire, raw):
    body = b'{"text":"' + b"x" * 3_000_000 + b'"}'
    provider.script[:] = [wire.whole(body)]
    data = raw(backend.base, post(chat(), **LAST)).rest()

    assert data.endswith((body, b"0\r\n\r\n"))
    assert data.count(b"x") >= 3_000_000


def test_an_upgrade_is_not_taken_and_what_follows_it_is_no_request(backend, provider, raw):
    asked = post(chat(), Connection="Upgrade, close", Upgrade="h2c")
    data = raw(backend.base, asked + post(chat(user="smuggled"))).rest()

    assert data.count(b"HTTP/1.1 ") == 1
    assert [call.json["user"] for call in provider.chats() if "user" in call.json] == []


def test_junk_behind_a_request_does_not_cost_it_its_answer(
    only_serve, backend, provider, wire, raw
):
    provider.script[:] = [0.3, wire.whole(wire.COMPLETION)]
    data = raw(backend.base, post(chat()) + b"\x00\x01junk\r\n\r\n" + post(chat())).rest()

    assert [status for status, _ in answers(data)] == [200]
    assert len(provider.chats()) == 1


@pytest.mark.parametrize("ended", [True, False])
def test_a_head_that_is_too_large_is_refused(only_serve, backend, provider, raw, ended):
    large = "x" * (protocol.MAX_HEADER_BYTES + 2 * protocol.MAX_READ)
    asked = post(chat(), X_Large=large)
    data = raw(backend.base, asked if ended else asked[:-200]).rest()

    assert data.startswith(b"HTTP/1.1 431")
    assert b'"headers_too_large"' in data
    assert provider.chats() == []


def test_what_is_no_request_is_told_in_the_envelope(only_serve, backend, raw):
    data = raw(backend.base, b"GET /health HTTP/9.9\r\n\r\n").rest()

    assert json.loads(data.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_http"


def test_a_kept_connection_is_closed_when_nothing_comes_any_more(
    only_serve, start, acme, raw, monkeypatch
):
    monkeypatch.setattr("gatewayz.server.serving.KEEP_ALIVE_S", 0.3)
    one = raw(start(acme).base, post(chat()))
    began = time.monotonic()
    data = one.rest()

    assert data.startswith(b"HTTP/1.1 200")
    assert 0.2 < time.monotonic() - began < 5


def test_servers_of_one_process_do_not_read_into_each_other(only_serve, start, acme, provider, raw):
    clients = [start(acme), start(acme)]
    filler = "x" * 50_000

    def ask(number):
        client = clients[number % 2]
        body = chat(user=f"{number:04}", messages=[{"role": "user", "content": filler}])
        return answers(raw(client.base, post(body, **LAST)).rest())[0][0]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(60)))

    assert statuses == [200] * 60
    assert sorted(call.json["user"] for call in provider.chats()) == [
        f"{number:04}" for number in range(60)
    ]
    assert {call.json["messages"][0]["content"] for call in provider.chats()} == {filler}
