"""What the wire does wrong, over real sockets, each told apart from the others."""

import asyncio
import contextlib
import gzip
import json
import socket
from dataclasses import replace
from functools import partial

import pytest

from gatewayz.client import HttpTransport, WireError, WireRequest
from gatewayz.client.connection import SETTLE_S
from gatewayz.core.attempt import FaultName, Phase
from gatewayz.core.timeouts import Caps, Timeouts

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
SETTINGS = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"


def frame(kind, payload):
    """A frame of HTTP/2 on the connection's own stream."""
    return len(payload).to_bytes(3, "big") + bytes((kind, 0, 0, 0, 0, 0)) + payload


GOAWAY = frame(7, bytes(7) + b"\x0btoo_many_pings")
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def met(wire, data, *, then="close", stream=False, **options):
    """The attempt against a server that says these bytes."""
    if then == "hang":
        options.setdefault("timeouts", wire.QUICK)

    async def go():
        async with wire.serving(wire.saying(data, then=then)) as server:
            return await wire.ask(server.url, stream=stream, **options)

    return run(go())


def fault_of(wire, data, **options):
    attempt = met(wire, data, **options)
    return attempt.fault.name, attempt.fault.phase


def test_a_sound_answer_is_read(wire):
    attempt = met(wire, wire.answer(wire.GOOD))

    assert attempt.fault is None
    assert attempt.reply.text == "Test successful"
    assert attempt.reached is Phase.END
    assert attempt.timing.connect_s <= attempt.timing.sent_s <= attempt.timing.first_byte_s
    assert attempt.timing.last_byte_s <= attempt.timing.total_s


def test_a_sound_stream_is_read_and_timed(wire):
    attempt = met(wire, SSE + CHUNKED + chunk(wire.STREAM) + b"0\r\n\r\n", stream=True)

    assert attempt.fault is None
    assert (attempt.reply.text, attempt.reply.oddities) == ("Test successful", ())
    assert attempt.timing.chunk_count == 2
    assert attempt.timing.last_content_s <= attempt.timing.last_byte_s


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_a_name_that_does_not_resolve(wire):
    attempt = run(wire.ask("http://nobody.invalid/v1"))
    assert (attempt.fault.name, attempt.fault.phase) == (FaultName.DNS, Phase.DNS)

    attempt = run(wire.ask(f"http://{'a' * 70}.invalid/v1"))
    assert attempt.fault.name is FaultName.DNS


def test_a_port_where_nobody_listens(wire):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    attempt = run(wire.ask(f"http://127.0.0.1:{port}/v1"))

    assert (attempt.fault.name, attempt.fault.phase) == (FaultName.REFUSED, Phase.CONNECT)
    assert attempt.status is None


def test_a_full_listen_queue_is_a_connect_timeout(wire):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(address)
            waiting.append(one)
        hurried = replace(wire.QUICK, connect_s=0.5)
        attempt = run(wire.ask(f"http://127.0.0.1:{address[1]}/v1", timeouts=hurried))
        for one in waiting:
            one.close()

    assert attempt.fault.name is FaultName.TIMEOUT
    assert (attempt.fault.phase, attempt.fault.timer) == (Phase.CONNECT, "connect")


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/v1", "http://", "http://[::1/v1", "http://127.0.0.1:port/v1",
     "http://127.0.0.1:99999/v1", "127.0.0.1/v1", "http://127.0.0.1:1/v 1",
     "http://127.0.0.1:1/v1\r\nX: y"],
)  # fmt: skip
def test_an_address_that_is_none_is_never_sent(wire, url):
    attempt = run(wire.ask(url))

    assert attempt.fault.name in (FaultName.UNSENDABLE, FaultName.REFUSED)
    assert attempt.status is None


