"""Slow clients, silent providers, too many at once: bounded, answered, and nobody else waits."""

import resource
import select
import socket
import time
from dataclasses import replace

import pytest
from tests.server.raw_http import chat, post

from gatewayz.server import (
    app,
    bodies,
    callers,
    create_app,
    forwarding,
    protocol,
    running,
    serving,
    silent,
    taking,
)


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
    assert time.monotonic() - began < 20
    # The connection itself is gone, not only the work behind it.
    assert len(stuck.rest()) < 400 * 60_000
    deadline = time.monotonic() + 20
    while provider.chats()[0].left_at is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert provider.chats()[0].left_at is not None
    provider.script[:] = [wire.whole(wire.COMPLETION)]
    assert client.chat().status == 200


def hears_of_its_end(one, within_s=20):
    """Whether a socket's other side is gone, as far as one knows who neither reads nor writes."""
    poll = select.poll()
    poll.register(one.socket, 0)  # errors and the end are told anyway
    return bool(poll.poll(within_s * 1000))


def test_a_client_that_is_given_up_hears_of_it_though_it_does_not_read(
    start, acme, provider, wire, raw, logged, monkeypatch
):
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (0.4, 0.1))
    flood = wire.chunk(wire.event("x" * 60_000))
    provider.script[:] = [wire.STREAM, *[flood] * 400, "watch"]
    stuck = raw(start(acme).base, post(chat(stream=True)), buffer=4096)
    logged(1)

    # What the kernel still had for it is dropped; it would else be kept for as long as it is not taken.
    assert hears_of_its_end(stuck)


def test_one_that_takes_nothing_is_given_up_though_all_that_came_is_sent(
    start, acme, provider, wire, raw, logged, monkeypatch
):
    if not taking.TELLS:
        pytest.skip("this system does not tell what a client has taken")
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (0.4, 0.1))
    # More than the client's side holds, far less than ours does.
    provider.script[:] = [wire.STREAM, *[wire.chunk(wire.event("x" * 4000))] * 10, "watch"]
    stuck = raw(start(acme).base, post(chat(stream=True)), buffer=4096)
    (line,) = logged(1)

    assert line["kind"] == "slow-reader"
    assert hears_of_its_end(stuck)
    deadline = time.monotonic() + 20
    while provider.chats()[0].left_at is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert provider.chats()[0].left_at is not None


def test_one_that_takes_some_now_and_then_is_not_given_up(
    start, acme, provider, wire, raw, logged, monkeypatch
):
    if not taking.TELLS:
        pytest.skip("this system does not tell what a client has taken")
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (2.0, 0.1))
    flood = wire.chunk(wire.event("x" * 60_000))
    provider.script[:] = [wire.STREAM, *[flood] * 400, wire.LAST]
    slow = raw(start(acme).base, post(chat(stream=True)), buffer=65536)
    # The kernel holds megabytes for it: for seconds there is no room for more of the answer.
    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert slow.socket.recv(10_000)
        time.sleep(0.02)

    assert not hears_of_its_end(slow, within_s=0)


@pytest.mark.parametrize("stream", [True, False])
def test_the_time_a_client_takes_is_no_silence_of_its_provider(
    start, acme, provider, wire, raw, logged, monkeypatch, stream
):
    monkeypatch.setattr(app, "PATIENT", replace(app.PATIENT, idle_s=1.0))
    body = b"x" * 60_000
    piece = wire.chunk(wire.event("x" * 60_000) if stream else body)
    first = (
        wire.STREAM if stream else wire.STREAM.replace(b"text/event-stream", b"application/json")
    )
    provider.script[:] = [first, *[piece] * 200, wire.LAST]
    slow = raw(
        start(acme).base,
        post(chat(stream=stream), connection="close"),
        buffer=65536,
    )
    time.sleep(2)
    got = slow.rest()
    (line,) = logged(1)

    assert len(got) > 200 * 60_000
    assert got.endswith(b"0\r\n\r\n")
    assert line["kind"] == "-"


@pytest.fixture
def tight(served_by, monkeypatch):
    """The kernel takes hardly anything for a client: what it does not take stays with the server."""

    class Tight(serving.Protocol):
        def connection_made(self, transport):
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            super().connection_made(transport)

    monkeypatch.setattr(serving, "Protocol", Tight)
    monkeypatch.setattr(protocol, "PATIENCE_S", 1.2)
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (1.2, 0.1))


