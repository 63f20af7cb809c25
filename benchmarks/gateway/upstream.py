"""The provider behind every gateway: answers at once, or streams chunks that say when they left.

    python -m benchmarks.gateway.upstream

Prints its port, and ends with its standard input. `max_tokens` of a streamed request says how many
chunks it gets, which is a field that every gateway passes on.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import time
from collections import deque
from typing import Any

import httptools

from benchmarks.gateway.sockets import LOOPBACK, Loop

GAP_S = 0.02
MODEL = "bench"
# A chunk's moment of leaving: nanoseconds of the clock by which the kernel stamps what arrives.
STAMP = re.compile(rb"@(\d{19})@")
STAMP_BYTES = 21
_STREAM = re.compile(rb'"stream": ?true')
_CHUNKS = re.compile(rb'"max_(?:completion_)?tokens": ?(\d+)')
_IDLE_S = 1.0

_USAGE = {"prompt_tokens": 20, "completion_tokens": 60, "total_tokens": 80}
_TEXT = (
    "The quick brown fox jumps over the lazy dog, then sits down by the river, looks at the water"
    " for a while and wonders what the hurry was about. The dog, who has seen many foxes in its day,"
    " does not even open an eye."
)


def _named(kind: str, **rest: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-bench", "object": kind, "created": 1, "model": MODEL, **rest}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _reply(value: Any) -> bytes:
    body = _json(value)
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(delta: dict[str, str], finish: str | None, **rest: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + _json(_named("chat.completion.chunk", choices=[choice], **rest)) + b"\n\n"


_MESSAGE = {"role": "assistant", "content": _TEXT}
ANSWER = _reply(
    _named(
        "chat.completion",
        choices=[{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}],
        usage=_USAGE,
    )
)
# All that is not a POST, such as `GET /v1/models`.
MODELS = _reply({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_ROLE = _chunked(_event({"role": "assistant", "content": ""}, None))
_BEFORE, _AFTER = _chunked(_event({"content": f" @{'0' * 19}@"}, None)).split(b"0" * 19)
_END = _chunked(_event({}, "stop", usage=_USAGE)) + _chunked(b"data: [DONE]\n\n") + _chunked(b"")


class _Visitor:
    """One connection, and the stream that runs over it."""

    def __init__(self, upstream: Upstream, sock: socket.socket) -> None:
        self._upstream, self._sock = upstream, sock
        self._parser = httptools.HttpRequestParser(self)
        self._is_streamed = False
        self._left = 0

    def read(self) -> None:
        try:
            data = self._sock.recv(65536)
            if not data:
                self.leave()
                return
            if _STREAM.search(data):
                self._is_streamed = True
            if self._is_streamed and (found := _CHUNKS.search(data)):
                self._left = int(found[1])
            self._parser.feed_data(data)
        except (OSError, httptools.HttpParserError):
            self.leave()

    def on_message_complete(self) -> None:
        if self._is_streamed:
            self._is_streamed = False
            self._sock.send(_HEAD + _ROLE)
            self.send_chunk(time.monotonic())
        else:
            self._sock.send(ANSWER if self._parser.get_method() == b"POST" else MODELS)

    def send_chunk(self, due: float) -> None:
        """Sends what is due now, and has the next one sent a gap later."""
        try:
            if self._left:
                self._left -= 1
                self._sock.send(b"%b%d%b" % (_BEFORE, time.time_ns(), _AFTER))
                self._upstream.later.append((due + GAP_S, self))
            elif self._sock.fileno() >= 0:
                self._sock.send(_END)
        except OSError:
            # Gone, or so slow that the kernel takes no more.
            self.leave()

    def leave(self) -> None:
        self._left = 0
        self._upstream.loop.remove(self._sock)
        self._sock.close()


class Upstream:
    """The server: one thread, and no more than it is asked for."""

    def __init__(self) -> None:
        self.loop = Loop()
        # Every gap is the same, so those who wait stand in the order of their turns.
        self.later: deque[tuple[float, _Visitor]] = deque()
        self._listener = socket.create_server((LOOPBACK, 0), backlog=4096)
        self._listener.setblocking(False)
        self.loop.add(self._listener, self._accept)

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def run(self) -> None:
        """Serves until standard input ends, which it does with whoever started this."""
        self.loop.add(sys.stdin, self._stop)
        self._running = True
        while self._running:
            self.loop.turn(self._send_due())

    def _send_due(self) -> float:
        """Sends every chunk whose turn has come; returns the seconds until the next one's."""
        while self.later:
            due, visitor = self.later[0]
            wait_s = due - time.monotonic()
            if wait_s > 0:
                return min(wait_s, _IDLE_S)
            self.later.popleft()
            visitor.send_chunk(due)
        return _IDLE_S

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop.add(sock, _Visitor(self, sock).read)

    def _stop(self) -> None:
        self._running = False


def main() -> None:
    """Tells where it listens, then serves."""
    upstream = Upstream()
    print(upstream.port, flush=True)
    # A terminal's Ctrl-C is for whoever started this, and ends this with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    upstream.run()


if __name__ == "__main__":
    main()
