"""The least that a client in Python can do: asyncio's sockets, httptools, and a count of what came.

    python -m benchmarks.tool_speed.bare PORT

No limit, no pool's rules, nothing parsed but the frame, nothing kept: what is above this is what a
client does for its keep.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import httptools

from benchmarks.tool_speed.driving import Client, serve
from benchmarks.tool_speed.provider import MODEL

_MESSAGES = [{"role": "user", "content": 'Respond with: "Test successful"'}]


def _request(port: int, **fields: object) -> bytes:
    body = json.dumps({"model": MODEL, "messages": _MESSAGES, **fields}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer bench\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> int:
        """How many frames of a body came."""
        self._pieces = 0
        self._done = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self.transport.write(request)
        await self._done
        return self._pieces

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, _: bytes) -> None:
        self._pieces += 1

    def on_message_complete(self) -> None:
        self._done.set_result(None)


class Bare:
    """Connections that are used again, the last one first."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._whole = _request(port, max_tokens=50, stream=False)
        self._idle: list[_Connection] = []

    async def whole(self) -> None:
        assert await self._asked(self._whole) == 1

    async def streamed(self, chunks: int) -> int:
        # The role before them, and the end behind them.
        return await self._asked(_request(self._port, max_tokens=chunks, stream=True)) - 2

    async def _asked(self, request: bytes) -> int:
        if self._idle:
            connection = self._idle.pop()
        else:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
        pieces = await connection.ask(request)
        self._idle.append(connection)
        return pieces

    async def aclose(self) -> None:
        for connection in self._idle:
            connection.transport.abort()


def main() -> None:
    """Measures it."""

    def make() -> Client:
        return Bare(int(sys.argv[1]))

    serve(make)


if __name__ == "__main__":
    main()
