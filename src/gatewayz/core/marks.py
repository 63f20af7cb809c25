"""A mark before a question, so that no two are alike: neither a cache of answers nor one of prefixes
knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

# Digits in threes: most tokenizers make as many tokens of one such number as of any other.
_LEAST, _BEYOND = 100_000_000, 1_000_000_000


def mark_for(place: str) -> str:
    """The mark of a place: nine digits, the same for the same place and hardly ever for another."""
    return str(Random(place).randrange(_LEAST, _BEYOND))


def marked(messages: Sequence[Mapping[str, Any]], mark: str) -> tuple[Mapping[str, Any], ...]:
    """OpenAI-shaped messages with a mark before the first text that there is; "" leaves them as they are."""
    found = list(messages)
    if not mark:
        return tuple(found)
    for at, message in enumerate(found):
        content = message.get("content")
        if isinstance(content, str):
            found[at] = {**message, "content": f"[{mark}] {content}"}
            return tuple(found)
        if isinstance(content, list):
            found[at] = {**message, "content": [{"type": "text", "text": f"[{mark}]"}, *content]}
            return tuple(found)
    return ({"role": "user", "content": f"[{mark}]"}, *found)
