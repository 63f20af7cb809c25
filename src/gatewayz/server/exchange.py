"""One request and its answer on a connection of `serve`."""

from __future__ import annotations

import asyncio
import http
import logging
import time
from typing import TYPE_CHECKING

from starlette.types import Message, Scope

from gatewayz.server.callers import Caller
from gatewayz.server.headers import RawHeaders
from gatewayz.server.taking import reset

if TYPE_CHECKING:
    from gatewayz.server.protocol import Protocol

# So much of a body waits here to be read.
HIGH_WATER = 64 * 1024
_WITHOUT_BODY = (204, 304)
# An answer whose length nobody has said has as many bytes left, and no other comes near.
_ENDLESS = 1 << 62
_LONGEST = 1 << 61
_STATUS_LINES = {
    one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in http.HTTPStatus
}


class Exchange(Caller):
    """A client that is written to without a detour: no messages, and no wait where there is room.

    `whole` says that the request has come to its end, `answered` that some of the answer is out. An
    answer's head waits for the first piece of its body, and they go out together.
    """

    keep_alive = True
    whole = answered = False
    task: asyncio.Task[None] | None = None
    _unread = _head = b""
    _given = _lost = _ended = _chunked = False
    # For a go-ahead, until its body is first asked for.
    _may_wait = True
    _waiter: asyncio.Future[None] | None = None
    _left = 0

    def __init__(
        self, protocol: Protocol, method: str, path: str, headers: RawHeaders, query: bytes
    ) -> None:
        super().__init__(method, path, headers, protocol.peer)
        self._protocol = protocol
        self._query = query

    # What the protocol calls.

    def begin(self) -> None:
        """Its turn has come."""
        self.task = self._protocol.loop.create_task(self._run())
        self._protocol.state.tasks.add(self.task)

    def take(self, body: bytes) -> None:
        """A piece of the request's body."""
        if not self._ended:
            self._unread += body
            if len(self._unread) > HIGH_WATER:
                self._protocol.transport.pause_reading()
            self._wake()

    def complete(self) -> None:
        """The request's end."""
        self.whole = True
        self._wake()

    def lost(self) -> None:
        """The client has left."""
        self._lost = True
        self._wake()
        self.left()

    # What a caller does.

    def scope(self) -> Scope:
        """The request as ASGI has it."""
        protocol = self._protocol
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self.http_version,
            "scheme": protocol.scheme,
            "server": protocol.server,
            "client": protocol.client,
            "root_path": "",
            "method": self.method,
            "path": self.path,
            "query_string": self._query,
            "headers": self.headers,
        }

    async def receive(self) -> Message:
        """The request's body, then the client's leaving or the answer's end."""
        while not (self._lost or self._ended):
            if self._unread or (self.whole and not self._given):
                body, self._unread, self._given = self._unread, b"", self.whole
                self._protocol.transport.resume_reading()
                return {"type": "http.request", "body": body, "more_body": not self.whole}
            if self._may_wait and not (self.whole or self.answered):
                self._may_wait = False
                if self.awaits_go_ahead:
                    self._protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._waiter = self._protocol.loop.create_future()
            await self._waiter
        return {"type": "http.disconnect"}

    async def start(self, status: int, headers: RawHeaders) -> None:
        """The status and headers of an answer, which go out with what follows."""
        if self._head or self.answered:
            raise RuntimeError("the answer has begun already")
        named = dict(headers)
        length = named.get(b"content-length")
        if self.method == "HEAD" or status in _WITHOUT_BODY:
            self._left = -1
        elif length is not None:
            self._left = int(length)
        elif self.http_version == "1.0":
            # Which knows no chunks: the connection's end is the answer's.
            self._left = _ENDLESS
            self.keep_alive = False
        else:
            self._chunked = True
            headers = [*headers, (b"transfer-encoding", b"chunked")]
        if b"connection" in named:
            self.keep_alive = False  # an app says nothing of it but that it closes
        elif not self.keep_alive:
            headers = [*headers, (b"connection", b"close")]
        self.visit.status = status
        fields = [*self._protocol.state.default_headers, *self.all_headers(headers)]
        self._head = head_of(status, fields)

    async def write(self, piece: bytes) -> None:
        """More of an answer's body."""
        if self._protocol.is_paused:
            await self.room()
        self.put(piece)

    def put(self, piece: bytes) -> bool:
        """More of an answer's body, without a wait; False when `room` is to be waited for before more."""
        self._put(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked and piece else piece)
        return not self._protocol.is_paused

    async def end(self, piece: bytes = b"") -> None:
        """The last of an answer's body."""
        self._working = False
        if self._protocol.is_paused:
            await self.room()
        if self._chunked:
            last = b"%x\r\n%b\r\n0\r\n\r\n" % (len(piece), piece) if piece else b"0\r\n\r\n"
            self._put(last)
        else:
            self._put(piece)
            if 0 < self._left < _LONGEST:
                raise RuntimeError("the answer is shorter than its content-length says")
        if not self._ended:
            self._ended = True
            self._wake()
            self._protocol.ended(self)

    def watch_for_leaving(self) -> asyncio.Task[None] | None:
        """The protocol says so by itself; it may have done already."""
        if self._lost:
            self.left()
        return None

    def be_the_last(self) -> None:
        """Has the connection closed behind the answer, which says so, where it has not begun."""
        if not (self.answered or self._head):
            self.keep_alive = False

    def transport(self) -> asyncio.Transport | None:
        """What the answer is written to."""
        return self._protocol.transport

    async def room(self) -> None:
        """Returns once the client takes more."""
        self.waiting_since = time.monotonic()
        await self._protocol.drained()
        self.waiting_since = None

    def _put(self, data: bytes) -> None:
        if not self._chunked:
            if self._left < 0:
                data = b""
            elif (left := self._left - len(data)) < 0:
                raise RuntimeError("the answer is longer than its content-length says")
            else:
                self._left = left
        if self._head:
            data, self._head = self._head + data, b""
            self.answered = True
        if data and not self._lost:
            self._protocol.transport.write(data)

    async def _run(self) -> None:
        try:
            await self._protocol.door.answer(self)
        except asyncio.CancelledError:
            pass  # the server is stopping
        except Exception:
            logging.getLogger("uvicorn.error").exception("the app let an error through")
        finally:
            if self.task is not None:
                self._protocol.state.tasks.discard(self.task)
            if not self._ended and not self._lost:
                # Broken off: only so does the client learn that its answer is not whole.
                if self._left > _LONGEST:  # an end in good order would be the answer's
                    reset(self._protocol.transport)
                else:
                    self._protocol.close()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def head_of(status: int, headers: RawHeaders) -> bytes:
    """The status line and headers. Raises: RuntimeError for one that would break the frame."""
    lines = b"".join([b"%b: %b\r\n" % field for field in headers])
    if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers) or b"\0" in lines:
        raise RuntimeError("a header's value holds what no header may")
    first = _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    return first + lines + b"\r\n"
