"""One client of the golden sender, the answer under way to it, and the entry of the log."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httptools

from gatewayz.core import ConfigError
from gatewayz.simulator.paced import Pace, Wording, pace_of, said_at_once

_READ = 65536
_MOST_BYTES = 16 * 1024 * 1024
_PAGE_S = 10.0
_NS = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class Golden:
    """One answer, and when its parts were really sent.

    id            also the answer's own, so that both sides can be put together
    received_ns   when the request was whole
    sent          (tokens, due, before, after) of each write, in order: 0 tokens in the opening and in the
                  ending of a stream. The bytes left between `before` and `after`
    ended         "kept", "client left" or "too slow"; "" while it is answered
    Moments are nanoseconds of the monotonic clock.
    """

    id: str
    stream: bool
    received_ns: int
    usage: Mapping[str, int]
    sent: list[tuple[int, int, int, int]] = field(default_factory=list)
    ended: str = ""

    def line(self) -> bytes:
        """The entry as a line of JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values, separators=(",", ":")).encode() + b"\n"


class Sender(Protocol):
    """Who reads for a visitor, and calls it when its turn to send has come."""

    log: deque[Golden]

    def count(self) -> int:
        """The number of a new answer."""
        ...

    def later(self, due_s: float, visitor: Visitor) -> None:
        """Has a visitor send at a moment of the monotonic clock."""
        ...

    def forget(self, sock: socket.socket) -> None:
        """Reads no more from a connection that is about to be closed."""
        ...

    def page(self, method: bytes, path: bytes) -> bytes:
        """The answer to what is no chat."""
        ...


class Visitor:
    """One connection, and the answer that is under way on it."""

    def __init__(self, sender: Sender, sock: socket.socket) -> None:
        self._sender, self._sock = sender, sock
        self._parser = httptools.HttpRequestParser(self)
        self._target, self._body = b"", b""
        self._unanswered = 0
        self._golden: Golden | None = None
        self._steps: Iterator[tuple[int, float, bytes]] = iter(())
        self._next: tuple[int, bytes] = (0, b"")

    # What the sender and the parser call.

    def read(self) -> None:
        """Bytes of a request, or the end of the connection."""
        try:
            # Beneath TLS this shakes hands too, and may hold more than one record.
            while data := self._sock.recv(_READ):
                self._unanswered += len(data)
                if self._unanswered > _MOST_BYTES:
                    break
                self._parser.feed_data(data)
                if not isinstance(self._sock, ssl.SSLSocket) or not self._sock.pending():
                    return
            self.leave("client left")
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.leave("client left")

    def on_message_begin(self) -> None:
        """A request starts."""
        self._target, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._target += url

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """A request is whole."""
        received_ns = time.monotonic_ns()
        self._unanswered = 0
        if self._golden is not None:
            self.leave("client left")  # it asks again before it is answered
            return
        method, path = self._parser.get_method(), self._target.partition(b"?")[0]
        if method == b"POST" and path.endswith(b"/chat/completions"):
            self._answer(received_ns)
        else:
            self._send_whole(self._sender.page(method, path))

    def send_due(self, due_s: float) -> None:
        """Sends what is due now, and has the next part sent in its time."""
        golden = self._golden
        if golden is None:
            return
        tokens, data = self._next
        before = time.monotonic_ns()
        is_sent = self._send(data)
        golden.sent.append((tokens, int(due_s * _NS), before, time.monotonic_ns()))
        if is_sent:
            self._go_on(due_s)

    def leave(self, why: str) -> None:
        """Ends the connection."""
        if self._golden is not None:
            self._golden.ended = why
            self._golden = None
        self._sender.forget(self._sock)
        self._sock.close()

    # Answering.

    def _answer(self, received_ns: int) -> None:
        try:
            body = json.loads(self._body)
            pace = pace_of(str(body["model"]))
        except (ValueError, KeyError, TypeError) as error:
            self._send(refusal(400, f"the body is not understood: {error!r}"))
            return
        except ConfigError as error:
            self._send(refusal(404, str(error)))
            return
        stream = body.get("stream") is True
        wording = Wording(self._sender.count(), body, pace)
        golden = Golden(id=wording.id, stream=stream, received_ns=received_ns, usage=wording.usage)
        self._sender.log.append(golden)
        self._golden = golden
        if stream:
            self._steps = _streamed(pace, wording)
        else:
            self._steps = iter(((pace.tokens, pace.first_s, wording.whole()),))
        self._go_on(received_ns / _NS)

    def _go_on(self, last_due_s: float) -> None:
        step = next(self._steps, None)
        if step is None:
            if self._golden is not None:
                self._golden.ended = "kept"
            self._golden = None
            return
        tokens, wait_s, data = step
        self._next = (tokens, data)
        self._sender.later(last_due_s + wait_s, self)

    def _send_whole(self, data: bytes) -> None:
        """A page that may be long; nobody is measured meanwhile."""
        try:
            self._sock.settimeout(_PAGE_S)
            self._sock.sendall(data)
            self._sock.setblocking(False)
        except OSError:
            self.leave("client left")

    def _send(self, data: bytes) -> bool:
        """Whether the kernel took it all: who lets so much pile up is beyond measuring."""
        try:
            taken = self._sock.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError):
            taken = 0
        except OSError:
            self.leave("client left")
            return False
        if taken < len(data):
            self.leave("too slow")
        return taken == len(data)


def _streamed(pace: Pace, wording: Wording) -> Iterator[tuple[int, float, bytes]]:
    """The parts of a stream: tokens, seconds after the part before, bytes."""
    yield 0, 0.0, wording.opening()
    wait_s = pace.first_s
    for size in pace.sizes:
        yield size, wait_s, wording.said(size)
        wait_s = pace.gap_s
    yield 0, wait_s, wording.ending()


def refusal(status: int, message: str) -> bytes:
    """An error in OpenAI's form, as a whole answer."""
    return said_at_once(status, {"error": {"message": message, "type": "invalid_request_error"}})
