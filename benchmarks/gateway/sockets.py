"""Sockets of one thread, by epoll itself.

asyncio costs several microseconds for each event and its timers go by whole milliseconds; both
would show up in what is measured: a load that is busier than the gateway, and chunks that leave in
bursts.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from typing import Protocol

LOOPBACK = "127.0.0.1"
_SHORT_S = 0.1


class Readable(Protocol):
    """Anything with a handle: a socket, a pipe."""

    def fileno(self) -> int: ...


class Loop:
    """Calls whoever has something to read."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}

    def add(self, source: Readable, read: Callable[[], None]) -> None:
        """Calls `read` whenever there are bytes, a caller or an end."""
        self._readers[source.fileno()] = read
        self._epoll.register(source.fileno(), select.EPOLLIN)

    def remove(self, source: Readable) -> None:
        """No more calls for one that is about to be closed."""
        if self._readers.pop(source.fileno(), None) is not None:
            self._epoll.unregister(source.fileno())

    def turn(self, wait_s: float) -> None:
        """One round of calls; waits for the first of them, at most this long."""
        if 0 < wait_s < _SHORT_S:
            # epoll waits for whole milliseconds only, select for microseconds.
            select.select([self._epoll], [], [], wait_s)
            wait_s = 0
        for handle, _ in self._epoll.poll(wait_s):
            # One that another's call has closed is no longer there.
            if (read := self._readers.get(handle)) is not None:
                read()

    def turn_until(self, moment: float, reached: Callable[[], bool] = lambda: False) -> None:
        """Goes on calling until a moment of the monotonic clock, or until something is reached."""
        while (left := moment - time.monotonic()) > 0 and not reached():
            self.turn(left)

    def close(self) -> None:
        self._epoll.close()


def connected(port: int, timeout_s: float) -> socket.socket:
    """A connection to a server on this machine; reads and writes of it do not wait.

    Raises: OSError when nothing listens.
    """
    sock = socket.create_connection((LOOPBACK, port), timeout=timeout_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return sock