@pytest.mark.parametrize(
    ("data", "then", "name", "phase"),
    [
        (b"", "close", FaultName.CLOSED, Phase.HEADERS),
        (b"", "reset", FaultName.RESET, Phase.HEADERS),
        (b"HTTP/1.1 200", "close", FaultName.CLOSED, Phase.HEADERS),
        (HEAD + b"Content-Length: 100\r\n\r\n{", "close", FaultName.CLOSED, Phase.BODY),
        (HEAD + b"Content-Length: 100\r\n\r\n{", "reset", FaultName.RESET, Phase.BODY),
        (HEAD + CHUNKED + b"5\r\n{", "close", FaultName.CLOSED, Phase.BODY),
        (HEAD + CHUNKED + chunk(b"{}"), "close", FaultName.CLOSED, Phase.BODY),
        (HEAD + CHUNKED + b"ZZ\r\n{}\r\n", "close", FaultName.MALFORMED, Phase.BODY),
        (b"HTTP/9.9 yes\r\n\r\n", "close", FaultName.MALFORMED, Phase.HEADERS),
        (b"<html>hello</html>", "close", FaultName.MALFORMED, Phase.HEADERS),
        (b"HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", "close", FaultName.MALFORMED, Phase.HEADERS),
        (HEAD + b"no colon\r\n\r\n", "close", FaultName.MALFORMED, Phase.HEADERS),
        (b"\x00\x00\x06\x04", "close", FaultName.MALFORMED, Phase.HEADERS),
        (b"\x00" * 20, "close", FaultName.MALFORMED, Phase.HEADERS),
        (SETTINGS, "close", FaultName.GOAWAY, Phase.HEADERS),
        (SETTINGS, "hang", FaultName.GOAWAY, Phase.HEADERS),
        (GOAWAY, "reset", FaultName.GOAWAY, Phase.HEADERS),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + GOAWAY, "close", FaultName.MALFORMED, Phase.HEADERS),
        (HEAD + b"Content-Length: -2\r\n\r\n", "close", FaultName.MALFORMED, Phase.HEADERS),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "close",
         FaultName.CONFLICTING_LENGTH, Phase.HEADERS),
        (HEAD + b"Content-Length: 2\r\n" + CHUNKED + b"0\r\n\r\n", "close",
         FaultName.CONFLICTING_LENGTH, Phase.HEADERS),
        (HEAD + b"Upgrade: x\r\nContent-Length: 100\r\n\r\n{", "hang",
         FaultName.TIMEOUT, Phase.BODY),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "hang",
         FaultName.MALFORMED, Phase.HEADERS),
    ],
)  # fmt: skip
def test_each_fault_of_the_wire_is_told_apart(wire, data, then, name, phase):
    assert fault_of(wire, data, then=then) == (name, phase)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n", "099 is no status"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
         "status 101: the server changes to another protocol"),
    ],
)  # fmt: skip
def test_a_status_that_is_no_answer_is_told(wire, data, told):
    attempt = met(wire, data, then="hang")

    assert attempt.fault.name is FaultName.MALFORMED
    assert attempt.fault.detail == told
    assert attempt.status is None


@pytest.mark.parametrize(
    ("data", "stream", "phase", "timer"),
    [
        (b"", False, Phase.HEADERS, "first-byte"),
        (b"HTTP/1.1 200 OK\r\nContent-", False, Phase.HEADERS, "first-byte"),
        (HEAD + b"Content-Length: 9\r\n\r\n", False, Phase.BODY, "idle"),
        (HEAD + b"Content-Length: 9\r\n\r\n{", False, Phase.BODY, "idle"),
        (SSE + CHUNKED, True, Phase.FIRST_EVENT, "first-event"),
        (SSE + CHUNKED + chunk(b": ping\n\n"), True, Phase.FIRST_EVENT, "first-event"),
        (SSE + CHUNKED + chunk(b'data: {"choices":[]}\n\n'), True, Phase.BODY, "idle"),
    ],
)
def test_each_silence_has_its_own_limit(wire, data, stream, phase, timer):
    attempt = met(wire, data, then="hang", stream=stream)

    assert attempt.fault.name is FaultName.TIMEOUT
    assert (attempt.fault.phase, attempt.fault.timer) == (phase, timer)
    assert attempt.timing.total_s < wire.QUICK.total_s


