"""Peers that no server wishes for. Each is one visit; many at a time, again and again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from benchmarks.soak.wire import PATIENCE_S, Line, Place, chat, head, line
from gatewayz.simulator import all_faults

SOUND = "groq/llama-3.3-70b-versatile"
SLOW = "groq/fault/slow-stream"
SILENT = "groq/fault/first-byte-timeout"
HEADERS_ONLY = "groq/fault/headers-then-silence"
FLOOD = "groq/fault/sse-huge-event;bytes=4000000"
# More than a kernel takes for one who reads nothing.
DELUGE = "groq/fault/sse-huge-event;bytes=12000000"
_STORY = "Tell a story of many sentences."

Visit = Callable[[Place, Random], Awaitable[None]]


def _leave(peer: Line, rng: Random) -> None:
    """Half of them say goodbye."""
    if rng.random() < 0.5:
        peer.reset()


async def leaves_while_the_provider_is_silent(place: Place, rng: Random) -> None:
    """Before the provider's headers."""
    async with line(place) as peer:
        await peer.send(chat(place, SILENT, stream=rng.random() < 0.5))
        await asyncio.sleep(rng.uniform(0, 1.5))
        _leave(peer, rng)


async def leaves_before_the_first_event(place: Place, rng: Random) -> None:
    """After the provider's headers, also when ours are out."""
    async with line(place) as peer:
        await peer.send(chat(place, HEADERS_ONLY, stream=rng.random() < 0.8))
        await asyncio.sleep(rng.uniform(0, 2.5))
        _leave(peer, rng)


async def leaves_in_the_middle(place: Place, rng: Random) -> None:
    """After some bytes of a stream."""
    async with line(place) as peer:
        await peer.send(chat(place, rng.choice((SLOW, SOUND, FLOOD)), _STORY, stream=True))
        await peer.reader.read(rng.randint(1, 3000))
        _leave(peer, rng)


async def leaves_at_any_moment(place: Place, rng: Random) -> None:
    """Whatever is going on then."""
    async with line(place) as peer:
        await peer.send(chat(place, SOUND, stream=rng.random() < 0.5))
        await asyncio.sleep(rng.expovariate(100))
        _leave(peer, rng)


async def reads_nothing(place: Place, rng: Random) -> None:
    """Asks for a flood, and leaves early or waits to be given up."""
    async with line(place, buffer=4096) as peer:
        stay_s = rng.choice((1, 5, PATIENCE_S))
        await peer.send(chat(place, DELUGE if stay_s == PATIENCE_S else FLOOD, stream=True))
        await asyncio.sleep(stay_s)
        assert stay_s < PATIENCE_S or peer.is_over(), "no end"


async def reads_drop_by_drop(place: Place, rng: Random) -> None:
    """Is slow, and honest."""
    async with line(place, buffer=4096) as peer:
        await peer.send(chat(place, rng.choice((FLOOD, SOUND)), _STORY, last=True, stream=True))
        for _ in range(rng.randint(5, 100)):
            if not await peer.reader.read(500):
                return
            await asyncio.sleep(0.05)


async def sends_half_a_head(place: Place, rng: Random) -> None:
    """And waits for an answer to it."""
    async with line(place) as peer:
        whole = chat(place, SOUND)
        await peer.send(whole[: rng.randint(0, 150)])
        if rng.random() < 0.5:
            await peer.ended()


async def sends_half_a_body(place: Place, rng: Random) -> None:
    """Says how long it is, and stops before."""
    async with line(place) as peer:
        await peer.send(head(place, "POST", "/v1/chat/completions", length=5000) + b'{"model": "')
        await asyncio.sleep(rng.uniform(0, 5))
        _leave(peer, rng)


async def sends_byte_by_byte(place: Place, rng: Random) -> None:
    """In no hurry."""
    async with line(place) as peer:
        for byte in chat(place, SOUND)[: rng.randint(50, 400)]:
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.02)
        _leave(peer, rng)


async def sends_garbage(place: Place, rng: Random) -> None:
    """Bytes by chance, behind nothing or a good beginning."""
    async with line(place) as peer:
        begun = rng.choice((b"", b"GET / HTTP/1.1\r\n", head(place, "GET", "/v1/models")))
        await peer.send(begun + rng.randbytes(rng.randint(1, 20_000)))
        await peer.ended()


