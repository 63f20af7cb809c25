"""What is asked of a paced provider, and the bytes of its answers: known tokens at known times.

A model id says it all: `paced;tokens=50;chunk=1;gap=0.02;first=0.1`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatewayz.core import ConfigError
from gatewayz.simulator.answers import prompt_tokens
from gatewayz.simulator.response import Response, body_response

MODEL = "paced"
_MOST_TOKENS = 100_000
_MOST_WAIT_S = 3600.0
_WORD = " tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How an answer comes.

    tokens    of the whole answer
    chunk     tokens in a chunk: the sizes take turns, and the last chunk has what is left
    gap_s     seconds between two chunks, and from the last one to the end
    first_s   seconds from the request to the first chunk with a token, or to the whole answer
    """

    tokens: int = 50
    chunk: tuple[int, ...] = (1,)
    gap_s: float = 0.02
    first_s: float = 0.1

    @property
    def sizes(self) -> Iterator[int]:
        """The tokens of each chunk, in order."""
        left, turn = self.tokens, 0
        while left > 0:
            size = min(left, self.chunk[turn % len(self.chunk)])
            yield size
            left -= size
            turn += 1

    @property
    def model(self) -> str:
        """The id to ask for it by."""
        chunk = ",".join(map(str, self.chunk))
        return f"{MODEL};tokens={self.tokens};chunk={chunk};gap={self.gap_s};first={self.first_s}"


def pace_of(model: str) -> Pace:
    """The pace that a model id asks for. Raises: ConfigError, saying what is wrong with it."""
    name, *options = model.split(";")
    if name != MODEL:
        raise ConfigError(f"there is one model, '{MODEL}', with options: {Pace().model}")
    values: dict[str, Any] = {}
    for option in options:
        key, _, text = option.partition("=")
        if key not in _OPTIONS:
            raise ConfigError(f"'{key}' is no option; there are {', '.join(_OPTIONS)}")
        field, read, highest = _OPTIONS[key]
        try:
            values[field] = read(text)
        except ValueError:
            raise ConfigError(f"'{option}' cannot be read") from None
        numbers = values[field] if isinstance(values[field], tuple) else (values[field],)
        if not all(0 <= number <= highest for number in numbers):
            raise ConfigError(f"'{option}' is not between 0 and {highest:g}")
    pace = Pace(**values)
    if not all(pace.chunk):
        raise ConfigError("a chunk has at least one token")
    return pace


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _seconds(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


_OPTIONS: Mapping[str, tuple[str, Any, float]] = {
    "tokens": ("tokens", int, _MOST_TOKENS),
    "chunk": ("chunk", _sizes, _MOST_TOKENS),
    "gap": ("gap_s", _seconds, _MOST_WAIT_S),
    "first": ("first_s", _seconds, _MOST_WAIT_S),
}


class Wording:
    """The bytes of one answer, as they go over the wire: chunked where it is streamed."""

    def __init__(self, number: int, body: Mapping[str, Any], pace: Pace) -> None:
        self._body, self._pace = body, pace
        self.id = f"chatcmpl-{number}"
        # Put together by hand: a sender that encodes JSON for each chunk falls behind.
        empty = self._chunk([{"index": 0, "delta": {"content": ""}, "finish_reason": None}])
        self._before, self._after = empty.split(b'"content":""')

    @property
    def usage(self) -> dict[str, int]:
        """The token counts that it reports."""
        asked, said = prompt_tokens(self._body), self._pace.tokens
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}

    def opening(self) -> bytes:
        """Status line, headers and the chunk that has only a role."""
        head = Response(headers=[("content-type", "text/event-stream")], chunked=True).head_bytes()
        role = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
        return head + _framed(self._chunk([role]))

    def said(self, tokens: int) -> bytes:
        """A chunk of so many tokens."""
        return _framed(b'%b"content":"%b"%b' % (self._before, tokens * _WORD.encode(), self._after))

    def ending(self) -> bytes:
        """The finish, the usage and the end mark."""
        finish = self._chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        usage = self._chunk([], usage=self.usage)
        return _framed(finish + usage + b"data: [DONE]\n\n") + b"0\r\n\r\n"

    def whole(self) -> bytes:
        """The answer that is not streamed."""
        message = {"role": "assistant", "content": _WORD * self._pace.tokens}
        document = {
            "id": self.id,
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": self.usage,
        }
        return said_at_once(200, document)

    def _chunk(self, choices: list[Any], **rest: Any) -> bytes:
        document = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": 1,
            "model": MODEL,
            "choices": choices,
            **rest,
        }
        return b"data: " + _json(document) + b"\n\n"


def said_at_once(status: int, document: Any, content_type: str = "application/json") -> bytes:
    """A whole HTTP answer; `document` is JSON, or bytes as they are."""
    body = document if isinstance(document, bytes) else _json(document)
    answer = body_response(status, body, content_type)
    return answer.head_bytes() + answer.body


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
