"""HTTP/1.1 on a raw transport: requests parsed strictly, answers played as scripted."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import httptools

from gatewayz.simulator.packets import cut
from gatewayz.simulator.response import Ending, Response, body_response


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send: bytes, fields, seconds."""

    head_bytes: int = 64 * 1024
    header_fields: int = 200
    body_bytes: int = 16 * 1024 * 1024
    request_s: float = 30.0
    idle_s: float = 300.0
    connections: int = 4096


@dataclass(slots=True)
class Request:
    """One request as it came; header names are lower-cased, the last of a name wins."""

    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep_alive: bool = True

    @property
    def path(self) -> str:
        """The decoded path without the query."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The query's fields; the last of a name wins."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


class Exchange(Protocol):
    """A request that is being answered, and who wants to know how it ended."""

    response: Response

    def finished(self, how: str, sent_bytes: int) -> None:
        """Told once: "kept", "closed", "reset", "hung up" or "client left"."""


Handler = Callable[[Request], Exchange]

# How long a refused client may go on sending before the connection is cut.
_LINGER_S = 1.0

# Requests that may wait on one connection while an earlier one is answered.
_SENT_AHEAD = 8


class Connection(asyncio.Protocol):
    """One client connection; requests are answered one after another.

    Args: handle gives the exchange for a request, at once and without waiting; everybody is the
    set of open connections, in which this one stands while it lives; hang_s bounds how long a
    silent answer holds the socket.
    """

    def __init__(
        self, handle: Handler, everybody: set[Connection], limits: Limits, hang_s: float
    ) -> None:
        self._handle = handle
        self._everybody = everybody
        self._limits = limits
        self._hang_s = hang_s
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._body: list[bytes] = []
        self._unparsed_head = 0
        self._fields = self._field_bytes = self._body_bytes = 0
        self._in_head = True
        self._refusal: tuple[int, str] | None = None
        self._deaf = False
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._sent = 0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a stream transport is needed, not {transport!r}")
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self._everybody) >= self._limits.connections:
            self._refuse(503, "too many connections")
            return
        self._everybody.add(self)
        self._set_timer(self._limits.idle_s)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """The client is gone, or we closed."""
        self._everybody.discard(self)
        self._set_timer(None)
        self._writable.set()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    def eof_received(self) -> bool:
        """A half-closed client is a client that left."""
        return False

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self._deaf:
            return
        if self._in_head:
            self._unparsed_head += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing else is spoken here: the request is answered, what follows is not read.
            self._deaf = True
            if self._waiting:
                self._waiting[-1].keep_alive = False
        except httptools.HttpParserError as error:
            self._refusal = self._refusal or (400, str(error))
        if self._in_head and self._unparsed_head > self._limits.head_bytes:
            self._refusal = (431, "the header block is too large")
        if self._refusal is not None:
            self._deaf = True
            if self._task is None and not self._waiting:
                self._refuse(*self._refusal)
                return
        self._next()

    # What httptools calls.

    def on_message_begin(self) -> None:
        """A request starts."""
        self._request = Request()
        self._body = []
        self._fields = self._field_bytes = self._body_bytes = 0
        self._in_head = True
        self._set_timer(self._limits.request_s)

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._request.target += url.decode("latin-1")
        self._field_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field."""
        self._fields += 1
        self._field_bytes += len(name) + len(value)
        if self._fields > self._limits.header_fields or self._field_bytes > self._limits.head_bytes:
            self._refusal = (431, "the header block is too large")
            return
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is done; a client that asks whether to go on is told to."""
        self._in_head = False
        self._unparsed_head = 0
        self._request.method = self._parser.get_method().decode("ascii")
        declared = self._request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._limits.body_bytes:
            self._refusal = (413, "the body is too large")
        elif self._request.headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.body_bytes:
            self._refusal = (413, "the body is too large")
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._in_head = True
        self._request.body = b"".join(self._body)
        self._request.keep_alive = self._parser.should_keep_alive()
        if self._refusal is None:
            self._waiting.append(self._request)
        self._set_timer(None)

    # Answering.

    def close(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    def _next(self) -> None:
        if self._task is None and self._waiting:
            self._task = self._loop.create_task(self._answer(self._waiting.popleft()))
            self._transport.resume_reading()
        elif len(self._waiting) > _SENT_AHEAD:
            # A client that sends ahead waits until the answers before are out.
            self._transport.pause_reading()

    async def _answer(self, request: Request) -> None:
        try:
            exchange = self._handle(request)
        except Exception:
            self._refuse(500, "the simulator itself failed")
            raise
        how = "client left"
        before = self._sent
        try:
            how = await self._play(exchange.response)
        finally:
            exchange.finished(how, self._sent - before)
        self._task = None
        if self._refusal is not None and how == "kept" and not self._waiting:
            self._refuse(*self._refusal)
            return
        if how != "kept" or not request.keep_alive:
            self._transport.close()
            return
        self._set_timer(self._limits.idle_s)
        self._next()

    async def _play(self, response: Response) -> str:
        """Puts an answer on the wire, keeping to its times; says how the connection was left."""
        if response.immediate:
            parts = (response.head_bytes(), *map(response.framed, response.pieces), response.tail)
            await self._send(b"".join(parts))
            return "kept"
        began = self._loop.time()
        borders = Random(response.packet_seed)

        async def send(data: bytes) -> None:
            for packet in cut(data, response.packets, borders):
                await self._send(packet)
                if response.packets != "whole":
                    # Lets the other side take the packet before the next one is written.
                    await asyncio.sleep(0)

        due = began + response.wait_s
        await self._until(due)
        unsent = response.head_bytes()
        for piece in response.pieces:
            if piece.gap_s and unsent:
                await send(unsent)
                unsent = b""
            due += piece.gap_s
            await self._until(due)
            await send(unsent + response.framed(piece))
            unsent = b""
        await send(unsent + (response.tail if response.endless is None else b""))
        while response.endless is not None:
            due += response.endless.gap_s
            await self._until(due)
            await send(response.framed(response.endless))
        await self._until(began + response.ends_at_s)
        return await self._end(response.ending)

    async def _end(self, ending: Ending) -> str:
        if ending is Ending.HANG:
            await asyncio.sleep(self._hang_s)
            return "hung up"
        if ending is Ending.RESET:
            # What was sent before must arrive before the reset does.
            await asyncio.sleep(0.02)
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            self._transport.abort()
            return "reset"
        return "closed" if ending is Ending.CLOSE else "kept"

    async def _until(self, due: float) -> None:
        delay = due - self._loop.time()
        if delay > 0:
            await asyncio.sleep(delay)

    async def _send(self, data: bytes) -> None:
        if not data:
            return
        self._transport.write(data)
        self._sent += len(data)
        if not self._writable.is_set():
            await self._writable.wait()

    def _refuse(self, status: int, message: str) -> None:
        body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}})
        response = body_response(status, body.encode(), "application/json")
        response.set_header("connection", "close")
        self._deaf = True
        self._transport.write(response.head_bytes() + response.body)
        # A close with unread bytes would be a reset, which can overtake the answer.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._set_timer(_LINGER_S)

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self.close)