def dripping(head, drop, gap_s=0.05):
    async def respond(reader, writer):
        writer.write(head)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(gap_s)

    return respond


@pytest.mark.parametrize(
    ("head", "drop", "stream", "timer"),
    [
        (HEAD + b"Content-Length: 100000\r\n\r\n", b" ", False, "total"),
        (SSE + CHUNKED + chunk(b'data: {"choices":[]}\n\n'), chunk(b": ping\n\n"), True, "total"),
        (SSE + CHUNKED, chunk(b": ping\n\n"), True, "first-event"),
        (SSE + CHUNKED, chunk(b"x"), True, "first-event"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y", False, "first-byte"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", False, "first-byte"),
    ],
)
def test_no_trickle_stretches_a_limit(wire, head, drop, stream, timer):
    async def go():
        async with wire.serving(dripping(head, drop)) as server:
            return await wire.ask(server.url, stream=stream, timeouts=wire.QUICK)

    attempt = run(go())

    assert (attempt.fault.name, attempt.fault.timer) == (FaultName.TIMEOUT, timer)
    assert attempt.timing.total_s < wire.QUICK.total_s + 3


@pytest.mark.parametrize("arguments", ["", '{"city": '])
def test_a_pause_inside_a_tool_call_leaves_the_call_as_far_as_it_came(wire, arguments):
    call = {"index": 0, "id": "a", "function": {"name": "look", "arguments": arguments}}
    event = json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).encode()

    attempt = met(
        wire, SSE + CHUNKED + chunk(b"data: " + event + b"\n\n"), stream=True, then="hang"
    )

    (made,) = attempt.reply.tool_calls
    assert (attempt.fault.name, attempt.fault.timer) == (FaultName.TIMEOUT, "idle")
    assert (made.name, made.arguments, attempt.reply.finish_reason) == ("look", arguments, "")
    assert attempt.reply.oddities == ()


def test_the_body_of_an_error_has_its_own_short_limit_and_the_status_stands(wire):
    data = b"HTTP/1.1 503 No\r\n" + CHUNKED + chunk(b'{"error": {"message": "over')

    attempt = met(wire, data, then="hang")

    assert attempt.status == 503
    assert (attempt.fault.name, attempt.fault.timer) == (FaultName.TIMEOUT, "error-body")
    assert "over" in attempt.error.message
    assert attempt.timing.total_s < wire.QUICK.total_s


def test_an_endless_error_body_is_cut_at_its_cap(wire):
    head = b"HTTP/1.1 500 No\r\n" + CHUNKED

    async def go():
        async with wire.serving(dripping(head, chunk(b"x" * 60_000), 0.0)) as server:
            return await wire.ask(server.url)

    attempt = run(go())

    assert attempt.status == 500
    assert attempt.body_bytes < 64 * 1024 + 2 * 256 * 1024
    assert len(attempt.error.message) <= 400


def test_a_stream_that_said_done_need_not_be_closed(wire):
    attempt = met(wire, SSE + CHUNKED + chunk(wire.STREAM), then="hang", stream=True)

    assert attempt.fault is None
    assert attempt.reply.done_marker
    assert attempt.timing.total_s < 1


def test_a_whole_answer_whose_end_never_comes_is_kept(wire):
    attempt = met(wire, HEAD + CHUNKED + chunk(wire.GOOD), then="hang")

    assert attempt.fault.name is FaultName.TIMEOUT
    assert attempt.reply.text == "Test successful"