def test_an_answer_that_is_ended_is_not_kept_for_one_who_does_not_take_it(
    tight, start, acme, provider, wire, raw
):
    provider.script[:] = [wire.whole(b'{"data":"' + b"x" * 200_000 + b'"}')]
    client = start(acme)
    asked = [post(chat()), post(chat(), connection="close")]
    stuck = [raw(client.base, one, buffer=4096) for one in asked]

    assert all(hears_of_its_end(one) for one in stuck)


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_an_answer_that_is_ended_waits_for_one_who_takes_some_now_and_then(
    tight, start, acme, provider, wire, raw, connection
):
    whole = b'{"data":"' + b"x" * 200_000 + b'"}'
    provider.script[:] = [wire.whole(whole)]
    slow = raw(start(acme).base, post(chat(), connection=connection), buffer=4096)
    got = b""
    while not got.endswith(whole[-100:]):
        piece = slow.socket.recv(2000)
        assert piece
        got += piece
        time.sleep(0.02)

    assert got.endswith(whole)


def test_a_kept_connection_ends_in_good_order_when_it_has_rested_long(
    only_serve, start, acme, raw, monkeypatch
):
    monkeypatch.setattr(serving, "KEEP_ALIVE_S", 0.5)
    one = raw(start(acme).base, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    began, data = time.monotonic(), b""
    while piece := one.socket.recv(65536):  # a reset would raise
        data += piece

    assert data.startswith(b"HTTP/1.1 200")
    assert 0.4 < time.monotonic() - began < 5


@pytest.mark.parametrize("stream", [True, False])
def test_one_that_says_no_more_and_takes_nothing_takes_the_provider_along(
    start, acme, provider, wire, raw, monkeypatch, stream
):
    monkeypatch.setattr(protocol, "PATIENCE_S", 5.0)
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (5.0, 0.1))
    flood = wire.chunk(wire.event("x" * 60_000))
    provider.script[:] = [wire.STREAM, *[flood] * 400, "watch"]
    stuck = raw(start(acme).base, post(chat(stream=stream)), buffer=4096)
    time.sleep(0.5)
    stuck.socket.shutdown(socket.SHUT_WR)
    ended = time.monotonic()
    while provider.chats()[0].left_at is None and time.monotonic() < ended + 20:
        time.sleep(0.01)

    assert provider.chats()[0].left_at < ended + 4
    assert hears_of_its_end(stuck)


def test_a_client_that_reads_slowly_gets_all_of_it(start, acme, provider, wire, raw, monkeypatch):
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (1.2, 0.1))
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
    assert time.monotonic() - began < 15
    assert half_bodies[0].rest().startswith(b"HTTP/1.1 408")


def test_who_sends_no_whole_head_is_closed_and_stops_nobody(start, acme, raw, monkeypatch):
    for its in (protocol, silent):
        monkeypatch.setattr(its, "HEADERS_S", 0.5)
    client = start(acme)
    half = b"POST /v1/chat/completions HTTP/1.1\r\nHo"
    half_heads = [raw(client.base, half) for _ in range(100)]
    wordless = [raw(client.base) for _ in range(100)]
    kept = raw(client.base, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert kept.socket.recv(65536).startswith(b"HTTP/1.1 200")
    kept.socket.sendall(half)

    began = time.monotonic()
    assert client.chat().status == 200
    assert time.monotonic() - began < 15
    for one in (half_heads[0], wordless[0], kept):
        assert one.closed_after() < 10  # as long as `raw` waits for a byte


def test_a_kept_connection_may_rest_between_requests(start, acme, raw, monkeypatch):
    for its in (protocol, silent):
        monkeypatch.setattr(its, "HEADERS_S", 0.3)
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (30.0, 0.05))
    client = start(acme)
    one = raw(client.base, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.6)
    one.socket.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

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
    began = time.monotonic()
    answer = start(acme).chat(stream=True)
    took_s = time.monotonic() - began

    comments, _, rest = answer.body.partition(b"data:")
    assert 2 <= comments.count(b": waiting for the provider\n\n") <= 1 + took_s / 0.2
    assert comments.replace(b": waiting for the provider\n\n", b"") == b""
    assert b"data:" + rest == half


def test_comments_do_not_stretch_the_provider_s_limit(start, acme, provider, wire, monkeypatch):
    monkeypatch.setattr(forwarding, "HOLD_S", 0.1)
    monkeypatch.setattr(forwarding, "COMMENT_EVERY_S", 0.2)
    provider.script[:] = [wire.STREAM, "watch"]
    began = time.monotonic()
    answer = start(acme, GATEWAYZ_TIMEOUT="1").chat(stream=True)

    assert time.monotonic() - began < 9  # the provider would keep silent for ten
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
    limited = create_app(settings_with(ACME_API_KEY=wire.KEY), {"acme": acme}, most_running=given)
    with running(app=limited) as base:
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
        deadline = time.monotonic() + 20
        while (after := client.chat()).status != 200 and time.monotonic() < deadline:
            time.sleep(0.05)

    assert {one.status for one in refused} == {503}
    assert {one.headers["retry-after"] for one in refused} == {"1"}
    assert {one.error["code"] for one in refused} == {"server_overloaded"}
    assert took < 10
    assert after.status == 200
