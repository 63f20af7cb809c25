"""Sizes have caps, memory does not grow with a stream, and nothing is taken from the surroundings."""

import asyncio
import gzip
import json
import math
import zlib

import pytest

from gatewayz.client import HttpClient
from gatewayz.client import http as client_http
from gatewayz.client.decoding import Misnamed, Unknown, decoder_for
from gatewayz.core import Gateway
from gatewayz.core import catalog as core_catalog
from gatewayz.core.attempt import FaultName
from gatewayz.core.catalog import MAX_PAGES, Catalog
from gatewayz.core.timeouts import Caps, Timeouts

MIB = 1024 * 1024
PATIENT = Timeouts(
    connect_s=10, first_byte_s=30, first_event_s=30, idle_s=30, error_body_s=10, total_s=50
)
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 55))


def listed(wire, respond, **options):
    async def go():
        async with wire.serving(respond) as server:
            catalog = Catalog(next_page=lambda document: document.get("next"))
            gateway = Gateway(name="here", base_url=server.url, catalog=catalog)
            client = HttpClient(keys=lambda _: "sk-0123456789abcdef", timeouts=PATIENT, **options)
            listing = await client.list_models(gateway)
            await client.aclose()
            return listing, server

    return run(go())


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_in_any_encoding_is_stopped_at_the_cap(wire, encoding, streamed):
    body = b"data: " + b" " * (64 * MIB)
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    data = SSE + b"Content-Encoding: %b\r\n\r\n" % encoding.encode() + packed

    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await wire.ask(
                server.url, stream=streamed, timeouts=PATIENT, caps=Caps(body=4 * MIB, event=MIB)
            )

    attempt, peak = wire.memory_of(lambda: run(go()))

    assert attempt.fault.name is FaultName.TOO_LARGE
    assert peak < 24 * MIB


LINES = {
    "comments": b":\n",
    "comments apart": b": x\n\n",
    "no fields": b"a\n\n",
    "ids": b"id: 1\n\n",
}


def packed(body, *, kind=b"text/event-stream"):
    """An answer of some kilobytes that is as large as this body."""
    small = gzip.compress(body)
    assert len(small) < 100_000
    head = SSE.replace(b"text/event-stream", kind) + b"Content-Encoding: gzip\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(small) + small


async def held_up(act):
    """What comes of `act`, and the longest time for which nothing else had its turn."""
    loop = asyncio.get_running_loop()
    longest, last = 0.0, loop.time()

    async def beat():
        nonlocal longest, last
        while True:
            longest, last = max(longest, loop.time() - last), loop.time()
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    try:
        return await act, max(longest, loop.time() - last)
    finally:
        beating.cancel()


# One kind of line is tried each time; the others, which take seconds, where there is time.
KINDS_OF_LINE = [
    pytest.param(line, id=name, marks=() if name == "ids" else pytest.mark.slow)
    for name, line in LINES.items()
]


