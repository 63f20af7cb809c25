"""Readers of event streams side by side: how right they are, and how many events they read.

    python -m benchmarks.event_streams

Our own needs nothing. httpx-sse (with httpx), sseclient-py and aiohttp-sse-client are compared where
they are installed, in an environment of their own: none of them is a dependency.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import time
from collections.abc import Callable, Iterable
from types import SimpleNamespace

from gatewayz.client import EventReader

Events = list[tuple[str, str]]
Reader = Callable[[list[bytes]], Events]

# What the rules of WHATWG say (html.spec.whatwg.org/multipage/server-sent-events.html), by case.
# The data of events that are blank is left out on both sides.
CASES: dict[str, tuple[bytes, Events]] = {
    "one event": (b"data: a\n\n", [("", "a")]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [("", "a"), ("", "b")]),
    "CR": (b"data: a\r\rdata: b\r\r", [("", "a"), ("", "b")]),
    "mixed line ends": (b"data: a\r\n\ndata: b\n\r\n", [("", "a"), ("", "b")]),
    "byte-order mark": (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
    "no blank after the colon": (b"data:a\n\n", [("", "a")]),
    "one blank is taken, not two": (b"data:  a\n\n", [("", " a")]),
    "several data lines": (b"data: a\ndata: b\n\n", [("", "a\nb")]),
    "comments": (b": x\n\ndata: a\n: y\ndata: b\n\n", [("", "a\nb")]),
    "a name, and then none": (b"event: error\ndata: a\n\ndata: b\n\n", [("error", "a"), ("", "b")]),
    "a name without data": (b"event: error\n\ndata: b\n\n", [("", "b")]),
    "no data, no event": (b"id: 1\n\nretry: 5\n\ndata: a\n\n", [("", "a")]),
    "unknown fields": (b"foo: 1\ndata: a\nDATA: b\n\n", [("", "a")]),
    "line separators of Unicode": ("data: a\u2028b\u0085c\x0bd\n\n".encode(), [("", "a\u2028b\u0085c\x0bd")]),
    "characters of several bytes": ("data: é東🦙\n\n".encode(), [("", "é東🦙")]),
    "bytes that are no UTF-8": (b"data: a\xffb\n\ndata: c\n\n", [("", "a\ufffdb"), ("", "c")]),
    "a colon in the data": (b"data: a: b\n\n", [("", "a: b")]),
}  # fmt: skip


def ours(pieces: list[bytes]) -> Events:
    reader = EventReader(1024 * 1024)
    found = [event for piece in pieces for event in reader.feed(piece)]
    return [(event.name, event.data) for event in (*found, *reader.finish())]


def httpx_sse(pieces: list[bytes]) -> Events:
    import httpx
    from httpx_sse import EventSource

    headers = {"content-type": "text/event-stream; charset=utf-8"}
    response = httpx.Response(200, headers=headers, content=iter(pieces))
    return _told((e.event, e.data) for e in EventSource(response).iter_sse())


def sseclient_py(pieces: list[bytes]) -> Events:
    from sseclient import SSEClient

    return _told((e.event, e.data) for e in SSEClient(iter(pieces)).events())


def aiohttp_sse_client(pieces: list[bytes]) -> Events:
    return asyncio.run(_aiohttp(pieces))


async def _aiohttp(pieces: list[bytes]) -> Events:
    from aiohttp import StreamReader
    from aiohttp.base_protocol import BaseProtocol
    from aiohttp_sse_client.client import EventSource

    loop = asyncio.get_running_loop()
    content = StreamReader(BaseProtocol(loop), 2**26, loop=loop)
    for piece in pieces:
        content.feed_data(piece)
    content.feed_eof()

    class Fed(EventSource):  # type: ignore[misc]
        """Its reader without its connection, which it would make again at the stream's end."""

        async def connect(self, *_: int) -> None:
            self._response = SimpleNamespace(status=204)

        def on(self, content: StreamReader) -> Fed:
            self._response = SimpleNamespace(status=200, content=content)
            self._reconnection_time *= 0
            return self

    source = Fed("http://127.0.0.1/", session=SimpleNamespace()).on(content)
    return _told([(e.type, e.data) async for e in source])


def _told(events: Iterable[tuple[str, str]]) -> Events:
    """Names and data, the default name as none, without events that are blank."""
    return [("" if n in ("message", None) else n, d) for n, d in events if d.strip()]


READERS: dict[str, tuple[str, Reader]] = {
    "own": ("", ours),
    "httpx-sse": ("httpx-sse", httpx_sse),
    "sseclient-py": ("sseclient-py", sseclient_py),
    "aiohttp-sse-client": ("aiohttp-sse-client", aiohttp_sse_client),
}
SPLITS = (16 * 1024, 1400, 64, 1)


def split(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def wrong_cases(read: Reader) -> list[str]:
    """The cases that a reader gets wrong, whole or byte by byte."""
    return [
        f"{name} ({how})"
        for name, (data, expected) in CASES.items()
        for how, size in (("whole", len(data)), ("byte by byte", 1))
        if _or_error(read, split(data, size)) != expected
    ]


def _or_error(read: Reader, pieces: list[bytes]) -> Events | str:
    try:
        return read(pieces)
    except Exception as error:  # noqa: BLE001 -- somebody else's code, any error is a wrong answer
        return type(error).__name__


def events_per_s(read: Reader, size: int) -> float:
    """Events read in a second of CPU time, of a MiB of chunks in pieces of `size`; best of three."""
    delta = {
        "id": "chatcmpl-1",
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": "hello"}}],
    }
    event = f"data: {json.dumps(delta)}\n\n".encode()
    pieces = split(event * (1024 * 1024 // len(event)), size)
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        count = len(read(pieces))
        best = max(best, count / (time.process_time() - began))
    return best


def main() -> None:
    for name, (package, read) in READERS.items():
        try:
            version = importlib.metadata.version(package) if package else "here"
        except importlib.metadata.PackageNotFoundError:
            print(f"{name}: not installed")
            continue
        wrong = wrong_cases(read)
        rates = ", ".join(f"{size}: {events_per_s(read, size):,.0f}" for size in SPLITS)
        print(f"{name} {version}: {2 * len(CASES) - len(wrong)} of {2 * len(CASES)} right; {rates}")
        for case in wrong:
            print(f"    wrong: {case}")


if __name__ == "__main__":
    main()
