"""Many sockets read in one go, rather than each by a turn of the event loop.

asyncio takes a callback and six calls to read a socket, and every time that a process is woken costs
more than the read itself. Here the loop is told that something has come, and all that has come is read;
where very much comes, that is done once a millisecond. What the kernel has stamped loses nothing by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
from collections.abc import Callable

from gatewayz.client.stamps import both_clocks

# Reads of which each is handed the clocks; says whether it was of a long stream, which may wait.
Read = Callable[[float, int], bool]

GATHER_S = 0.001
# How long what comes is counted, and from how much on in this time it is gathered.
_WINDOW_S = 0.05
_MANY = 50
# Of those that come, so many may be in haste.
_IN_HASTE = 0.25


class Rounds:
    """Reads what has come on any of its sockets. Of one event loop, on Linux (epoll)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._reads: dict[int, Read] = {}
        self._listens = False
        self._timer: asyncio.TimerHandle | None = None
        self._window_ends = 0.0
        self._patient = self._hasty = 0
        self._gathers = False

    def add(self, number: int, read: Read) -> None:
        """Reads a socket of this number by `read(now, wall_ns)` (as `both_clocks`), which raises nothing."""
        self._reads[number] = read
        self._epoll.register(number, select.EPOLLIN)
        self._go_on()

    def drop(self, number: int, read: Read) -> None:
        """Reads it no more by `read`, whether it is still open or not."""
        # A closed one's number may be another's by now.
        if self._reads.get(number) == read:
            del self._reads[number]
            with contextlib.suppress(OSError):
                self._epoll.unregister(number)
        if not self._reads:
            self._rest()

    def _go_on(self) -> None:
        """Has the next round come: when something comes, or in a moment."""
        if not self._reads:
            self._rest()
        elif self._gathers:
            self._ignore()
            if self._timer is None:
                self._timer = self._loop.call_later(GATHER_S, self._round)
        elif not self._listens and self._timer is None:
            self._listens = True
            self._loop.add_reader(self._epoll.fileno(), self._round)

    def _ignore(self) -> None:
        if self._listens:
            self._listens = False
            self._loop.remove_reader(self._epoll.fileno())

    def _rest(self) -> None:
        self._ignore()
        self._gathers = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _round(self) -> None:
        self._timer = None
        reads = self._reads
        now, wall_ns = both_clocks()
        try:
            for number, _ in self._epoll.poll(0):
                read = reads.get(number)
                if read is None:  # dropped by one before it
                    continue
                if read(now, wall_ns):
                    self._patient += 1
                else:
                    self._hasty += 1
        finally:
            if now >= self._window_ends:
                self._decide(now)
            self._go_on()

    def _decide(self, now: float) -> None:
        """Whether to gather from now on: much comes, and hardly any of it is in haste."""
        span_s = now - self._window_ends + _WINDOW_S
        enough = self._patient >= _MANY * span_s / _WINDOW_S
        self._gathers = enough and self._hasty <= _IN_HASTE * self._patient
        self._patient = self._hasty = 0
        self._window_ends = now + _WINDOW_S
