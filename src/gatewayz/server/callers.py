"""Who is at the other end of a request: what it sends is read, answers go out, its leaving is noticed.

Clients that neither send nor read are given up, so that nobody's memory waits for them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from starlette.types import Message, Receive, Scope, Send

from gatewayz.server import bodies, heads
from gatewayz.server.headers import RawHeaders
from gatewayz.server.silent import Silent
from gatewayz.server.taking import TELLS, Taking, has_hung_up, reset, waits_unread
from gatewayz.server.visits import Visit

# Generous: a client behind a slow line takes some bytes in that time.
PATIENCE_S = 30.0
LOOK_EVERY_S = 1.0
# Within a second a provider is to hear of it, too.
SEE_OFF_EVERY_S = 0.25
# An answer that goes on is looked at less often: so many times until the patience is at its end.
_LOOKS = 6
# Of what is sent ahead of an answer so much may wait. It must fit into what any kernel takes unread:
# behind more than that the client's leaving would not be told.
MOST_AHEAD = 16 * 1024
SLOW_READER, SLOW_SENDER = "slow-reader", "slow-sender"

T = TypeVar("T")


class ClientGone(Exception):
    """The client left before its answer was out."""


class Caller(ABC):
    """One request and its client, in the request's own task.

    `named` are the last of its headers of each name; `peer` is the client's address, None where it
    has none. `waiting_since` is set while there is no room for more, `reading_since` while its body is
    awaited; `given_up` says why, once it was.
    `says_too_much` is for a head beyond its limit, where no server has refused it; `target` is what the
    request line asks for, where it is known; `body_is_lost` where the server has not kept the body.
    `may_yet_send` are the bytes of a body that are thrown away behind an answer which did not wait for it.
    `more_headers` go out beside an answer's own, and `for_page` where a web page may read it. `look`,
    while it is set, is called about once a second with the time. What the server holds for a client that
    does not read is one message and the little that is buffered below.
    """

    visit: Visit
    task: asyncio.Task[Any] | None
    # As they are at first, and mostly stay.
    waiting_since: float | None = None
    reading_since: float | None = None
    given_up = ""
    says_too_much = body_is_lost = False
    may_yet_send = 0
    http_version = "1.1"
    target = b"/"
    more_headers: tuple[tuple[bytes, bytes], ...] = ()
    for_page: tuple[tuple[bytes, bytes], ...] = ()
    look: Callable[[float], None] | None = None
    _taking: Taking | None = None
    _look_at = 0.0
    # Where the connection closes behind the answer, and it takes a header to say so.
    _closing: tuple[tuple[bytes, bytes], ...] = ()
    _working = _gone = False

    def __init__(self, method: str, path: str, headers: RawHeaders, peer: str | None) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.named = dict(headers)
        self.peer = peer

    # What each kind of server does in its own way.

    @abstractmethod
    def scope(self) -> Scope:
        """The request as ASGI has it."""

    @abstractmethod
    def receive(self) -> Awaitable[Message]:
        """The next message, as ASGI has it."""

    @abstractmethod
    async def start(self, status: int, headers: RawHeaders) -> None:
        """The status and headers of an answer; with some servers they go out with what follows."""

    @abstractmethod
    async def write(self, piece: bytes) -> None:
        """More of an answer's body."""

    @abstractmethod
    def put(self, piece: bytes) -> bool:
        """More of an answer's body, without a wait; False when `room` is to be waited for before more."""

    @abstractmethod
    async def room(self) -> None:
        """Returns once the client takes more."""

    @abstractmethod
    async def end(self, piece: bytes = b"") -> None:
        """The last of an answer's body."""

    @abstractmethod
    def watch_for_leaving(self) -> asyncio.Task[None] | None:
        """Sees to it that `left` is called when the client leaves; the task that does, if it takes one."""

    @abstractmethod
    def be_the_last(self) -> None:
        """Has the connection closed behind the answer, which says so.

        One that has begun cannot say so any more, and its client may ask again behind it: the server closes
        that connection when it closes all that ask nothing.
        """

    @abstractmethod
    def transport(self) -> asyncio.Transport | None:
        """What the answer is written to, where it can be had."""

    # What is common to all.

    async def body(self, limit: int) -> bytes:
        """The request's body. Raises: Refusal, 413 and 408; ClientGone."""
        self.reading_since = began = time.monotonic()
        try:
            if bodies.length_in(self.named) > limit:
                if self.awaits_go_ahead:
                    self.may_yet_send = 4 * limit
                    raise bodies.not_to_be_sent(limit)
                raise await bodies.too_large(self._message, limit)
            message = await self.receive()
            data: bytes = message.get("body", b"")
            if len(data) > limit or message.get("more_body", True):  # seldom
                data = await bodies.whole(_here(message), self._message, limit)
        except asyncio.CancelledError:
            if self.given_up == SLOW_SENDER and self._no_more_cancelled():
                raise bodies.too_late() from None
            raise
        self.reading_since = None
        self.visit.waited_s = time.monotonic() - began
        return data

    @property
    def awaits_go_ahead(self) -> bool:
        """Whether the client asks before it sends the request's body; HTTP/1.0 has no word for it."""
        if self.http_version == "1.0":
            return False
        return self.named.get(b"expect", b"").lower() == b"100-continue"

    async def _message(self) -> Message:
        return _here(await self.receive())

    async def while_here(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result; the body must have been read.

        When the client leaves first, the work is cancelled and has cleaned up before this raises.
        Raises: ClientGone, and whatever the work raises.
        """
        self._working = True
        watch = self.watch_for_leaving()
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

    def has_left(self) -> bool:
        """Whether the client has left, where nobody calls `left`: looked at from time to time."""
        return False

    def left(self) -> None:
        """The client has left: whatever is worked at for it ends."""
        # Servers say so of a client that was answered, too.
        if self._working and self.task is not None and not self._gone:
            self._gone = True
            self.task.cancel()

    def left_with_all(self) -> bool:
        """Takes it back that the client's leaving has ended the work; False where something else has."""
        return self._gone and self._no_more_cancelled()

    def _no_more_cancelled(self) -> bool:
        """Takes our own cancelling back; False where somebody else cancels, too."""
        return self.task is None or self.task.uncancel() == 0

    async def answer(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """A whole answer; the headers hold its length."""
        await self.start(status, headers)
        await self.end(body)

    async def answer_ahead(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """A whole answer to who may be sending, go-ahead or not, and would see a reset if it closed now."""
        await self.start(status, headers)
        await self.write(body)
        await bodies.throw_away(self.receive, self.may_yet_send)
        await self.end()

    async def send(self, message: Message) -> None:
        """One message of an answer, as ASGI has it."""
        if message["type"] == "http.response.start":
            await self.start(message["status"], message["headers"])
        elif message.get("more_body", False):
            await self.write(message.get("body", b""))
        else:
            await self.end(message.get("body", b""))

    def all_headers(self, headers: RawHeaders) -> RawHeaders:
        """An answer's own headers, and those that all have."""
        own_id = (b"x-request-id", self.visit.id.encode("ascii"))
        return [*headers, *self.more_headers, *self.for_page, own_id, *self._closing]

    @property
    def asks_beforehand(self) -> bool:
        """Whether a browser asks if a page that may use this server can send what it wants to."""
        is_asking = self.method == "OPTIONS" and b"access-control-request-method" in self.named
        return is_asking and bool(self.for_page)

    # When it does neither send nor read.

    def is_too_slow(self, now: float, patience_s: float) -> str:
        """In what the client is too slow, "" when it is not."""
        if self.reading_since is not None and now - self.reading_since > bodies.BODY_S:
            return SLOW_SENDER
        if self.waiting_since is None:
            if not TELLS or now < self._look_at:
                return ""
            self._look_at = now + patience_s / _LOOKS
        since = self._takes_nothing_since(now)
        return SLOW_READER if since is not None and now - since > patience_s else ""

    def _takes_nothing_since(self, now: float) -> float | None:
        """When the client last took something, None while nothing waits for it."""
        if (transport := self.transport()) is None:
            return self.waiting_since
        if self._taking is None:
            self._taking = Taking()
        return self._taking.none_since(transport, now)

    def give_up(self, why: str) -> None:
        """Ends the work for it."""
        self.given_up = why
        if self.task is not None:
            self.task.cancel()

    async def abort(self) -> None:
        """Ends the connection without waiting for what is still buffered.

        Closing waits for the client to take it, which is what it does not do.
        """
        if (transport := self.transport()) is not None:
            reset(transport)
        await asyncio.sleep(0)  # the server hears of it

    def cut(self) -> None:
        """Ends the connection at once; the server hears of it in its next turn."""
        if (transport := self.transport()) is not None:
            transport.abort()


def _path_in(scope: Scope) -> str:
    """The path below the place where the app stands: ASGI's has that in front."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    below = path.removeprefix(root)
    if below.startswith("/"):
        return below
    return f"/{below}" if root.endswith("/") and below != path else path


def _here(message: Message) -> Message:
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


class OverAsgi(Caller):
    """A client as any ASGI server has it."""

    _waiting = b""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        peer = client[0] if client else None
        super().__init__(scope["method"], _path_in(scope), scope["headers"], peer)
        self.says_too_much = heads.size_of(scope) > heads.MAX_HEADER_BYTES
        self._receive = receive
        self._scope = scope
        self._send = send
        self.http_version = scope.get("http_version", "1.1")
        # ASGI has no word for them; uvicorn's are reached by way of its `send`.
        self._cycle = getattr(send, "__self__", None)
        self._flow: Any = getattr(self._cycle, "flow", None)
        transport: asyncio.Transport | None = getattr(self._cycle, "transport", None)
        self._transport = transport
        protocol: Any = None if transport is None else transport.get_protocol()
        # Told which loop it is, asyncio need not ask the kernel whether this process was forked.
        self.task = asyncio.current_task(getattr(protocol, "loop", None))
        if transport is not None:
            self._ask_uvicorn(transport, protocol)

    def scope(self) -> Scope:
        """The request as ASGI has it."""
        return self._scope

    def receive(self) -> Awaitable[Message]:
        """The next message, as ASGI has it."""
        return self._receive()

    async def start(self, status: int, headers: RawHeaders) -> None:
        """The status and headers of an answer."""
        self.visit.status = status
        fields = self.all_headers(headers)
        await self._pass({"type": "http.response.start", "status": status, "headers": fields})

    async def write(self, piece: bytes) -> None:
        """More of an answer's body."""
        await self._pass({"type": "http.response.body", "body": piece, "more_body": True})

    def put(self, piece: bytes) -> bool:
        """More of an answer's body. ASGI sends by waiting only, but uvicorn waits for a slow client alone."""
        flow = self._flow
        if flow is None or flow.write_paused or self._waiting or self.waiting_since is not None:
            self._waiting += piece
            return False
        sending = self._send({"type": "http.response.body", "body": piece, "more_body": True})
        _without_a_wait(sending)
        return not flow.write_paused

    async def room(self) -> None:
        """Sends what was put and waits, and returns once the client takes more."""
        if self._waiting:
            piece, self._waiting = self._waiting, b""
            await self.write(piece)
        elif self._flow is not None:
            self.waiting_since = time.monotonic()
            await self._flow.drain()
            self.waiting_since = None

    async def end(self, piece: bytes = b"") -> None:
        """The last of an answer's body."""
        self._working = False
        piece, self._waiting = self._waiting + piece, b""
        await self._pass({"type": "http.response.body", "body": piece})

    async def answer(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """A whole answer; the headers hold its length."""
        self.visit.status = status
        self._working = False
        send, fields = self._send, self.all_headers(headers)
        self.waiting_since = time.monotonic()
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        self.waiting_since = None

    async def _pass(self, message: Message) -> None:
        self.waiting_since = time.monotonic()
        await self._send(message)
        self.waiting_since = None

    def be_the_last(self) -> None:
        """Says so in the header, by which uvicorn goes."""
        self._closing = ((b"connection", b"close"),)

    def watch_for_leaving(self) -> asyncio.Task[None] | None:
        """A task that waits for the server's word, where its transport cannot be asked."""
        transport = self.transport()
        # Behind a large body uvicorn reads on only when it is asked for more.
        if transport is not None and transport.is_reading():
            return None
        return asyncio.ensure_future(self._hears_of_leaving())

    def has_left(self) -> bool:
        """Whether the server has closed the connection of a request that is under way."""
        transport = self.transport()
        if transport is None or transport.is_closing():
            return transport is not None
        # Behind a request that was sent ahead uvicorn reads no more, and would hear of nothing.
        is_deaf = self._working and not transport.is_reading()
        if is_deaf and (has_hung_up(transport) or waits_unread(transport) > MOST_AHEAD):
            transport.abort()  # so that uvicorn hears of it; the next look does, too
        return False

    async def _hears_of_leaving(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left()

    def _ask_uvicorn(self, transport: asyncio.Transport, protocol: Any) -> None:
        """What ASGI has no word for: the whole target, and whether an offered Upgrade cost the body.

        uvicorn's parser takes what follows such an offer for another protocol, and then for the next
        request. This runs before uvicorn reads on, so nothing is read there any more.
        """
        # Of what was sent ahead the protocol tells of the last alone.
        if getattr(protocol, "cycle", None) is self._cycle:
            self.target = getattr(protocol, "url", self.target)
        if b"upgrade" in self.named and self._has_body() and _has_upgraded(protocol):
            self.body_is_lost = True
            transport.pause_reading()

    def _has_body(self) -> bool:
        named = self.named
        return (
            b"transfer-encoding" in named or named.get(b"content-length", b"0").strip(b"0") != b""
        )

    def transport(self) -> asyncio.Transport | None:
        """Where the server is uvicorn."""
        return self._transport


def _without_a_wait(sending: Awaitable[None]) -> None:
    """Takes a step of a coroutine, which is to be its last."""
    steps = sending.__await__()
    try:
        next(steps)
    except StopIteration:
        return
    raise RuntimeError("uvicorn's send waits though its client is not behind")


def _has_upgraded(protocol: Any) -> bool:
    parser = getattr(protocol, "parser", None)
    return parser is not None and bool(parser.should_upgrade())


def caller_of(scope: Scope) -> Caller:
    """Whose request it is, once it came through the door."""
    found: Caller = scope["gatewayz.caller"]
    return found


Answering = Callable[[Caller], Awaitable[None]]


@contextmanager
def _whoever_else_there_is() -> Iterator[None]:
    """Of a look at one client: whatever goes wrong there, the others are looked at, and it again."""
    try:
        yield
    except Exception:
        logging.getLogger("uvicorn.error").exception("a client could not be looked at")


class _Last(set[Caller]):
    """Those who are under way, and those who come, once the server was told to stop."""

    def add(self, caller: Caller) -> None:
        """One more."""
        caller.be_the_last()
        super().add(caller)


class Callers:
    """All whose requests are under way, and the connections on which none is, which are `silent`.

    `patience_s` is how long one may take nothing.
    """

    def __init__(self, patience_s: float = PATIENCE_S, look_every_s: float = LOOK_EVERY_S) -> None:
        self.here: set[Caller] = set()
        self.silent = Silent()
        self._patience_s = patience_s
        self._look_every_s = look_every_s

    def be_the_last(self) -> None:
        """From now on each connection closes behind its answer."""
        for caller in self.here:
            caller.be_the_last()
        self.here = _Last(self.here)

    def end_all(self) -> None:
        """Ends all work under way; each tells its client why."""
        for caller in self.here:
            if caller.task is not None:
                caller.task.cancel()

    def cut_all(self) -> None:
        """Ends the connections of all answers under way."""
        for caller in self.here:
            caller.cut()

    def close_all(self) -> None:
        """Ends every connection, also those of which the answer has ended and is not taken."""
        self.cut_all()
        self.silent.cut_all()

    async def watch(self) -> None:
        """Looks from time to time, for as long as it is let."""
        while True:
            await asyncio.sleep(self._look_every_s)
            now = time.monotonic()
            with _whoever_else_there_is():
                self.silent.look(now, self._patience_s)
            for caller in tuple(self.here):
                with _whoever_else_there_is():
                    if not caller.given_up and (why := caller.is_too_slow(now, self._patience_s)):
                        caller.give_up(why)
                    elif caller.look is not None and not caller.given_up:
                        caller.look(now)

    async def see_off(self) -> None:
        """Ends the work for those who have left, for as long as it is let."""
        while True:
            await asyncio.sleep(SEE_OFF_EVERY_S)
            for caller in tuple(self.here):
                with _whoever_else_there_is():
                    if caller.has_left():
                        caller.left()
