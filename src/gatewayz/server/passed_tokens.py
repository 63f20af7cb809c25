"""How many tokens have passed of a stream that tells no counts: its gateway has none, or its client left."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

# Of English text a token has about four bytes.
_BYTES_PER_TOKEN = 4
_EVENT = b"data:"
# What a model says, within a chunk's choices.
_TEXTS = frozenset(
    ("content", "text", "arguments", "reasoning", "reasoning_content", "thinking", "refusal", "transcript")
)  # fmt: skip
# Of a thought that stands beside it as a text, the same once more.
_AGAIN = "reasoning_details"


class PassedTokens:
    """Adds up a stream's tokens: one for each event at least, more where their texts are longer."""

    def __init__(self) -> None:
        self._events = self._bytes = 0

    def add(self, lines: bytes) -> None:
        """More whole lines of it."""
        for line in lines.splitlines():
            if line.startswith(_EVENT):
                self._events += 1
                self._bytes += sum(len(text.encode("utf-8", "replace")) for text in _texts(line))

    @property
    def count(self) -> int | None:
        """All so far; None of what is no stream."""
        return max(self._events, round(self._bytes / _BYTES_PER_TOKEN)) if self._events else None


def _texts(line: bytes) -> Iterator[str]:
    try:
        document = _ANY.decode(line[len(_EVENT) :])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        yield line[len(_EVENT) :].decode("utf-8", "replace").replace("[DONE]", "").strip()
        return
    if not isinstance(document, dict):
        return
    delta = document.get("delta")  # of /v1/responses, whose other events say all of it again
    if isinstance(delta, str):
        yield delta
    left = [document.get("choices")]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left.extend(value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, str) and name in _TEXTS:
                    yield inner
                elif isinstance(inner, dict | list) and not (
                    name == _AGAIN and value.get("reasoning")
                ):
                    left.append(inner)


_ANY = msgspec.json.Decoder()
