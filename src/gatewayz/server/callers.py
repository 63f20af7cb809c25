"""Who is at the other end of a request: what it sends is read, answers go out, its leaving is noticed.

Clients that neither send nor read are given up, so that nobody's memory waits for them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Message, Receive, Scope, Send

from gatewayz.server import bodies
from gatewayz.server.visits import Visit

# Generous: a client behind a slow line takes some bytes in that time.
PATIENCE_S = 30.0
LOOK_EVERY_S = 1.0
SLOW_READER, SLOW_SENDER = "slow-reader", "slow-sender"
# A server that can call back when the client leaves has its way to do so in the scope under this
# name; with others a task waits for the news.
WHEN_GONE = "gatewayz.when_gone"

RawHeaders = list[tuple[bytes, bytes]]
T = TypeVar("T")


class ClientGone(Exception):
    """The client left before its answer was out."""


class Caller:
    """One request's client; made for each by the door, in the request's own task.

    `waiting_since` is set while the client takes nothing, `reading_since` while its body is awaited.
    What the server holds for it is one message and the little that is buffered below. `given_up`
    says why, once it was. `more_headers` go out beside an answer's own.
    """

    __slots__ = (
        "_buffered", "_gone", "_send", "_task", "_working", "given_up", "more_headers",
        "reading_since", "receive", "scope", "visit", "waiting_since",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        self.scope = scope
        self.visit = visit
        self.waiting_since: float | None = None
        self.reading_since: float | None = None
        self.given_up = ""
        self.more_headers: RawHeaders = []
        self.receive = receive
        self._send = send
        self._buffered = 0
        self._task = asyncio.current_task()
        self._working = self._gone = False

    # What the client sends.

    async def body(self, limit: int) -> bytes:
        """The request's body. Raises: Refusal, 413 and 408; ClientGone."""
        self.reading_since = began = time.monotonic()
        try:
            data = await bodies.read(self._message, self.scope["headers"], limit)
        except asyncio.CancelledError:
            if self.given_up == SLOW_SENDER and self._no_more_cancelled():
                raise bodies.too_late() from None
            raise
        self.reading_since = None
        self.visit.waited_s = time.monotonic() - began
        return data

    async def _message(self) -> Message:
        """The next message, as ASGI has it. Raises: ClientGone in the place of its disconnect."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message

    async def while_here(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result; the body must have been read.

        When the client leaves first, the work is cancelled and has cleaned up before this raises.
        Raises: ClientGone, and whatever the work raises.
        """
        self._working = True
        when_gone: Callable[[Callable[[], None]], None] | None = self.scope.get(WHEN_GONE)
        watch = None
        if when_gone is not None:
            when_gone(self._left)
        else:
            watch = asyncio.ensure_future(self._hears_of_leaving())
        try:
            return await work
        except asyncio.CancelledError:
            if self._gone and self._no_more_cancelled():
                raise ClientGone from None
            raise
        finally:
            self._working = False
            if watch is not None:
                watch.cancel()

    async def _hears_of_leaving(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self._left()

    def _left(self) -> None:
        # Servers say so of a client that was answered, too.
        if self._working and self._task is not None:
            self._gone = True
            self._task.cancel()

    def _no_more_cancelled(self) -> bool:
        """Takes our own cancelling back; False where somebody else cancels, too."""
        return self._task is None or self._task.uncancel() == 0

    # What it is sent.

    async def answer(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """A whole answer; the headers hold its length."""
        await self.start(status, headers)
        await self.end(body)

    async def start(self, status: int, headers: RawHeaders) -> None:
        """The status and headers of an answer."""
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, piece: bytes) -> None:
        """More of an answer's body."""
        await self.send({"type": "http.response.body", "body": piece, "more_body": True})

    async def end(self, piece: bytes = b"") -> None:
        """The last of an answer's body."""
        self._working = False
        await self.send({"type": "http.response.body", "body": piece})

    async def send(self, message: Message) -> None:
        """One message, as ASGI has it."""
        if message["type"] == "http.response.start":
            visit = self.visit
            visit.status = message["status"]
            message["headers"] = [
                *message["headers"], *self.more_headers, (b"x-request-id", visit.id.encode("ascii")),
            ]  # fmt: skip
        self.waiting_since = time.monotonic()
        await self._send(message)
        self.waiting_since = None

    # When it does neither.

    def is_too_slow(self, now: float, patience_s: float) -> str:
        """In what the client is too slow, "" when it is not."""
        if self.reading_since is not None and now - self.reading_since > bodies.BODY_S:
            return SLOW_SENDER
        since = self._waits_since(now)
        return SLOW_READER if since is not None and now - since > patience_s else ""

    def _waits_since(self, now: float) -> float | None:
        """When the client last took something, None while nothing waits for it."""
        if self.waiting_since is not None and (transport := self._transport()) is not None:
            buffered = transport.get_write_buffer_size()
            if buffered < self._buffered:
                self.waiting_since = now
            self._buffered = buffered
        return self.waiting_since

    def give_up(self, why: str) -> None:
        """Ends the work for it."""
        self.given_up = why
        if self._task is not None:
            self._task.cancel()

    async def abort(self) -> None:
        """Ends the connection without waiting for what is still buffered.

        Closing waits for the client to take it, which is what it does not do.
        """
        self.cut()
        await asyncio.sleep(0)  # the server hears of it

    def cut(self) -> None:
        """Ends the connection at once; the server hears of it in its next turn."""
        if (transport := self._transport()) is not None:
            transport.abort()

    def _transport(self) -> asyncio.WriteTransport | None:
        """ASGI has no word for this; uvicorn's is reached by way of its `send`."""
        found: asyncio.WriteTransport | None
        found = getattr(getattr(self._send, "__self__", None), "transport", None)
        return found


def caller_of(scope: Scope) -> Caller:
    """Whose request it is, once it came through the door."""
    found: Caller = scope["gatewayz.caller"]
    return found


Answering = Callable[[Caller], Awaitable[None]]


class Callers:
    """All whose requests are under way. `patience_s` is how long one may take nothing."""

    def __init__(self, patience_s: float = PATIENCE_S, look_every_s: float = LOOK_EVERY_S) -> None:
        self.here: set[Caller] = set()
        self._patience_s = patience_s
        self._look_every_s = look_every_s

    def cut_all(self) -> None:
        """Ends the connections of all answers under way."""
        for caller in self.here:
            caller.cut()

    async def watch(self) -> None:
        """Looks from time to time, for as long as it is let."""
        while True:
            await asyncio.sleep(self._look_every_s)
            now = time.monotonic()
            for caller in tuple(self.here):
                if not caller.given_up and (why := caller.is_too_slow(now, self._patience_s)):
                    caller.give_up(why)
