"""A listening socket of several processes, which share out the connections that come."""

from __future__ import annotations

import socket
import time
from typing import Any, Final

from gatewayz.server.accounts import Running

# For how long a connection is left to a worker that has fewer, which may be busy, or not be there.
_LEFT_S: Final = 0.001
# What was left longer ago than that was taken by somebody.
_FORGOTTEN_S: Final = 10 * _LEFT_S


class SharedListener(socket.socket):
    """Takes one connection at a time, and leaves it to others for a moment where they have fewer.

    An event loop takes all connections that wait as soon as it wakes, and a client that keeps its
    connections leaves them where they are: the others would then have none to serve. `connections`
    counts those of each worker.
    """

    def __init__(self, bound: socket.socket, connections: Running) -> None:
        # With the protocol named, or asyncio does not know that it is TCP.
        super().__init__(bound.family, bound.type, bound.proto, fileno=bound.detach())
        self._connections = connections
        self._has_one = False
        self._left_at = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection; BlockingIOError until the loop has come round, or another has taken it."""
        if self._has_one or self._leaves_it():
            self._has_one = False
            raise BlockingIOError
        taken, address = super().accept()
        self._has_one = True
        return _Counted(self, taken.detach(), self._connections), address

    def _leaves_it(self) -> bool:
        if not self._connections.has_more_than_another:
            return False
        now = time.monotonic()
        if now - self._left_at > _FORGOTTEN_S:
            self._left_at = now
        return now - self._left_at < _LEFT_S


class _Counted(socket.socket):
    """A connection that is counted for as long as it is open."""

    def __init__(self, listener: socket.socket, handle: int, connections: Running) -> None:
        super().__init__(listener.family, listener.type, listener.proto, fileno=handle)
        self._connections: Running | None = connections
        connections.begin()

    def close(self) -> None:
        """Ends it, and counts it no more."""
        connections, self._connections = self._connections, None
        if connections is not None:
            connections.end()
        super().close()
