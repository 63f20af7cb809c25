"""Small servers that do one thing wrong, over real sockets, and a client to ask them with."""

import asyncio
import contextlib
import tracemalloc
from types import SimpleNamespace

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import ChatRequest, Gateway
from gatewayz.core.timeouts import Timeouts

# For what falls silent: each limit far below the whole, and none of connecting.
QUICK = Timeouts(
    connect_s=8, first_byte_s=0.8, first_event_s=0.8, idle_s=0.8, error_body_s=0.6, total_s=4
)
# For what comes to its end by itself: a busy machine may take its time.
PATIENT = Timeouts(
    connect_s=8, first_byte_s=8, first_event_s=8, idle_s=8, error_body_s=8, total_s=15
)
GOOD = (
    b'{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"Test successful"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}'
)
STREAM = (
    b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"Test "}}]}\n\n'
    b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"successful"}}]}\n\n'
    b'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
    b"data: [DONE]\n\n"
)


def answer(body, *, status=b"200 OK", headers=()):
    """A whole HTTP answer with its length."""
    lines = [
        b"HTTP/1.1 " + status, b"Content-Type: application/json",
        b"Content-Length: %d" % len(body), *headers,
    ]  # fmt: skip
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def read_request(reader):
    """The head and the body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head, await reader.readexactly(length)


async def read_head(reader):
    """The head of one request, whose body is left where it is."""
    return await reader.readuntil(b"\r\n\r\n"), b""


@contextlib.asynccontextmanager
async def serving(respond, *, read=read_request, host="127.0.0.1", ssl=None):
    """A server whose `respond(reader, writer)` is called per connection, after `read` of one request.

    Gives its base URL, the heads of the requests it got, and the number of connections.
    """
    seen = SimpleNamespace(heads=[], bodies=[], connections=0, url="", port=0, lost=0)
    tasks, transports = set(), []

    async def handle(reader, writer):
        tasks.add(asyncio.current_task())
        transports.append(writer.transport)
        seen.connections += 1
        try:
            while True:
                head, body = await read(reader)
                seen.heads.append(head)
                seen.bodies.append(body)
                if await respond(reader, writer) != "again":
                    return
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            seen.lost += 1
        finally:
            if ssl is None:
                writer.close()
            else:
                # A farewell over TLS waits for the other side's.
                writer.transport.abort()
            with contextlib.suppress(ConnectionError, OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(handle, host, 0, ssl=ssl)
    seen.port = server.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    seen.url = f"{'https' if ssl else 'http'}://{shown}:{seen.port}/v1"
    try:
        yield seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for transport in transports:
            # What nobody reads any more would keep it open. One whose last bytes were taken after it
            # was closed has let go of its loop, and asyncio trips over that.
            with contextlib.suppress(AttributeError):
                transport.abort()
        await asyncio.sleep(0)
        await server.wait_closed()


def saying(data, *, then="close"):
    """A `respond` that writes bytes, then closes, hangs, resets or waits for another request."""

    async def respond(reader, writer):
        writer.write(data)
        await writer.drain()
        if then == "hang":
            await asyncio.sleep(30)
        if then == "reset":
            await asyncio.sleep(0.05)
            reset(writer)
        return then

    return respond


def reset(writer):
    """Ends a connection with a RST."""
    import socket
    import struct

    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


QUESTION = ChatRequest(messages=({"role": "user", "content": "hello"},), max_tokens=50)
STREAMED = ChatRequest(messages=({"role": "user", "content": "hello"},), max_tokens=50, stream=True)


async def ask(url, *, stream=False, key="sk-test-0123456789abcdef", timeouts=PATIENT, **options):
    """One attempt with a client of its own."""
    client = HttpClient(keys=lambda _: key, timeouts=timeouts, **options)
    try:
        gateway = Gateway(name="here", base_url=url)
        return await client.attempt(gateway, "m", STREAMED if stream else QUESTION)
    finally:
        await client.aclose()


def memory_of(act):
    """What `act` returns, and the most bytes that were held at once meanwhile."""
    tracemalloc.start()
    try:
        return act(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="session")
def wire():
    """The tools above, for tests that cannot import a conftest."""
    return SimpleNamespace(
        GOOD=GOOD, PATIENT=PATIENT, QUESTION=QUESTION, QUICK=QUICK, STREAM=STREAM, STREAMED=STREAMED,
        answer=answer, ask=ask, memory_of=memory_of, read_head=read_head,
        read_request=read_request, reset=reset, saying=saying, serving=serving,
    )  # fmt: skip
