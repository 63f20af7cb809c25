"""The provider behind every gateway: answers at once, or streams chunks that say when they left.

    python -m benchmarks.gateway.upstream

Prints its port, and ends with its standard input. `max_tokens` of a streamed request says how many
chunks it gets, which is a field that every gateway passes on.
"""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

from benchmarks.gateway.visitors import House, Visitor, serve

MODEL = "bench"
# A chunk's moment of leaving: nanoseconds of the clock by which the kernel stamps what arrives.
STAMP = re.compile(rb"@(\d{19})@")
STAMP_BYTES = 21
_STREAM = re.compile(rb'"stream": ?true')
_CHUNKS = re.compile(rb'"max_(?:completion_)?tokens": ?(\d+)')

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


class _Visitor(Visitor):
    """One connection, and the stamped chunks that are left of its stream."""

    def __init__(self, house: House, sock: socket.socket) -> None:
        super().__init__(house, sock)
        self._is_streamed = False
        self._left = 0

    def take(self, data: bytes) -> None:
        if _STREAM.search(data):
            self._is_streamed = True
        if self._is_streamed and (found := _CHUNKS.search(data)):
            self._left = int(found[1])
        super().take(data)

    def on_message_complete(self) -> None:
        if self._is_streamed:
            self._is_streamed = False
            self._sock.send(_HEAD + _ROLE)
            self.send_next(time.monotonic())
        else:
            self._sock.send(ANSWER if self._parser.get_method() == b"POST" else MODELS)

    def next_sent(self) -> bool:
        if self._left:
            self._left -= 1
            self._sock.send(b"%b%d%b" % (_BEFORE, time.time_ns(), _AFTER))
            return True
        if self._sock.fileno() >= 0:
            self._sock.send(_END)
        return False

    def leave(self) -> None:
        self._left = 0
        super().leave()


if __name__ == "__main__":
    serve(_Visitor)
