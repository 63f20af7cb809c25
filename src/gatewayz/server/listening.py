"""A listening socket of several processes, which share out the connections that come; the end of any."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from gatewayz.server.accounts import Running

# For how long a connection is left to a worker that has fewer, which may be busy, or not be there.
_LEFT_S: Final = 0.001
# What was left longer ago than that was taken by somebody.
_FORGOTTEN_S: Final = 10 * _LEFT_S
# Without a handle or memory for one more, it is tried again so much later.
_SHORT_OF: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE_S: Final = 1.0
_BACKLOG: Final = 2048

Make = Callable[[], asyncio.BaseProtocol]


async def take_the_last(server: Any) -> None:
    """Closes what a server of uvicorn's listens on, behind the last connection that waits there.

    Closed while some wait, the kernel would reset them, though their requests may lie there whole.
    Anything else than such a server is left alone.
    """
    taken: list[socket.socket] = []
    for listener in getattr(server, "servers", ()):
        # Some loops hand out nothing that takes connections; and the first close ends what they hold.
        doubles: list[socket.socket] = []
        with suppress(OSError):  # without a handle for it, those who wait are reset
            listens_on = getattr(listener, "sockets", ())
            doubles.extend(socket.socket(fileno=os.dup(one.fileno())) for one in listens_on)
        listener.close()
        for double in doubles:
            with double:
                taken += _all_that_wait(double)
    if not taken:
        return
    loop, config = asyncio.get_running_loop(), server.config
    make = partial(
        config.http_protocol_class,
        config=config,
        server_state=server.server_state,
        app_state=server.lifespan.state,
    )
    for one in taken:
        one.setblocking(False)
        with suppress(OSError):  # it has left before it was looked at
            await loop.connect_accepted_socket(make, one, ssl=config.ssl)


def _all_that_wait(bound: socket.socket) -> list[socket.socket]:
    bound.setblocking(False)
    taken: list[socket.socket] = []
    # Until none waits, or there is no handle for more.
    with suppress(OSError):
        while True:
            taken.append(bound.accept()[0])
    return taken


class SharedListener:
    """Takes one connection at a time, and leaves it to others for a moment where they have fewer.

    An event loop's own server takes all connections that wait as soon as it wakes, and a client that
    keeps its connections leaves them where they are: the others would then have none to serve.
    `connections` counts those of each worker; their protocols tell of their end.
    """

    def __init__(self, bound: socket.socket, connections: Running) -> None:
        self._bound = bound
        self._connections = connections
        self._left_at = 0.0
        self._arriving: set[asyncio.Task[object]] = set()

    def start(self, make: Make) -> None:
        """Begins to listen, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._make = make
        self._bound.setblocking(False)
        self._bound.listen(_BACKLOG)
        self._listen()

    def lost(self) -> None:
        """A connection has come to its end."""
        self._connections.end()

    def close(self) -> None:
        """Takes all that wait, also what others might take, and no more."""
        if self._bound.fileno() < 0:
            return
        self._loop.remove_reader(self._bound)
        for taken in _all_that_wait(self._bound):
            self._hand(taken)
        self._bound.close()

    async def wait_closed(self) -> None:
        """Returns when those that were just taken are with their protocols."""
        await asyncio.gather(*self._arriving, return_exceptions=True)

    def _listen(self) -> None:
        if self._bound.fileno() >= 0:
            self._loop.add_reader(self._bound, self._take_one)

    def _take_one(self) -> None:
        """Called each time the loop comes round, for as long as a connection waits."""
        if self._leaves_it():
            return
        try:
            taken, _ = self._bound.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another has it, or it has left again
        except OSError as error:
            if error.errno not in _SHORT_OF:
                raise
            self._loop.remove_reader(self._bound)
            self._loop.call_later(_PAUSE_S, self._listen)
            return
        self._hand(taken)

    def _hand(self, taken: socket.socket) -> None:
        taken.setblocking(False)
        self._connections.begin()
        task = self._loop.create_task(self._hand_over(taken))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _hand_over(self, taken: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make, taken)
        except OSError:  # it has left before it was looked at
            taken.close()
            self.lost()

    def _leaves_it(self) -> bool:
        if not self._connections.has_more_than_another:
            return False
        now = time.monotonic()
        if now - self._left_at > _FORGOTTEN_S:
            self._left_at = now
        return now - self._left_at < _LEFT_S
