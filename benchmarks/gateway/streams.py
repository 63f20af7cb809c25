"""Paced streams: how late each chunk comes, by the stamp that the upstream put into it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from benchmarks.gateway.load import Asked, Caller, StampedCaller
from benchmarks.gateway.sockets import Loop
from benchmarks.gateway.upstream import STAMP, STAMP_BYTES
from benchmarks.gateway.visitors import GAP_S

# What is still on its way when the last stream should have ended gets this long.
_DRAIN_S = 0.5


@dataclass
class Streamed:
    """What came of a number of streams.

    `first_s` are the times to the first chunk, `lag_s` from each chunk's leaving to its coming,
    both in seconds; lags and `chunks` are those of the time in which all streams ran.
    """

    wanted: int = 0
    chunks: int = 0
    ended: int = 0
    refused: int = 0
    first_s: list[float] = field(default_factory=list)
    lag_s: list[float] = field(default_factory=list)


class StampReader:
    """Finds the stamps in a stream's bytes, also where one is cut between two reads."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, data: bytes) -> list[int]:
        """The stamps that are whole now, in nanoseconds."""
        data = self._rest + data
        found, end = [], 0
        for match in STAMP.finditer(data):
            found.append(int(match[1]))
            end = match.end()
        self._rest = data[max(end, len(data) - STAMP_BYTES + 1) :]
        return found


class _Listener(StampedCaller):
    """One stream."""

    def __init__(self, loop: Loop, port: int, seen: Streamed, window: _Window) -> None:
        super().__init__(loop, port, self._ended)
        self._seen, self._window = seen, window
        self._stamps = StampReader()
        self._has_begun = False

    def _receive(self) -> bytes:
        data = super()._receive()
        for stamp in self._stamps.read(data):
            if not self._has_begun:
                self._has_begun = True
                self._seen.first_s.append((self.came_ns - self.sent_ns) / 1e9)
            if self._window.is_open:
                self._seen.chunks += 1
                self._seen.lag_s.append((self.came_ns - stamp) / 1e9)
        return data

    def _ended(self, _: Caller) -> None:
        self._seen.ended += 1
        self._seen.refused += self.status != HTTPStatus.OK


@dataclass
class _Window:
    """Whether all streams run now."""

    is_open: bool = False


def paced_streams(
    asked: Asked, count: int, *, ramp_s: float, measure_s: float, mark: Callable[[], None]
) -> Streamed:
    """Streams that begin one after the other in `ramp_s`, and then all run for `measure_s`.

    `mark` is called when the count of chunks begins and when it ends.
    """
    loop, window = Loop(), _Window()
    seen = Streamed(wanted=round(count * measure_s / GAP_S))
    chunks = round((ramp_s + measure_s) / GAP_S) + 1
    request = asked.streamed(chunks)
    callers: list[_Listener] = []
    try:
        callers += [_Listener(loop, asked.port, seen, window) for _ in range(count)]
        began = time.monotonic()
        for number, caller in enumerate(callers):
            loop.turn_until(began + ramp_s * number / count)
            caller.send(request)
        loop.turn_until(began + ramp_s)
        mark()
        window.is_open = True
        loop.turn_until(began + ramp_s + measure_s)
        window.is_open = False
        mark()
        loop.turn_until(time.monotonic() + ramp_s + _DRAIN_S, lambda: seen.ended == count)
    finally:
        for caller in callers:
            caller.close()
        loop.close()
    return seen
