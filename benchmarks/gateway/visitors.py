"""The loop of a provider that serves visitors: one thread, and no more work than it is asked for."""

from __future__ import annotations

import signal
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

import httptools

from benchmarks.gateway.sockets import LOOPBACK, Loop

GAP_S = 0.02
_IDLE_S = 1.0


class Visitor(ABC):
    """One connection, and the stream that runs over it."""

    def __init__(self, house: House, sock: socket.socket) -> None:
        self._house, self._sock = house, sock
        self._parser = httptools.HttpRequestParser(self)

    def read(self) -> None:
        """Takes what came; leaves where nothing will come any more."""
        try:
            data = self._sock.recv(65536)
            if not data:
                self.leave()
                return
            self.take(data)
        except (OSError, httptools.HttpParserError):
            self.leave()

    def take(self, data: bytes) -> None:
        """More bytes of a request."""
        self._parser.feed_data(data)

    @abstractmethod
    def on_message_complete(self) -> None:
        """Answers the request that is now whole."""

    @abstractmethod
    def next_sent(self) -> bool:
        """Sends what is due now; whether another chunk is due a gap later."""

    def send_next(self, due: float) -> None:
        """Sends what is due now, and has the next one sent a gap later."""
        try:
            if self.next_sent():
                self._house.later.append((due + GAP_S, self))
        except OSError:
            # Gone, or so slow that the kernel takes no more.
            self.leave()

    def leave(self) -> None:
        """Ends it."""
        self._house.loop.remove(self._sock)
        self._sock.close()


class House:
    """The server; `visit` makes the visitor of each connection."""

    def __init__(self, visit: Callable[[House, socket.socket], Visitor]) -> None:
        self.loop = Loop()
        # Every gap is the same, so those who wait stand in the order of their turns.
        self.later: deque[tuple[float, Visitor]] = deque()
        self._visit = visit
        self._listener = socket.create_server((LOOPBACK, 0), backlog=4096)
        self._listener.setblocking(False)
        self.loop.add(self._listener, self._accept)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def run(self) -> None:
        """Serves until standard input ends, which it does with whoever started this."""
        self.loop.add(sys.stdin, self._stop)
        self._running = True
        while self._running:
            self.loop.turn(self._send_due())

    def _send_due(self) -> float:
        """Sends every chunk whose turn has come; returns the seconds until the next one's."""
        while self.later:
            due, visitor = self.later[0]
            wait_s = due - time.monotonic()
            if wait_s > 0:
                return min(wait_s, _IDLE_S)
            self.later.popleft()
            visitor.send_next(due)
        return _IDLE_S

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop.add(sock, self._visit(self, sock).read)

    def _stop(self) -> None:
        self._running = False


def serve(visit: Callable[[House, socket.socket], Visitor]) -> None:
    """Tells on standard output where it listens, then serves until standard input ends."""
    house = House(visit)
    print(house.port, flush=True)
    # A terminal's Ctrl-C is for whoever started this, and ends this with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    house.run()
