"""A provider whose answers pass: whole ones at once, streams a chunk every 20 ms.

    python -m benchmarks.tool_speed.provider

Prints its port, and ends with its standard input. `max_tokens` of a streamed request says how many
chunks it gets. Every stream has chunks of its own moments: streams begin one after the other, as
those of real users do.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from benchmarks.gateway.visitors import House, Visitor, serve

MODEL = "bench"
# So many models are listed; whichever is asked gives its own name.
MODELS = 50
TEXT = "Test successful"
_STREAM = re.compile(rb'"stream": ?true')
_MODEL = re.compile(rb'"model": ?"([^"\\]*)"')
_CHUNKS = re.compile(rb'"max_(?:completion_)?tokens": ?(\d+)')
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


class _Visitor(Visitor):
    """One connection, and the events that are left of its stream."""

    def __init__(self, house: House, sock: socket.socket) -> None:
        super().__init__(house, sock)
        self._asked = b""
        self._events: Iterator[bytes] = iter(())

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

    def next_sent(self) -> bool:
        event = next(self._events, b"")
        if event:
            self._sock.send(event)
        return bool(event)

    def leave(self) -> None:
        self._events = iter(())
        super().leave()


if __name__ == "__main__":
    serve(_Visitor)
