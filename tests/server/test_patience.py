"""Slow clients, silent providers, too many at once: bounded, answered, and nobody else waits."""

import resource
import time

import pytest
from tests.server.raw_http import chat, post

from gatewayz.server import bodies, callers, create_app, forwarding, protocol, running


def test_a_client_that_does_not_read_is_given_up_and_its_provider_let_go(
    start, acme, provider, wire, raw, logged, monkeypatch
):
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (0.4, 0.1))
    flood = wire.chunk(wire.event("x" * 60_000))
    provider.script[:] = [wire.STREAM, *[flood] * 400, "watch"]
    client = start(acme)
    stuck = raw(client.base, post(chat(stream=True)), buffer=4096)
    began = time.monotonic()
    (line,) = logged(1)

    assert line["kind"] == "slow-reader"
    assert time.monotonic() - began < 5
    # The connection itself is gone, not only the work behind it.
    assert len(stuck.rest()) < 400 * 60_000
    deadline = time.monotonic() + 3
    while provider.chats()[0].left_at is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert provider.chats()[0].left_at is not None
    provider.script[:] = [wire.whole(wire.COMPLETION)]
    assert client.chat().status == 200


def test_a_client_that_reads_slowly_gets_all_of_it(start, acme, provider, wire, raw, monkeypatch):
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (0.5, 0.1))
    flood = wire.chunk(wire.event("x" * 60_000))
    provider.script[:] = [wire.STREAM, *[flood] * 60, wire.LAST]
    client = start(acme)
    slow = raw(client.base, post(chat(stream=True)), buffer=65536)
    got = 0
    while got < 60 * 60_000:
        piece = slow.socket.recv(30_000)
        assert piece
        got += len(piece)
        time.sleep(0.02)

    assert got >= 60 * 60_000


def test_who_is_slow_to_send_a_body_is_told_and_stops_nobody(start, acme, raw, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_S", 0.5)
    client = start(acme)
    half_bodies = [raw(client.base, post(chat())[:-5]) for _ in range(100)]

    began = time.monotonic()
    assert client.chat().status == 200
    assert time.monotonic() - began < 5
    assert half_bodies[0].rest().startswith(b"HTTP/1.1 408")


def test_who_sends_no_whole_head_is_closed_and_stops_nobody(
    only_serve, start, acme, raw, monkeypatch
):
    monkeypatch.setattr(protocol, "HEADERS_S", 0.5)
    client = start(acme)
    half_heads = [raw(client.base, b"POST /v1/chat/completions HTTP/1.1\r\nHo") for _ in range(100)]
    silent = [raw(client.base) for _ in range(100)]

    began = time.monotonic()
    assert client.chat().status == 200
    assert time.monotonic() - began < 5
    for one in (half_heads[0], silent[0]):
        assert one.closed_after() < 5


def test_a_kept_connection_may_rest_between_requests(start, acme, raw, monkeypatch):
    monkeypatch.setattr(protocol, "HEADERS_S", 0.3)
    client = start(acme)
    one = raw(client.base, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.6)
    one.socket.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert one.rest().count(b"HTTP/1.1 200") == 2


def test_comments_keep_a_silent_stream_alive_until_its_first_byte(
    start, acme, provider, wire, monkeypatch
):
    monkeypatch.setattr(forwarding, "HOLD_S", 0.1)
    monkeypatch.setattr(forwarding, "COMMENT_EVERY_S", 0.2)
    half = wire.event("ab")
    provider.script[:] = [
        wire.STREAM, 0.8, wire.chunk(half[:20]), 0.5, wire.chunk(half[20:]), 0.5, wire.LAST
    ]  # fmt: skip
    answer = start(acme).chat(stream=True)

    comments, _, rest = answer.body.partition(b"data:")
    assert 2 <= comments.count(b": waiting for the provider\n\n") <= 4
    assert comments.replace(b": waiting for the provider\n\n", b"") == b""
    assert b"data:" + rest == half


def test_comments_do_not_stretch_the_provider_s_limit(start, acme, provider, wire, monkeypatch):
    monkeypatch.setattr(forwarding, "HOLD_S", 0.1)
    monkeypatch.setattr(forwarding, "COMMENT_EVERY_S", 0.2)
    provider.script[:] = [wire.STREAM, "watch"]
    began = time.monotonic()
    answer = start(acme, GATEWAYZ_TIMEOUT="1").chat(stream=True)

    assert time.monotonic() - began < 5
    assert b'"headers-then-silence"' in answer.body
    assert b"[DONE]" not in answer.body


@pytest.mark.parametrize("given", [3, None])
def test_beyond_the_limit_each_more_is_refused_at_once_and_then_taken_again(
    settings_with, acme, provider, wire, client_at, monkeypatch, given
):
    # Where none is given the handles of this process are the limit.
    few = resource.getrlimit(resource.RLIMIT_NOFILE) if given else (230, 230)
    monkeypatch.setattr(resource, "getrlimit", lambda _: few)
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    app = create_app(settings_with(ACME_API_KEY=wire.KEY), {"acme": acme}, most_running=given)
    with running(app=app) as base:
        client = client_at(base)
        open_ = [
            client.send(
                "POST",
                "/v1/chat/completions",
                {"model": "acme/one", "messages": [], "stream": True},
            )
            for _ in range(3)
        ]
        began = time.monotonic()
        refused = [client.chat() for _ in range(20)]
        took = time.monotonic() - began
        for connection, response in open_:
            connection.close()
            response.close()
        provider.script[:] = [wire.whole(wire.COMPLETION)]
        deadline = time.monotonic() + 5
        while (after := client.chat()).status != 200 and time.monotonic() < deadline:
            time.sleep(0.05)

    assert {one.status for one in refused} == {503}
    assert {one.headers["retry-after"] for one in refused} == {"1"}
    assert {one.error["code"] for one in refused} == {"server_overloaded"}
    assert took < 2
    assert after.status == 200