async def sends_a_changed_request(place: Place, rng: Random) -> None:
    """A good one in which some bytes are others."""
    data = bytearray(chat(place, SOUND, stream=rng.random() < 0.5))
    for _ in range(rng.randint(1, 5)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    async with line(place) as peer:
        await peer.send(bytes(data))
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await peer.reader.read(2000)
        _leave(peer, rng)


async def sends_a_huge_head(place: Place, rng: Random) -> None:
    """Megabytes of it."""
    async with line(place) as peer:
        await peer.send(rng.choice((b"GET /", head(place, "GET", "/health")[:-2] + b"x-much: ")))
        for _ in range(200):
            await peer.send(b"a" * 16_384)
        await peer.ended()


async def sends_a_huge_body(place: Place, rng: Random) -> None:
    """More than is taken, its length told or not."""
    async with line(place) as peer:
        size = 11 * 1024 * 1024
        if rng.random() < 0.5:
            await peer.send(head(place, "POST", "/v1/chat/completions", length=size))
            for _ in range(size // 65_536):
                await peer.send(b"[" * 65_536)
        else:
            more = {"transfer_encoding": "chunked"}
            await peer.send(head(place, "POST", "/v1/chat/completions", **more))
            for _ in range(size // 65_536):
                await peer.send(b"10000\r\n" + b"a" * 65_536 + b"\r\n")
        answer = await peer.answer()
        assert answer.status == 413, answer.status


async def sends_odd_framing(place: Place, rng: Random) -> None:
    """Two lengths, or chunks that are none."""
    more = {"transfer_encoding": "chunked"}
    length = rng.choice((None, 5))
    async with line(place) as peer:
        await peer.send(head(place, "POST", "/v1/chat/completions", length=length, **more))
        await peer.send(rng.choice((b"zz\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"5\r\nabc")))
        _leave(peer, rng)


async def sends_many_at_once(place: Place, rng: Random) -> None:
    """Twenty requests in one piece, of which some answers are read."""
    async with line(place) as peer:
        asked = [
            rng.choice((chat(place, SOUND), chat(place, SILENT), head(place, "GET", "/health")))
            for _ in range(20)
        ]
        await peer.send(b"".join(asked))
        await peer.reader.read(rng.randint(1, 5000))
        _leave(peer, rng)


async def connects_and_resets(place: Place, rng: Random) -> None:
    """Says nothing."""
    async with line(place) as peer:
        await asyncio.sleep(rng.uniform(0, 0.01))
        peer.reset()


async def connects_and_stays(place: Place, rng: Random) -> None:
    """Says nothing until it is sent away, or has had enough."""
    async with line(place) as peer:
        if rng.random() < 0.5:
            await asyncio.sleep(1)
        else:
            await peer.ended()


async def asks_for_another_protocol(place: Place, rng: Random) -> None:
    """WebSocket, or HTTP/2."""
    async with line(place) as peer:
        to = rng.choice(("websocket", "h2c"))
        await peer.send(head(place, "GET", "/health", connection="Upgrade", upgrade=to))
        await peer.answer()
        await peer.send(rng.randbytes(30))
        _leave(peer, rng)


async def has_a_wrong_key(place: Place, rng: Random) -> None:
    """Or none, or a very long one."""
    key = rng.choice((f"gw-{rng.getrandbits(64):x}", "", "k" * 30_000))
    async with line(place) as peer:
        await peer.send(chat(Place(place.host, place.port, key), SOUND))
        answer = await peer.answer()
        assert answer.status == 401, answer.status


async def asks_for_what_is_not_there(place: Place, rng: Random) -> None:
    """Each time something else, so that nothing may be kept of it."""
    name = f"{rng.getrandbits(64):x}"
    asked = rng.choice(
        (
            chat(place, name),
            chat(place, f"{name}/{name}"),
            chat(place, SOUND, provider=name),
            chat(place, name, fallbacks=[name, name]),
            head(place, "GET", f"/models?gateway={name}"),
            head(place, "GET", f"/v1/models/{name}"),
            head(place, "GET", f"/{name}"),
            head(place, name.upper()[:3].translate(_LETTERS), "/health"),
            chat(place, f"groq/fault/{name}"),
        )
    )
    async with line(place) as peer:
        await peer.send(asked)
        answer = await peer.answer()
        assert 400 <= answer.status < 500, answer.status


_LETTERS = str.maketrans("0123456789", "GHIJKLMNOP")


async def sends_odd_documents(place: Place, rng: Random) -> None:
    """JSON that is none, or too deep, or of the wrong kind."""
    body = rng.choice(
        (
            b"[" * 100_000,
            b'{"model":' * 50_000,
            b"\xff\xfe",
            b"null",
            b'{"model": 1e999, "messages": []}',
            b'{"model": "groq/x", "messages": ' + b"9" * 50_000 + b"}",
            json.dumps({"model": SOUND, "messages": [], "x": "\ud800" * 1000}).encode(),
        )
    )
    async with line(place) as peer:
        await peer.send(head(place, "POST", "/v1/chat/completions", length=len(body)) + body)
        answer = await peer.answer()
        assert answer.status < 500, answer.status


async def meets_a_bad_provider(place: Place, rng: Random) -> None:
    """One that hangs, breaks, floods or lies; the answer must come to an end."""
    fault = rng.choice([*all_faults()])
    async with line(place) as peer:
        await peer.send(chat(place, f"groq/fault/{fault}", stream=rng.random() < 0.5))
        await peer.answer()


async def lists_and_leaves(place: Place, rng: Random) -> None:
    """Before the list is there."""
    async with line(place) as peer:
        await peer.send(head(place, "GET", rng.choice(("/v1/models", "/models?gateway=all"))))
        await asyncio.sleep(rng.expovariate(200))
        _leave(peer, rng)


HOSTILE: tuple[Visit, ...] = (
    asks_for_another_protocol,
    asks_for_what_is_not_there,
    connects_and_resets,
    connects_and_stays,
    has_a_wrong_key,
    leaves_at_any_moment,
    leaves_before_the_first_event,
    leaves_in_the_middle,
    leaves_while_the_provider_is_silent,
    lists_and_leaves,
    meets_a_bad_provider,
    reads_drop_by_drop,
    reads_nothing,
    sends_a_changed_request,
    sends_a_huge_body,
    sends_a_huge_head,
    sends_byte_by_byte,
    sends_garbage,
    sends_half_a_body,
    sends_half_a_head,
    sends_many_at_once,
    sends_odd_documents,
    sends_odd_framing,
)
