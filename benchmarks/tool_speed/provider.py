"""A provider whose answers pass: whole ones at once, streams a chunk every 20 ms.

    python -m benchmarks.tool_speed.provider

Prints its port, and ends with its standard input. `max_tokens` of a streamed request says how many
chunks it gets. Every stream has chunks of its own moments: streams begin one after the other, as
those of real users do.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import httptools

from benchmarks.gateway.sockets import LOOPBACK, Loop

GAP_S = 0.02
MODEL = "bench"
# So many models are listed; whichever is asked gives its own name.
MODELS = 50
TEXT = "Test successful"
_STREAM = re.compile(rb'"stream": ?true')
_MODEL = re.compile(rb'"model": ?"([^"\\]*)"')
_CHUNKS = re.compile(rb'"max_(?:completion_)?tokens": ?(\d+)')
_IDLE_S = 1.0
_PROMPT_TOKENS = 14
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_END = b"data: [DONE]\n\n"


def _named(kind: str, model: str, second: int, **rest: Any) -> dict[str, Any]:
    """Any document of this provider; a fresh time keeps it apart from what a cache hands out."""
    return {
        "id": "chatcmpl-bench",
        "object": kind,
        "created": second,
        "model": model,
        "system_fingerprint": "fp_bench",
        **rest,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _usage(tokens: int) -> dict[str, int]:
    total = _PROMPT_TOKENS + tokens
    return {"prompt_tokens": _PROMPT_TOKENS, "completion_tokens": tokens, "total_tokens": total}


@lru_cache(maxsize=1024)
def whole_answer(model: str, second: int) -> bytes:
    """A whole answer with its head; `second` is the Unix time."""
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    answer = _named("chat.completion", model, second, choices=[choice], usage=_usage(3))
    return _reply(_json(answer))


def model_list() -> bytes:
    """The models, with the head of the answer."""
    models = [{"id": f"{MODEL}-{number}", "object": "model"} for number in range(MODELS)]
    return _reply(_json({"object": "list", "data": models}))


def _reply(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def events(model: str, second: int, chunks: int) -> Iterator[bytes]:
    """A stream's events, each in a frame of its own: the role, so many pieces of text, the end."""
    chunk = partial(_chunk, model, second)
    before, after = chunk({"content": "\0"}).split(b"\\u0000")
    yield _framed(chunk({"role": "assistant", "content": ""}))
    for number in range(chunks):
        # No word comes twice, or the answer would be one that goes round in circles.
        word = TEXT if number == 0 else f" {number}"
        yield _framed(b"%b%b%b" % (before, word.encode(), after))
    end = chunk({}, finish="stop") + chunk(usage=_usage(chunks)) + _END
    yield _framed(end) + _framed(b"")


def _chunk(
    model: str,
    second: int,
    delta: dict[str, str] | None = None,
    *,
    finish: str | None = None,
    usage: dict[str, int] | None = None,
) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    choices = [] if delta is None else [choice]
    told = {} if usage is None else {"usage": usage}
    chunk = _named("chat.completion.chunk", model, second, choices=choices, **told)
    return b"data: " + _json(chunk) + b"\n\n"


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class _Visitor:
    """One connection, and the stream that runs over it."""

    def __init__(self, provider: Provider, sock: socket.socket) -> None:
        self._provider, self._sock = provider, sock
        self._parser = httptools.HttpRequestParser(self)
        self._asked = b""
        self._events: Iterator[bytes] = iter(())

    def read(self) -> None:
        try:
            data = self._sock.recv(65536)
            if not data:
                self.leave()
                return
            self._parser.feed_data(data)
        except (OSError, httptools.HttpParserError):
            self.leave()

    def on_body(self, body: bytes) -> None:
        self._asked += body

    def on_message_complete(self) -> None:
        asked, self._asked = self._asked, b""
        if self._parser.get_method() != b"POST":
            self._sock.send(model_list())
            return
        named, second = _MODEL.search(asked), int(time.time())
        model = named[1].decode() if named else MODEL
        if not _STREAM.search(asked):
            self._sock.send(whole_answer(model, second))
            return
        found = _CHUNKS.search(asked)
        self._events = events(model, second, int(found[1]) if found else 0)
        self._sock.send(_STREAM_HEAD + next(self._events))
        self.send_next(time.monotonic())

    def send_next(self, due: float) -> None:
        """Sends what is due now, and has the next one sent a gap later."""
        try:
            event = next(self._events, b"")
            if event:
                self._sock.send(event)
                self._provider.later.append((due + GAP_S, self))
        except OSError:
            # Gone, or so slow that the kernel takes no more.
            self.leave()

    def leave(self) -> None:
        self._events = iter(())
        self._provider.loop.remove(self._sock)
        self._sock.close()


class Provider:
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
            visitor.send_next(due)
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
    provider = Provider()
    print(provider.port, flush=True)
    # A terminal's Ctrl-C is for whoever started this, and ends this with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    provider.run()


if __name__ == "__main__":
    main()
