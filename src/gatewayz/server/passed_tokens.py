"""How many tokens have passed of a stream that tells no counts: it was not asked for them, or its client left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

# Of English text a token has about four bytes.
_BYTES_PER_TOKEN = 4
_EVENT = b"data:"
# Where an event of any endpoint has what a model says.
_TEXTS = frozenset(
    ("content", "text", "delta", "arguments", "reasoning", "reasoning_content", "refusal")
)


def events_in(data: bytes) -> int:
    """How many events begin in these bytes of a stream."""
    return data.count(_EVENT)


def passed_tokens(head: bytes, size: int, events: int) -> int:
    """Tokens of a stream of so many bytes and events that begins so.

    At least one for each event: where more come at once, by the length of the texts, of which all of it has
    as large a part as its beginning.
    """
    lines = head[: head.rfind(b"\n") + 1]
    # Where not even one line ends there, nothing tells what it is but text.
    part = _length_of_texts(lines) / len(lines) if lines else 1.0
    return max(events, round(size * part / _BYTES_PER_TOKEN))


def _length_of_texts(lines: bytes) -> int:
    return sum(len(text.encode("utf-8", "replace")) for text in _texts(lines))


def _texts(lines: bytes) -> Iterator[str]:
    for line in lines.splitlines():
        if line.startswith(_EVENT):
            try:
                document = _ANY.decode(line[len(_EVENT) :])
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            yield from _texts_within(document)


_ANY = msgspec.json.Decoder()


def _texts_within(document: Any) -> Iterator[str]:
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left.extend(value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, str) and name in _TEXTS:
                    yield inner
                elif isinstance(inner, dict | list):
                    left.append(inner)
