"""A client process: our own client, so many answers at once, and what it reports of each.

    python -m benchmarks.accuracy.asker '{"url": ..., "at_once": 64, ...}'

Says `ready`, waits for a line, asks, and prints what it found as one JSON document. `plant` puts a
fault into this client, to show that the comparison finds it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from gatewayz.client import HttpClient, HttpTransport, Network, WireRequest, WireResponse
from gatewayz.client.connection import Connection
from gatewayz.client.stamps import StampedSocket
from gatewayz.core import ChatRequest, Gateway
from gatewayz.core.attempt import Attempt
from gatewayz.core.garbage import collect_seldom
from gatewayz.core.timeouts import Timeouts
from gatewayz.simulator.paced import Pace

PLANTED_S = 0.001
# How chunks are split: the number of tokens is not the number of chunks.
SPLITS = ((1,), (3,), (1, 2, 5))
_TOTAL_S = 300.0

_sent: ContextVar[list[float]] = ContextVar("sent")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What one client process asks for.

    at_once   so many answers at any time; each of them `repeats` times, one after the other
    chunks    of each streamed answer, `gap_s` apart; the first, or the whole answer, after `first_s`
    plant     "", "late-read" (each second read waits for 1 ms before it is stamped), or "late-stamp"
              (each second stamp is 1 ms late)
    """

    url: str
    at_once: int
    repeats: int
    chunks: int
    gap_s: float
    first_s: float
    stream: bool
    kernel_stamps: bool
    ca_file: str = ""
    plant: str = ""

    @property
    def takes_s(self) -> float:
        """How long an answer takes."""
        return self.first_s + self.gap_s * self.chunks * self.stream

    def pace(self, number: int) -> Pace:
        """What the so-manieth asks for."""
        split = SPLITS[number % len(SPLITS)]
        tokens = sum(split[at % len(split)] for at in range(self.chunks))
        return Pace(tokens=tokens, chunk=split, gap_s=self.gap_s, first_s=self.first_s)


class NotingTransport:
    """Carries requests, and notes when each was sent: an attempt tells only how long after its start."""

    def __init__(self, inner: HttpTransport) -> None:
        self._inner = inner

    async def open(self, request: WireRequest, timeouts: Timeouts) -> WireResponse:
        response = await self._inner.open(request, timeouts)
        _sent.get().append(response.times.sent or 0.0)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def told(attempt: Attempt, sent: list[float], at: int) -> dict[str, Any]:
    """What an attempt reports, its moments on the monotonic clock in seconds."""
    timing, reply = attempt.timing, attempt.reply
    if attempt.fault is not None or reply is None or not sent or timing.sent_s is None:
        return {"problem": attempt.fault.name.value if attempt.fault else "no answer"}
    zero = sent[-1] - timing.sent_s
    return {
        "id": reply.id,
        "sent": sent[-1],
        "first": timing.first_token_s and zero + timing.first_token_s,
        "chunks": [zero + moment for moment in timing.chunks_s],
        "last": timing.last_byte_s and zero + timing.last_byte_s,
        "tokens": reply.usage.output_tokens if reply.usage else None,
        "chunk_count": timing.chunk_count,
        "by": timing.stamped_by,
        "held_up_s": timing.held_up_s,
        "asker": at,
    }


async def ask(order: Order, go: Callable[[], None]) -> dict[str, Any]:
    """Asks what is ordered once `go` returns.

    Shape: {"answers": [told ...], "cpu_s": seconds of CPU, "took_s": seconds}.
    """
    network = Network(ca_file=order.ca_file)
    transport = NotingTransport(HttpTransport(network, kernel_stamps=order.kernel_stamps))
    client = HttpClient(
        keys=lambda _: None, timeouts=Timeouts(total_s=_TOTAL_S), transport=transport
    )
    gateway = Gateway(name="golden", base_url=order.url)
    answers: list[dict[str, Any]] = []

    async def once(number: int, pace: Pace) -> None:
        sent: list[float] = []
        _sent.set(sent)
        request = ChatRequest(
            messages=({"role": "user", "content": f"Count, please ({number})."},),
            max_tokens=pace.tokens,
            stream=order.stream,
        )
        attempt = await client.attempt(gateway, pace.model, request)
        answers.append(told(attempt, sent, number))

    async def again_and_again(number: int) -> None:
        await asyncio.sleep(order.takes_s * number / order.at_once)
        for _ in range(order.repeats):
            await once(number, order.pace(number))

    try:
        await once(0, Pace(tokens=3, gap_s=0.01, first_s=0.01))  # imports and caches
        answers.clear()
        gc.collect()
        collect_seldom()
        go()
        began, used = time.monotonic(), time.process_time()
        await asyncio.gather(*map(again_and_again, range(order.at_once)))
        cpu_s, took_s = time.process_time() - used, time.monotonic() - began
        return {"answers": answers, "cpu_s": cpu_s, "took_s": took_s}
    finally:
        await client.aclose()


def _plant(kind: type[Any], begins: str, reads: str, late: Callable[..., Any]) -> None:
    """Has each second call of `reads` since the last one of `begins` be late."""
    begin, read = getattr(kind, begins), getattr(kind, reads)
    counts: dict[int, int] = {}

    def begun(self: Any) -> Any:
        counts[id(self)] = 0
        return begin(self)

    def planted(self: Any, *given: Any) -> Any:
        counts[id(self)] += 1
        return (late if counts[id(self)] % 2 == 0 else read)(self, *given)

    setattr(kind, begins, begun)
    setattr(kind, reads, planted)


def _plant_late_read() -> None:
    def late(read: Callable[..., Any]) -> Callable[..., Any]:
        def planted(self: Connection, *given: Any) -> Any:
            time.sleep(PLANTED_S)
            return read(self, *given)

        return planted

    # By asyncio, and in rounds of our own.
    _plant(Connection, "reset", "buffer_updated", late(Connection.buffer_updated))
    _plant(Connection, "reset", "read_in_round", late(Connection.read_in_round))


def _plant_late_stamp() -> None:
    receive = StampedSocket.receive

    def late(self: StampedSocket, *given: Any) -> tuple[int, float]:
        count, moment = receive(self, *given)
        return count, moment + PLANTED_S

    _plant(StampedSocket, "begin", "receive", late)


PLANTS: Mapping[str, Callable[[], None]] = {
    "": lambda: None,
    "late-read": _plant_late_read,
    "late-stamp": _plant_late_stamp,
}


def main() -> None:
    """The program of one client process."""
    order = Order(**json.loads(sys.argv[1]))
    PLANTS[order.plant]()

    def go() -> None:
        print("ready", flush=True)
        sys.stdin.readline()

    json.dump(asyncio.run(ask(order, go)), sys.stdout)


if __name__ == "__main__":
    main()
