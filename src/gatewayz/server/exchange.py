"""One request and its answer on a connection of `serve`, as ASGI has it."""

from __future__ import annotations

import asyncio
import http
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from starlette.types import Message, Scope

from gatewayz.server.callers import WHEN_GONE

if TYPE_CHECKING:
    from gatewayz.server.protocol import Protocol

# So much of a body waits here for the app to read it.
HIGH_WATER = 64 * 1024
_WITHOUT_BODY = (204, 304)
_STATUS_LINES = {
    one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in http.HTTPStatus
}


class Exchange:
    """What the app is called with: `receive` and `send`.

    `whole` says that the request has come to its end, `answered` that some of the answer is out. An
    answer's head waits for the first piece of its body, and they go out together.
    """

    __slots__ = (
        "_chunked", "_ended", "_given", "_gone", "_head", "_left", "_protocol", "_scope", "_task",
        "_unread", "_waiter", "_when_gone", "answered", "keep_alive", "transport", "whole",
    )  # fmt: skip

    def __init__(self, protocol: Protocol, scope: Scope, *, keep_alive: bool) -> None:
        self.transport = protocol.transport
        self.keep_alive = keep_alive
        self.whole = self.answered = False
        self._protocol = protocol
        self._scope = scope
        self._task: asyncio.Task[None] | None = None
        self._unread = b""
        self._given = self._gone = self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._when_gone: Callable[[], None] | None = None
        self._head = b""
        self._chunked = False
        self._left = 0

    # What the protocol calls.

    def begin(self) -> None:
        """Calls the app."""
        self._scope[WHEN_GONE] = self.when_gone
        self._task = self._protocol.loop.create_task(self._run())
        self._protocol.state.tasks.add(self._task)

    def take(self, body: bytes) -> None:
        """A piece of the request's body."""
        if not self._ended:
            self._unread += body
            if len(self._unread) > HIGH_WATER:
                self.transport.pause_reading()
            self._wake()

    def complete(self) -> None:
        """The request's end."""
        self.whole = True
        self._wake()

    def lost(self) -> None:
        """The client has left."""
        self._gone = True
        self._wake()
        if self._when_gone is not None and not self._ended:
            self._when_gone()

    # What the app calls.

    def when_gone(self, tell: Callable[[], None]) -> None:
        """Calls back when the client leaves before its answer is out."""
        self._when_gone = tell
        if self._gone:
            tell()

    async def receive(self) -> Message:
        """The request's body, then the client's leaving or the answer's end."""
        while not (self._gone or self._ended):
            if self._unread or (self.whole and not self._given):
                body, self._unread, self._given = self._unread, b"", self.whole
                self.transport.resume_reading()
                return {"type": "http.request", "body": body, "more_body": not self.whole}
            if not self.whole and not self.answered and (b"expect", b"100-continue") in self._asks:
                self._asks.remove((b"expect", b"100-continue"))
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._waiter = self._protocol.loop.create_future()
            await self._waiter
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """The answer's head, or a piece of its body."""
        if self._protocol.is_paused:
            await self._protocol.drained()
        if self._gone:
            return
        if message["type"] == "http.response.start":
            self._start(message["status"], message["headers"])
        else:
            self._write(message.get("body", b""), more=message.get("more_body", False))

    def _start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        fields = [*self._protocol.state.default_headers, *headers]
        named = dict(fields)
        if b"close" in named.get(b"connection", b"").lower():
            self.keep_alive = False
        elif not self.keep_alive:
            fields.append((b"connection", b"close"))
        length = named.get(b"content-length")
        if self._scope["method"] == "HEAD" or status in _WITHOUT_BODY:
            self._left = -1
        elif length is not None:
            self._left = int(length)
        else:
            self._chunked = True
            fields.append((b"transfer-encoding", b"chunked"))
        self._head = head_of(status, fields)

    def _write(self, body: bytes, *, more: bool) -> None:
        if self._chunked:
            data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if not more:
                data += b"0\r\n\r\n"
        elif self._left < 0:
            data = b""
        else:
            data = body
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the answer is not as long as its content-length says")
        if self._head:
            data, self._head = self._head + data, b""
            self.answered = True
        if data:
            self.transport.write(data)
        if not more:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._wake()
        self._protocol.ended(self)

    async def _run(self) -> None:
        try:
            await self._protocol.app(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            pass  # the server is stopping
        except Exception:
            logging.getLogger("uvicorn.error").exception("the app let an error through")
        finally:
            if self._task is not None:
                self._protocol.state.tasks.discard(self._task)
            # What refers to this in a circle would wait for the garbage collector.
            self._when_gone = None
            self._scope = {}
            if not self._ended and not self._gone:
                # Broken off: only so does the client learn that its answer is not whole.
                self.transport.close()

    @property
    def _asks(self) -> list[tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = self._scope["headers"]
        return headers

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def head_of(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The status line and headers. Raises: RuntimeError for one that would break the frame."""
    lines = b"".join([b"%b: %b\r\n" % field for field in headers])
    if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers) or b"\0" in lines:
        raise RuntimeError("a header's value holds what no header may")
    first = _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    return first + lines + b"\r\n"