@pytest.mark.parametrize("data", [
    HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000,
    HEAD + CHUNKED + chunk(b"x" * 5000) + b"0\r\n\r\n",
    HEAD + b"\r\n" + b"x" * 5000,
])  # fmt: skip
def test_a_body_beyond_its_cap_is_refused(wire, data):
    attempt = met(wire, data, caps=Caps(body=4096))

    assert attempt.fault.name is FaultName.TOO_LARGE


@pytest.mark.parametrize(
    "headers",
    [b"X: " + b"y" * 100_000 + b"\r\n\r\n", b"X: y\r\n" * 300 + b"\r\n",
     b"".join(b"X%d: %b\r\n" % (n, b"y" * 1000) for n in range(100)) + b"\r\n"],
)  # fmt: skip
@pytest.mark.parametrize("whole", [False, True])
def test_a_header_block_beyond_its_cap_is_refused(wire, headers, whole):
    # With its length, the whole answer stands in the packet in which the cap is passed.
    rest = b"Content-Length: 2\r\n" + headers + b"{}" if whole else headers

    attempt = met(wire, HEAD + rest)

    assert (attempt.fault.name, attempt.fault.phase) == (FaultName.TOO_LARGE, Phase.HEADERS)
    assert attempt.status is None


def test_headers_are_read_each_by_itself_whatever_the_others_hold(wire):
    said = [b"X-Empty:", b"X-A: \xe9\x85 ", b"x-twice: 1", b"X-Twice:  2\t", b"Content-Length: 2"]

    async def go():
        async with wire.serving(wire.saying(HEAD + b"\r\n".join(said) + b"\r\n\r\n{}")) as server:
            transport = HttpTransport()
            response = await transport.open(
                WireRequest(method="GET", url=server.url), Timeouts(connect_s=5, total_s=5)
            )
            found = response.headers, response.header("x-twice"), response.header("x-empty")
            await transport.aclose()
            return found

    headers, twice, empty = run(go())

    assert headers == (
        ("content-type", "application/json"), ("x-empty", ""), ("x-a", "\xe9"), ("x-twice", "1"),
        ("x-twice", "2"), ("content-length", "2"),
    )  # fmt: skip
    assert (twice, empty) == ("1, 2", "")


@pytest.mark.parametrize("head", [HEAD + b"X: ", HEAD + CHUNKED + b"0\r\nX: "])
def test_a_header_or_a_trailer_without_end_takes_no_memory(wire, head):
    timeouts = Timeouts(connect_s=1, first_byte_s=5, first_event_s=5, idle_s=5, total_s=5)

    async def go():
        async with wire.serving(dripping(head, b"y" * 65536, 0.0)) as server:
            return await wire.ask(server.url, timeouts=timeouts)

    attempt, peak = wire.memory_of(lambda: run(go()))

    assert attempt.fault.name is FaultName.TOO_LARGE
    assert peak < 16 * 1024 * 1024


def test_a_gzip_bomb_takes_no_memory(wire):
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    data = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    attempt, peak = wire.memory_of(lambda: met(wire, data, caps=Caps(body=1024 * 1024)))

    assert attempt.fault.name is FaultName.TOO_LARGE
    assert peak < 16 * 1024 * 1024


def test_a_compressed_stream_is_read_as_it_comes(wire):
    packed = gzip.compress(wire.STREAM)
    data = SSE + b"Content-Encoding: gzip\r\n" + CHUNKED + chunk(packed) + b"0\r\n\r\n"

    assert met(wire, data, stream=True).reply.text == "Test successful"


def test_a_reader_that_is_behind_pauses_the_sender(wire):
    """Of 64 MiB that are sent at once, only a buffer's worth is taken in unread."""
    sent = 0

    async def respond(reader, writer):
        nonlocal sent
        writer.write(HEAD + b"\r\n")
        for _ in range(1024):
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async def go():
        async with wire.serving(respond) as server:
            transport = HttpTransport()
            request = WireRequest(method="GET", url=server.url, max_body=1 << 30)
            response = await transport.open(request, wire.QUICK)
            await asyncio.sleep(0.3)
            held = sent
            await response.close()
            await transport.aclose()
            return held

    assert run(go()) < 32 * 1024 * 1024


