"""Plain requests: as many as are answered over some connections, or at a fixed rate."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import httptools

from benchmarks.gateway.sockets import LOOPBACK, Loop, connected

_TIMEOUT_S = 10.0
_READ = 65536
_MOST_CONNECTIONS = 1024
_PATIENCE = 4
# The kernel says when bytes came, so that a busy reader does not count as the gateway's delay.
# (SO_TIMESTAMPNS of Linux, which Python has no name for.)
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("qq")
_PROMPT = "Tell me in two sentences what the fox thought when it came to the river and looked back."


class LoadError(Exception):
    """The gateway could not be put under load; the message says what it answered."""


@dataclass(frozen=True)
class Asked:
    """How a gateway wants to be asked."""

    port: int
    model: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> bytes:
        """A request for a whole answer."""
        return self._request({"max_tokens": 64})

    def streamed(self, chunks: int) -> bytes:
        """A request for a stream of so many chunks."""
        return self._request({"max_tokens": chunks, "stream": True})

    def _request(self, rest: dict[str, object]) -> bytes:
        messages = [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": _PROMPT},
        ]
        body = json.dumps({"model": self.model, "messages": messages, **rest}).encode()
        fields = {
            "host": f"{LOOPBACK}:{self.port}",
            "content-type": "application/json",
            "content-length": str(len(body)),
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + body


class Caller:
    """One connection to a gateway: sends a request, tells when the answer is whole."""

    def __init__(self, loop: Loop, port: int, done: Callable[[Caller], None]) -> None:
        self.status = 0
        self.failure = ""
        self.sent_ns = self.came_ns = 0
        self._loop, self._port, self._done = loop, port, done
        self._waiting = False
        self._connect()

    def send(self, request: bytes) -> None:
        """Sends a request over a connection that is idle. Raises: LoadError if it cannot."""
        try:
            if self._sock.fileno() < 0:
                self._connect()
            self._waiting = True
            self.sent_ns = time.time_ns()
            self._sock.send(request)
        except OSError as error:
            raise LoadError(f"cannot send: {error}") from error

    def close(self) -> None:
        """Ends the connection, whatever is under way."""
        self._waiting = False
        self._loop.remove(self._sock)
        self._sock.close()

    def on_message_complete(self) -> None:
        self._waiting = False
        self.status = self._parser.get_status_code()
        self._done(self)

    def read(self) -> None:
        """Takes what came. A connection that closes while it is idle is made anew when needed."""
        try:
            if data := self._receive():
                self._parser.feed_data(data)
                return
            self.failure = "the connection closed before the answer was whole"
        except (OSError, httptools.HttpParserError) as error:
            self.failure = str(error)
        was_waiting = self._waiting
        self.close()
        if was_waiting:
            self.status = 0
            self._done(self)

    def _receive(self) -> bytes:
        return self._sock.recv(_READ)

    def _connect(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        try:
            self._sock = connected(self._port, _TIMEOUT_S)
        except OSError as error:
            raise LoadError(f"cannot connect: {error}") from error
        self._loop.add(self._sock, self.read)


class StampedCaller(Caller):
    """One that knows from the kernel when the last bytes came."""

    def _connect(self) -> None:
        super()._connect()
        self._sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def _receive(self) -> bytes:
        data, ancillary, *_ = self._sock.recvmsg(_READ, 64)
        self.came_ns = came_ns(ancillary)
        return data


def came_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The kernel's moment of arrival in nanoseconds; now, where it told none."""
    for _, kind, value in ancillary:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(value[: _TIMESPEC.size])
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


class _Once(Caller):
    """One that keeps what it is told, to show it."""

    def __init__(self, loop: Loop, port: int) -> None:
        self.body = bytearray()
        self.is_answered = False
        super().__init__(loop, port, self._answered)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def _answered(self, _: Caller) -> None:
        self.is_answered = True


def ask_once(asked: Asked, request: bytes, wait_s: float) -> bytes:
    """One request, to see that the gateway answers at all; returns the body.

    Raises: LoadError with what it said, when that is not 200.
    """
    loop = Loop()
    caller = _Once(loop, asked.port)
    try:
        caller.send(request)
        loop.turn_until(time.monotonic() + wait_s, lambda: caller.is_answered)
    finally:
        _close(loop, [caller])
    if caller.status != HTTPStatus.OK:
        said = caller.failure or bytes(caller.body[:300]).decode(errors="replace")
        raise LoadError(f"answers {caller.status or 'nothing'} {said}".strip())
    return bytes(caller.body)


@dataclass
class Answered:
    """What came of requests: how many were sent at a rate, how many were answered, how often each
    status other than 200 came (0 where none did), and how long each of the others took."""

    sent: int = 0
    count: int = 0
    failed: Counter[int] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)

    def clear(self) -> None:
        """Forgets what came so far, as it does not count."""
        self.count = 0
        self.failed.clear()
        self.took_s.clear()


def closed_loop(
    asked: Asked, connections: int, *, warm_s: float, measure_s: float, mark: Callable[[], None]
) -> Answered:
    """Each connection asks again as soon as it is answered.

    The count begins when each has been answered once, and goes on until each could be twice: a slow
    gateway gets up to four times as long. `mark` is called when it begins and when it ends.
    Raises: LoadError when no connection can be had.
    """
    loop, request, answered = Loop(), asked.plain(), Answered()

    def again(caller: Caller) -> None:
        answered.count += 1
        if caller.status != HTTPStatus.OK:
            answered.failed[caller.status] += 1
        caller.send(request)

    def turn(least_s: float, count: int) -> None:
        began = time.monotonic()
        loop.turn_until(began + least_s)
        loop.turn_until(began + _PATIENCE * measure_s, lambda: answered.count >= count)

    callers = [Caller(loop, asked.port, again) for _ in range(connections)]
    try:
        for caller in callers:
            caller.send(request)
        turn(warm_s, connections)
        answered.clear()
        mark()
        turn(measure_s, 2 * connections)
        mark()
    finally:
        _close(loop, callers)
    return answered


def at_rate(
    asked: Asked, per_s: float, *, connections: int, measure_s: float, drain_s: float = 1.0
) -> Answered:
    """One request after the other at a fixed rate, whether the ones before are answered or not.

    A request goes over a connection that is idle; where none is, over a new one.
    """
    loop, request = Loop(), asked.plain()
    answered = Answered(sent=round(per_s * measure_s))
    idle: deque[Caller] = deque()
    callers: list[Caller] = []

    def done(caller: Caller) -> None:
        answered.count += 1
        if caller.status == HTTPStatus.OK:
            answered.took_s.append((caller.came_ns - caller.sent_ns) / 1e9)
        else:
            answered.failed[caller.status] += 1
        idle.append(caller)

    def send() -> None:
        if not idle:
            if len(callers) >= _MOST_CONNECTIONS:
                return  # Counts as one that was not answered.
            callers.append(StampedCaller(loop, asked.port, done))
            idle.append(callers[-1])
        idle.popleft().send(request)

    try:
        # The first request over a connection pays for its making, here and behind the gateway.
        for _ in range(connections):
            send()
        loop.turn_until(time.monotonic() + _TIMEOUT_S, lambda: answered.count >= connections)
        answered.clear()
        began = time.monotonic()
        for number in range(answered.sent):
            loop.turn_until(began + number / per_s)
            send()
        loop.turn_until(time.monotonic() + drain_s, lambda: answered.count >= answered.sent)
    finally:
        _close(loop, callers)
    return answered


def _close(loop: Loop, callers: list[Caller]) -> None:
    for caller in callers:
        caller.close()
    loop.close()
