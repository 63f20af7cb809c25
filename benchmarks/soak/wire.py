"""Bare sockets to the backend: what a client library would never send, and plain answers read whole."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

CHAT = "/v1/chat/completions"
# Longer than the server waits for one who takes nothing or sends nothing whole, so that it is the
# server that must come to an end. Behind an answer it keeps a connection for longer, as it may: whoever
# waits for the end there asks for it.
PATIENCE_S = 45.0
# Answers that end with their head.
_WITHOUT_BODY = (204, 304)


@dataclass(frozen=True)
class Place:
    """Where the backend listens, and the key to show there."""

    host: str
    port: int
    key: str


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its document."""
        return json.loads(self.body)


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Sends all of it."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> Answer:
        """The next answer. Raises: ConnectionError, asyncio.IncompleteReadError when it breaks off."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        status = int(first.split()[1])
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if status == 100:
            return await self.answer()
        if status in _WITHOUT_BODY:
            body = b""
        elif "content-length" in headers:
            body = await self.reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = await self.reader.read()
        return Answer(status, headers, body)

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return body

    async def ended(self) -> None:
        """Reads until the server closes."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass

    def is_over(self) -> bool:
        """Whether the server has ended the line, as far as one knows who neither reads nor sends."""
        handle = self.writer.get_extra_info("socket").fileno()
        if handle < 0:  # that was heard already
            return True
        poll = select.poll()
        poll.register(handle, 0)  # errors and the end are told anyway
        return bool(poll.poll(0))

    def reset(self) -> None:
        """Leaves without a goodbye: what is under way on the line is lost."""
        sock = self.writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def line(place: Place, *, buffer: int | None = None) -> AsyncIterator[Line]:
    """A connection that is gone when the block is left. `buffer` bytes wait on our side at most."""
    sock = socket.socket()
    sock.setblocking(False)
    if buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (place.host, place.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=buffer or 2**20)
    except BaseException:
        sock.close()
        raise
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


def head(
    place: Place,
    method: str,
    path: str,
    *,
    length: int | None = None,
    **more: str,
) -> bytes:
    """A request's head, its length as it is said to be."""
    fields = {"host": "soak", "authorization": f"Bearer {place.key}", **more}
    if length is not None:
        fields |= {"content-type": "application/json", "content-length": str(length)}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


def chat(place: Place, model: str, text: str = "Hi", *, last: bool = False, **fields: Any) -> bytes:
    """A whole chat request; `id` becomes its x-request-id. The `last` one asks to close behind it."""
    more = {"x_request_id": fields.pop("id")} if "id" in fields else {}
    if last:
        more["connection"] = "close"
    document = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
    body = json.dumps(document).encode()
    return head(place, "POST", CHAT, length=len(body), **more) + body
