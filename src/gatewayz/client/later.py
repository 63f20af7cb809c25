"""Work that may wait: done in short slices, so that what may not wait gets its turn between them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

# Reads of a socket in their order: what came, and its stamp.
Received = list[tuple[bytes, float]]

# By when it is done, where the loop has the time.
LATEST_S = 0.5
# So long the loop is held at most, and by one piece of work longer.
SLICE_S = 0.001


class Later:
    """Does what it is given, in its order and `LATEST_S` later, as long as the loop runs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._urgent: deque[Callable[[], None]] = deque()
        self._timer: asyncio.Handle | None = None
        self._turn: asyncio.Handle | None = None

    def add(self, work: Callable[[], None]) -> None:
        """One more piece of work, which is short and raises nothing."""
        due = time.monotonic() + LATEST_S
        self._waiting.append((due, work))
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._work)

    def hurry(self, work: Callable[[], None]) -> None:
        """As `add`, for what somebody waits for: as soon as the loop comes to it, one in a turn."""
        self._urgent.append(work)
        if self._turn is None:
            self._turn = self._loop.call_soon(self._work_on_urgent)

    def _work_on_urgent(self) -> None:
        self._urgent.popleft()()
        self._turn = self._loop.call_soon(self._work_on_urgent) if self._urgent else None

    def _work(self) -> None:
        waiting = self._waiting
        now = time.monotonic()
        until = now + SLICE_S
        while waiting and waiting[0][0] <= now < until:
            waiting.popleft()[1]()
            now = time.monotonic()
        self._timer = None
        if waiting:
            self._timer = self._loop.call_at(waiting[0][0], self._work)


class Unread:
    """What a connection has received and not read yet, each read of the socket with its stamp.

    It goes to `read`, all of it, when `read_all` says so, or when `later` comes to it.
    """

    def __init__(self, later: Later, read: Callable[[Received], None]) -> None:
        self._later, self._read = later, read
        self._received: Received = []
        self._size = 0
        self._hurries = False

    def __bool__(self) -> bool:
        return bool(self._received)

    def add(self, data: bytes, stamp: float) -> None:
        """More of it; what may be an end, and what becomes much, is read soon."""
        received = self._received
        if not received:
            self._later.add(self.read_all)
        received.append((data, stamp))
        self._size += len(data)
        if self._size > _TOO_MUCH:
            self.read_all()
        elif not self._hurries and (self._size > _MUCH or _may_end(data)):
            self._hurries = True
            self._later.hurry(self.read_all)

    def read_all(self) -> None:
        """Reads it, if there is any."""
        received, self._received = self._received, []
        self._size, self._hurries = 0, False
        if received:
            self._read(received)

    def end(self) -> None:
        """Reads what there is, and lets go of who read it, who mostly holds this in turn."""
        self.read_all()
        self._read = _by_nobody


# Bytes of one connection that wait: more than a stream of text brings in `LATEST_S`, and more than any
# is to keep.
_MUCH, _TOO_MUCH = 32 * 1024, 256 * 1024
# The end mark of a chunked body, or the second part of one that was cut, comes in so few bytes.
_SHORT = 32


def _by_nobody(_: Received) -> None:
    return


def _may_end(data: bytes) -> bool:
    """Whether an answer, or an event stream in it, may end with these bytes.

    A chunked body ends with an empty line, and events of a stream with one of line feeds alone.
    """
    return data.endswith(b"\r\n\r\n") or len(data) < _SHORT or b"[DONE]" in data