def test_a_connection_is_used_again_after_a_clean_answer_and_only_then(wire):
    async def go(data):
        async with wire.serving(wire.saying(data, then="again")) as server:
            transport = HttpTransport()
            reused = []
            for _ in range(3):
                request = WireRequest(method="POST", url=server.url, body=b"{}")
                response = await transport.open(request, wire.QUICK)
                async for _piece in response.chunks():
                    pass
                reused.append(response.reused)
                await response.close()
                await asyncio.sleep(0.01)
            await transport.aclose()
            return reused, server.connections

    clean, dirty = wire.answer(b"{}"), wire.answer(b"{}") + b"HTTP/1.1 500 Mine\r\n\r\n"
    closing = wire.answer(b"{}", headers=(b"Connection: close",))
    assert run(go(clean)) == ([False, True, True], 1)
    for data in (dirty, wire.answer(b"{}") + b"garbage", closing):
        assert run(go(data)) == ([False, False, False], 3)


# A kernel has taken the first of them when the answer comes, perhaps the second, and never the third.
@pytest.mark.parametrize("size", [100_000, 1_000_000, 20_000_000])
def test_an_answer_that_comes_before_the_request_is_taken_ends_the_wait(wire, size):
    """A server that refuses a large body need not read it; what it left is no request of ours."""
    told, large = wire.answer(b'{"error":{}}', status=b"413 Too Large"), b"x" * size

    async def go():
        told_of = []
        refuse = wire.saying(told, then="hang")
        async with wire.serving(refuse, read=wire.read_head) as server:
            transport = HttpTransport()
            for _ in range(2):
                request = WireRequest(method="POST", url=server.url, body=large)
                response = await transport.open(request, wire.QUICK)
                body = b"".join([piece async for piece, _ in response.chunks()])
                told_of.append((response.status, body, response.reused))
                await response.close()
            await transport.aclose()
        return told_of

    assert run(go()) == [(413, b'{"error":{}}', False)] * 2