@pytest.mark.parametrize("line", KINDS_OF_LINE)
def test_a_small_stream_that_unpacks_to_much_holds_nobody_up(wire, line):
    data = packed(line * (16 * MIB // len(line)))

    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await held_up(wire.ask(server.url, stream=True, timeouts=PATIENT))

    attempt, longest_s = run(go())

    assert attempt.body_bytes > 15 * MIB
    assert attempt.fault is None
    # Read in one go it is seconds; in steps it is milliseconds, and the rest is the machine's.
    assert longest_s < 1


@pytest.mark.parametrize("line", KINDS_OF_LINE)
def test_a_small_stream_that_unpacks_to_much_takes_little_memory(wire, line):
    data = packed(line * (8 * MIB // len(line)))

    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await wire.ask(server.url, stream=True, timeouts=PATIENT)

    attempt, peak = wire.memory_of(lambda: run(go()))

    assert attempt.body_bytes > 7 * MIB
    # A MiB of it is kept, in case it is no stream at all.
    assert peak < 6 * MIB


def test_what_unpacks_for_longer_than_the_time_there_is_ends_with_the_time(wire):
    data = packed(b"event: a\n\n" * (3 * MIB))
    hurried = Timeouts(total_s=0.3, first_event_s=0.2)

    async def go():
        async with wire.serving(wire.saying(data)) as server:
            began = asyncio.get_running_loop().time()
            attempt = await wire.ask(server.url, stream=True, timeouts=hurried)
            return attempt, asyncio.get_running_loop().time() - began

    attempt, took_s = run(go())

    assert (attempt.fault.name, attempt.fault.timer) == (FaultName.TIMEOUT, "first-event")
    assert attempt.body_bytes < 30 * MIB
    assert took_s < 5


MANY = {
    "choices": b'{"choices":[' + b"{}," * (8 * MIB) + b"{}]}",
    "models": b'{"data":[' + b'{"id":"a"},' * MIB + b"{}]}",
    "strings": b'{"data":[' + b'"",' * (3 * MIB) + b'""]}',
}


@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
def test_a_small_document_of_more_values_than_anybody_reads_is_not_parsed(wire, body):
    data = packed(body, kind=b"application/json")

    async def go():
        async with wire.serving(wire.saying(data)) as server:
            gateway = Gateway(name="here", base_url=server.url)
            client = HttpClient(keys=lambda _: "sk-0123456789abcdef", timeouts=PATIENT)
            attempt, longest_s = await held_up(wire.ask(server.url, timeouts=PATIENT))
            listing = await client.list_models(gateway)
            await client.aclose()
            return attempt, longest_s, listing

    (attempt, longest_s, listing), peak = wire.memory_of(lambda: run(go()))

    for one in (attempt, listing.attempts[0]):
        # The reader's cap on a list is half of that on an answer.
        assert one.fault.name is FaultName.TOO_LARGE
    assert "more than 1000000 values" in attempt.fault.detail
    assert longest_s < 2
    assert peak < 6 * len(body)


ENDLESS = {
    "one byte a chunk": b"1\r\n \r\n" * 3000,
    "stray lines": b"4\r\n{}\n\n\r\n" * 2000,
    "comments": b"5\r\n: x\n\n\r\n" * 2000,
    "chunks of an answer": b"2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n\r\n" * 500,
}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("block", ENDLESS.values(), ids=ENDLESS)
def test_a_sender_that_never_pauses_does_not_stretch_the_total(wire, block, streamed):
    async def endless(_request, writer):
        writer.write(SSE + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(block)
            await writer.drain()

    async def go():
        async with wire.serving(endless) as server:
            patient = Timeouts(first_event_s=20, idle_s=20, total_s=0.5)
            return await wire.ask(server.url, stream=streamed, timeouts=patient)

    attempt = run(go())

    assert attempt.fault.name is FaultName.TIMEOUT
    assert attempt.fault.timer == "total"
    assert attempt.timing.total_s < 5


def test_only_encodings_are_asked_for_whose_decoder_is_bounded(wire):
    _, server = listed(wire, wire.saying(wire.answer(b'{"data": []}')))
    heads = list(server.heads)

    async def go(stream):
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            await wire.ask(server.url, stream=stream)
            heads.extend(server.heads)

    run(go(stream=False))
    run(go(stream=True))

    for head in heads:
        asked = head.decode().lower().split("accept-encoding: ")[1].split("\r\n")[0]
        assert not [
            e for e in asked.split(",") if isinstance(decoder_for(e, 1), Misnamed | Unknown)
        ]
    assert isinstance(decoder_for("zstd", 1), Unknown)


def test_a_stream_of_twenty_megabytes_takes_no_more_memory_than_a_short_one(wire):
    event = json.dumps({"id": "1", "choices": [{"index": 0, "delta": {"content": "x" * 8000}}]})
    block = (f": beat\n\ndata: {event}\n\nnot a field\n" * 8).encode()
    rounds = 20 * MIB // len(block) + 1

    async def respond(reader, writer):
        writer.write(SSE + b"\r\n")
        for _ in range(rounds):
            writer.write(block)
            await writer.drain()
        writer.write(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')

    async def go():
        async with wire.serving(respond) as server:
            return await wire.ask(
                server.url, stream=True, timeouts=PATIENT, caps=Caps(body=100 * MIB)
            )

    attempt, peak = wire.memory_of(lambda: run(go()))

    assert attempt.fault is None
    assert attempt.body_bytes > 20 * MIB
    assert attempt.reply.events == attempt.timing.chunk_count + 1 == rounds * 8 + 1
    assert len(attempt.reply.text) == 1_000_000
    assert attempt.reply.cut
    # One MB of text, its copies while it is cleaned, the socket's buffers.
    assert peak < 12 * MIB


def test_a_catalogue_beyond_its_cap_is_refused(wire):
    page = json.dumps({"data": [{"id": f"m{n}", "description": "x" * 1000} for n in range(100)]})

    listing, _ = listed(wire, wire.saying(wire.answer(page.encode())), caps=Caps(catalog=50_000))

    assert listing.attempts[0].fault.name is FaultName.TOO_LARGE
    assert (listing.models, listing.complete) == ((), False)


def endless_pages(wire, rows):
    count = [0]

    async def respond(reader, writer):
        count[0] += 1
        page = {"data": [{"id": f"{count[0]}-{n}"} for n in range(rows)],
                "next": f"?page={count[0]}"}  # fmt: skip
        writer.write(wire.answer(json.dumps(page).encode()))
        await writer.drain()
        return "again"

    return respond


def test_pages_without_end_are_left_at_a_limit(wire):
    listing, server = listed(wire, endless_pages(wire, 1))

    assert len(server.heads) == MAX_PAGES
    assert "models-truncated" in listing.oddities


@pytest.fixture
def few(monkeypatch):
    """How many entries are read at most, which is fewer here than it is for everybody."""
    for module in (core_catalog, client_http):
        monkeypatch.setattr(module, "MAX_ENTRIES", 2000)
    return 2000


def test_entries_without_end_are_left_at_a_limit(wire, few):
    rows = few // 4

    listing, server = listed(wire, endless_pages(wire, rows))

    assert len(server.heads) == 4
    assert listing.listed == few
    assert "models-truncated" in listing.oddities


def test_a_page_of_more_entries_than_are_read_says_so(wire, few):
    rows = b",".join(b'{"id":"m%d"}' % n for n in range(few + 1))

    listing, _ = listed(wire, wire.saying(wire.answer(b'{"data":[%b]}' % rows)))

    assert len(listing.models) == few
    assert listing.oddities == ("models-truncated",)
    assert listing.cut == "after 2000 of 2001 entries on one page"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_of_a_list_or_a_stream_is_followed_with_the_key(wire, status):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as other:
            data = b"HTTP/1.1 %d Moved\r\nLocation: %b/x\r\nContent-Length: 0\r\n\r\n" % (
                status, other.url.encode(),
            )  # fmt: skip
            async with wire.serving(wire.saying(data)) as server:
                streamed = await wire.ask(server.url, stream=True)
            return data, streamed, other

    data, streamed, other = run(go())
    listing, _ = listed(wire, wire.saying(data))

    assert other.connections == 0
    assert streamed.status == listing.attempts[0].status == status
    assert not listing.complete


def test_no_credential_comes_from_a_netrc_file(wire, tmp_path, monkeypatch):
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login me password sk-from-netrc-0123456789\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))

    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            attempt = await wire.ask(server.url, key=None)
            return attempt, server.heads[0]

    attempt, head = run(go())

    assert b"authorization" not in head.lower()
    assert b"netrc" not in head
    assert not attempt.had_key


class Coarse(asyncio.SelectorEventLoop):
    """A loop whose clock stands still for a fiftieth of a second at a time, as others do for a thousandth."""

    def time(self):
        return math.floor(super().time() * 50) / 50


def test_moments_are_exact_whatever_the_loop_tells(wire):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            return await wire.ask(server.url)

    with asyncio.Runner(loop_factory=Coarse) as runner:
        timing = runner.run(go()).timing

    assert 0 < timing.connect_s < timing.sent_s < timing.first_byte_s <= timing.total_s
    assert timing.connect_s % 0.02 > 1e-6
