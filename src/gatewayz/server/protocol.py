"""HTTP/1.1 for `serve`, on httptools: the same door in fewer turns of the loop and fewer writes.

What holds under other servers holds under this one; two rules more only a server can keep: a client
must get to the point in time, and what it says before a body is bounded.
"""

from __future__ import annotations

import asyncio
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from gatewayz.client.alarm import Alarm
from gatewayz.server.callers import PATIENCE_S
from gatewayz.server.door import Door
from gatewayz.server.exchange import Exchange, head_of
from gatewayz.server.framing import without_offer
from gatewayz.server.headers import raw
from gatewayz.server.heads import HEADERS_S, MAX_HEADER_BYTES, too_large
from gatewayz.server.refusals import Refusal, bad_request
from gatewayz.server.taking import Taking, reset

MAX_READ = 64 * 1024
# Of what nobody reads so much is thrown away before the connection goes.
MOST_THROWN = 1024 * 1024
# So often, until it is given up, a client that takes nothing of an ended answer is looked at.
_LOOKS = 30


class _Shared(threading.local):
    """One buffer for all connections of a thread: what is in it is out before another is read."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(MAX_READ))


_SHARED = _Shared()


class Protocol(asyncio.BufferedProtocol):
    """One connection. One that sends no whole request for `HEADERS_S` is closed. `lost` hears of its end.

    It takes one request at a time. What is sent before an answer's end is thrown away, and the
    connection closes behind that answer: what is kept for later would have to be bounded, and then
    reading stops, and nobody hears that the client, for whom a provider may be at work, has left.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # noqa: ARG002 - uvicorn's name; this app keeps nothing there
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        lost: Callable[[], None] | None = None,
    ) -> None:
        self.door = cast("Door", config.loaded_app)
        self.loop = _loop or asyncio.get_running_loop()
        self.state = server_state
        self._buffer = _SHARED.buffer
        self._keep_alive_s = config.timeout_keep_alive
        self._when_lost = lost
        self._alarm = Alarm(self.loop, self._late)
        self._parser = httptools.HttpRequestParser(self)
        self._current: Exchange | None = None
        self._undrained: asyncio.Future[None] | None = None
        self._taking: Taking | None = None
        self._is_deaf = self._begun = False
        self._without_body = self._just_read = self._thrown = 0
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self.transport = cast("asyncio.Transport", transport)
        self.state.connections.add(self)  # type: ignore[arg-type]
        self.scheme = "https" if is_ssl(self.transport) else "http"
        self.server = get_local_addr(self.transport)
        self.client = get_remote_addr(self.transport)
        self.peer = self.client[0] if self.client is not None else None
        self._alarm.set(self.loop.time() + HEADERS_S)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's name
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        if self._is_deaf:
            self._thrown += nbytes
            if self._thrown > MOST_THROWN:
                self.transport.abort()
            return
        data = self._buffer[:nbytes]
        room = MAX_HEADER_BYTES - self._without_body
        if self._begun and nbytes > room:
            # Only by what is read up to there can be told whether a head ends in time.
            self._read(data[:room])
            data = data[room:]
            if self._begun:
                self._refuse(too_large())
        self._read(data)
        # The parser itself holds what it reads of a trailer or a chunk's size.
        if self._without_body > MAX_HEADER_BYTES:
            self._refuse(too_large())

    def _read(self, data: memoryview) -> None:
        """Reads what has come, unless it is not to be."""
        if self._is_deaf or not data:
            return
        self._just_read = len(data)
        self._without_body += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(bytes(data[offer.args[0] :]))
        except httptools.HttpParserError:
            self._refuse(bad_request("this is no sound HTTP request", code="invalid_http"))

    def _decline(self, rest: bytes) -> None:
        """Ignores an offer to speak another protocol, behind which the parser sees no body.

        The head is read again without it, then what has come behind it.
        """
        if self._is_deaf:
            return
        method, version = self._parser.get_method(), self._parser.get_http_version()
        head = without_offer(method, self._url, version, self._headers)
        self._parser = httptools.HttpRequestParser(self)
        self._read(memoryview(head))
        self._read(memoryview(rest))

    def eof_received(self) -> bool:
        """The client sends no more: it has left, also where it does not take what was written."""
        if self._current is not None:
            self._current.lost()
        self.close()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """The end."""
        self.state.connections.discard(self)
        self._is_deaf = True
        # Both hold this object, too: without a circle all of it is gone now, and not when the collector
        # next looks.
        self._alarm.end()
        del self._parser
        self.resume_writing()
        if self._current is not None:
            self._current.lost()
            self._current = None
        if self._when_lost is not None:
            self._when_lost()

    def pause_writing(self) -> None:
        """The client does not take what is there."""
        self._undrained = self.loop.create_future()

    def resume_writing(self) -> None:
        """It does again."""
        if self._undrained is not None:
            self._undrained.set_result(None)
            self._undrained = None
            if self._current is None and not self._is_deaf:
                self._rests()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request's first byte."""
        # Before all else: the list that was here is of the request that is being answered.
        self._url, self._headers = b"", []
        if self._current is not None:
            self._is_deaf, self._current.keep_alive = True, False
            return
        self._begun = True
        self._without_body = self._just_read
        self._alarm.set(self.loop.time() + HEADERS_S)

    def on_url(self, url: bytes) -> None:
        """More of its target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """All that a request says before its body."""
        if self._is_deaf:
            return
        self._begun = False
        self._without_body = 0
        parser = self._parser
        if parser.should_upgrade() and parser.get_method() != b"CONNECT":
            return  # it is read again, see `_decline`
        url = httptools.parse_url(self._url)
        path = url.path.decode("ascii")
        if "%" in path:
            path = urllib.parse.unquote(path)
        method = parser.get_method().decode("ascii")
        exchange = Exchange(self, method, path, self._headers, url.query or b"")
        exchange.target = self._url
        exchange.http_version = parser.get_http_version()
        if exchange.http_version != "1.1" or not parser.should_keep_alive():
            exchange.keep_alive = False
        self._current = exchange
        self._alarm.unset()
        exchange.begin()

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        if self._is_deaf:
            return
        self._without_body = 0
        self._just_read -= len(body)
        if self._current is not None:
            self._current.take(body)

    def on_message_complete(self) -> None:
        """Its end."""
        if self._current is not None and not self._is_deaf:
            self._current.complete()

    # What an exchange calls.

    @property
    def is_paused(self) -> bool:
        """Whether the client does not take what is there."""
        return self._undrained is not None

    async def drained(self) -> None:
        """Returns once the client takes more, or has left."""
        while self._undrained is not None:
            await asyncio.shield(self._undrained)

    def ended(self, exchange: Exchange) -> None:
        """An answer is out; the next request's turn, where the connection is kept."""
        self.state.total_requests += 1
        self._current = None
        if not exchange.keep_alive or self._is_deaf:
            self.close()
            return
        self.transport.resume_reading()
        if self._undrained is None:
            self._rests()
        else:
            self._see_it_taken()

    def close(self) -> None:
        """Closes behind what has been written, and sees to it that it is taken."""
        self._is_deaf = True
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._see_it_taken()

    def _rests(self) -> None:
        """All is answered; the next request may come for a while."""
        self._alarm.set(self.loop.time() + (HEADERS_S if self._begun else self._keep_alive_s))

    def _see_it_taken(self) -> None:
        """Looks now and then whether the client takes what is written; when nothing is, all is over."""
        if self._taking is None:
            self._taking = Taking()
        now = self.loop.time()
        since = self._taking.none_since(self.transport, now)
        if since is None:
            self.transport.abort()
        elif now >= since + PATIENCE_S:
            reset(self.transport)
        else:
            # Looked at meanwhile, too: some loops hand over what is written only after their turn.
            self._alarm.set(min(since + PATIENCE_S, now + PATIENCE_S / _LOOKS))

    # What uvicorn's server calls.

    def shutdown(self) -> None:
        """Closes: at once where nothing runs, else behind the answer."""
        if self._current is None:
            self.close()
        else:
            self._current.keep_alive = False

    def _late(self) -> None:
        self._see_it_taken()

    def _refuse(self, refusal: Refusal) -> None:
        """Answers what is no request, where nothing else is being answered, and closes."""
        if self._is_deaf:
            return
        self._is_deaf = True
        current = self._current
        if current is not None and current.whole:
            current.keep_alive = False  # what was asked before is answered, and is the last
            return
        if current is None or not current.answered:
            headers, body = refusal.answer()
            fields = raw({**headers, "connection": "close"})
            self.transport.write(head_of(refusal.status, fields) + body)
        self.close()
        if current is not None:
            current.lost()