@pytest.mark.parametrize("closes", [True, False])
def test_a_connection_rests_after_a_stream_until_a_close_has_come(wire, closes):
    # llama.cpp promises to keep the connection, and closes it right behind the stream.
    async def respond(reader, writer):
        writer.write(HEAD + b"Keep-Alive: timeout=5\r\n" + CHUNKED + chunk(b"{}") + b"0\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.005)
        return "close" if closes else "again"

    async def go():
        async with wire.serving(respond) as server:
            transport = HttpTransport()
            reused = []
            for wait_s in (0, 0, SETTLE_S + 0.05, 0):
                request = WireRequest(method="POST", url=server.url, body=b"{}")
                response = await transport.open(request, wire.QUICK)
                assert b"".join([piece async for piece, _ in response.chunks()]) == b"{}"
                await response.close()
                reused.append(response.reused)
                await asyncio.sleep(wait_s)
            await transport.aclose()
            return reused

    reused = run(go())

    assert reused[-1] is not closes
    assert not (closes and any(reused))


def test_a_farewell_of_http2_is_told_in_its_own_words(wire):
    told = met(wire, SETTINGS + frame(8, bytes(4)) + GOAWAY).fault.detail
    quiet = met(wire, SETTINGS).fault.detail
    strange = met(wire, frame(7, bytes(4) + b"\x00\x00\x01\x00")).fault.detail

    assert told == "HTTP/2 GOAWAY, ENHANCE_YOUR_CALM: too_many_pings"
    assert quiet.startswith("HTTP/2 frames")
    assert strange == "HTTP/2 GOAWAY, error 256"


@pytest.mark.parametrize("data", [SETTINGS, SETTINGS + GOAWAY, GOAWAY])
def test_a_farewell_is_known_byte_by_byte(wire, data):
    async def respond(reader, writer):
        for at in range(len(data)):
            writer.write(data[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0.002)

    async def go():
        async with wire.serving(respond) as server:
            return await wire.ask(server.url)

    assert run(go()).fault.name is FaultName.GOAWAY


def test_a_farewell_on_a_connection_that_was_in_use_is_known(wire):
    answers = [wire.answer(b"{}"), GOAWAY]

    async def respond(reader, writer):
        writer.write(answers.pop(0))
        await writer.drain()
        return "again"

    async def go():
        async with wire.serving(respond) as server:
            transport = HttpTransport()
            request = WireRequest(method="GET", url=server.url)
            response = await transport.open(request, wire.QUICK)
            assert [piece async for piece, _ in response.chunks()]
            await response.close()
            with pytest.raises(WireError) as caught:
                await transport.open(request, wire.QUICK)
            await transport.aclose()
            return caught.value

    error = run(go())

    assert error.reused
    assert error.fault.name is FaultName.GOAWAY


def test_a_farewell_between_two_pieces_of_a_body_is_known(wire):
    async def respond(reader, writer):
        writer.write(HEAD + CHUNKED + chunk(b"{"))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(GOAWAY)
        await writer.drain()

    async def go():
        async with wire.serving(respond) as server:
            return await wire.ask(server.url)

    fault = run(go()).fault

    assert (fault.name, fault.phase) == (FaultName.GOAWAY, Phase.BODY)


def test_a_server_that_greets_in_http2_before_it_is_asked_is_known(wire):
    async def greet(gone, reader, writer):
        writer.write(SETTINGS)
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass
        writer.transport.abort()
        gone.put_nowait(writer)

    async def go():
        gone = asyncio.Queue()
        server = await asyncio.start_server(partial(greet, gone), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = [await wire.ask(f"http://127.0.0.1:{port}/v1") for _ in range(5)]
        for _ in found:
            await gone.get()
        server.close()
        await server.wait_closed()
        return found

    assert {attempt.fault.name for attempt in run(go())} == {FaultName.GOAWAY}


def test_a_second_answer_in_one_packet_changes_nothing_of_the_first(wire):
    attempt = met(wire, wire.answer(wire.GOOD) + wire.answer(b'{"error": "x"}', status=b"500 No"))

    assert attempt.status == 200
    assert attempt.reply.text == "Test successful"


def test_bytes_that_come_while_a_connection_rests_retire_it(wire):
    async def respond(reader, writer):
        writer.write(wire.answer(b"{}"))
        await asyncio.sleep(0.05)
        writer.write(wire.answer(b'{"choices": "stolen"}'))
        await writer.drain()
        return "again"

    async def go():
        async with wire.serving(respond) as server:
            transport = HttpTransport()
            for _ in range(2):
                response = await transport.open(
                    WireRequest(method="GET", url=server.url), wire.QUICK
                )
                body = b"".join([piece async for piece, _ in response.chunks()])
                await response.close()
                await asyncio.sleep(0.1)
                assert body == b"{}"
            await transport.aclose()
            return server.connections

    assert run(go()) == 2


def test_a_stale_connection_fails_once_and_the_next_try_is_on_a_fresh_one(wire):
    """The server drops every connection at its second request, as after an idle time."""
    counts = {}

    async def respond(reader, writer):
        counts[writer] = counts.get(writer, 0) + 1
        if counts[writer] == 2:
            return "close"
        writer.write(wire.answer(b"{}"))
        await writer.drain()
        return "again"

    async def go():
        async with wire.serving(respond) as server:
            transport = HttpTransport()
            request = WireRequest(method="GET", url=server.url)

            async def fetch():
                response = await transport.open(request, wire.QUICK)
                body = b"".join([piece async for piece, _ in response.chunks()])
                await response.close()
                return body

            await asyncio.gather(fetch(), fetch(), fetch())
            with pytest.raises(WireError) as caught:
                await fetch()
            assert caught.value.fault.name is FaultName.CLOSED
            assert caught.value.reused
            assert await fetch() == b"{}"
            await transport.aclose()

    run(go())


def test_two_hundred_requests_at_once_all_come_back(wire):
    async def respond(reader, writer):
        await asyncio.sleep(0.01)
        writer.write(wire.answer(wire.GOOD))
        await writer.drain()
        return "again"

    async def go():
        slow = Timeouts(connect_s=5, first_byte_s=5, total_s=10)
        async with wire.serving(respond) as server:
            transport = HttpTransport()

            async def one(number):
                request = WireRequest(method="POST", url=server.url, body=b"%d" % number)
                response = await transport.open(request, slow)
                body = b"".join([piece async for piece, _ in response.chunks()])
                await response.close()
                return body

            bodies = await asyncio.gather(*(one(n) for n in range(200)))
            await transport.aclose()
            return bodies, sorted(map(int, server.bodies))

    bodies, got = run(go())

    assert set(bodies) == {wire.GOOD}
    assert got == list(range(200))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("data", [b"", HEAD + b"Content-Length: 100\r\n\r\n{"])
def test_cancelling_closes_the_socket(wire, data, stream):
    async def go():
        gone, asked = asyncio.Event(), asyncio.Event()

        async def respond(reader, writer):
            asked.set()
            writer.write(data)
            await writer.drain()
            try:
                rest = await reader.read()
            except ConnectionError:
                rest = b""
            if not rest:
                gone.set()

        async with wire.serving(respond) as server:
            patient = Timeouts(connect_s=5, first_byte_s=9, first_event_s=9, idle_s=9, total_s=9)
            task = asyncio.create_task(wire.ask(server.url, stream=stream, timeouts=patient))
            await asked.wait()
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(gone.wait(), 1)

    run(go())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_and_the_key_stays_home(wire, status):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as other:
            data = b"HTTP/1.1 %d Moved\r\nLocation: %b/x\r\nContent-Length: 0\r\n\r\n" % (
                status, other.url.encode(),
            )  # fmt: skip
            async with wire.serving(wire.saying(data)) as server:
                attempt = await wire.ask(server.url)
            return attempt, other.connections

    attempt, reached = run(go())

    assert reached == 0
    assert attempt.status == status
    assert attempt.error.message.startswith("moved to http://127.0.0.1")


@pytest.mark.parametrize("key", ["sk-1234\r\nX-Evil: 1", "sk-1234\n", "sk-1234\0", "sk-é1234"])
def test_a_key_that_would_break_the_header_never_leaves(wire, key):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            return await wire.ask(server.url, key=key), server.connections

    attempt, reached = run(go())

    assert reached == 0
    assert attempt.fault.name is FaultName.UNSENDABLE
    assert "1234" not in repr(attempt)


def test_a_request_says_what_it_must_and_no_more(wire):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            await wire.ask(server.url)
            return server.heads[0].decode().split("\r\n"), server.port

    (first, *lines), port = run(go())

    assert first == "POST /v1/chat/completions HTTP/1.1"
    names = [line.split(":")[0].lower() for line in lines if line]
    assert sorted(names) == sorted(set(names))
    assert f"Host: 127.0.0.1:{port}" in lines
    assert "Authorization: Bearer sk-test-0123456789abcdef" in lines
    assert "cookie" not in names


def test_the_loopback_of_ipv6_is_reached(wire):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD)), host="::1") as server:
            return await wire.ask(server.url), server.heads[0], server.port

    attempt, head, port = run(go())

    assert attempt.reply.text == "Test successful"
    assert b"Host: [::1]:%d\r\n" % port in head


def test_a_password_in_a_url_is_not_kept(wire):
    attempt = run(wire.ask("http://user:hunter2hunter2@127.0.0.1:1/v1"))

    assert "hunter2" not in repr(attempt)
    assert attempt.url == "http://127.0.0.1:1/v1/chat/completions"
