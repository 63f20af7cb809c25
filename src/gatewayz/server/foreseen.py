"""How many tokens a request may come to, before anybody has counted them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gatewayz.core.refusals import ALL_TOKEN_FIELDS
from gatewayz.server.routing import EMBEDDINGS, Order

# Of text in any common language a token has three bytes or more, nearly always.
_BYTES_PER_TOKEN = 3
# Where a request sets no limit: longer than most answers are.
_ANSWER = 1000
_NOT_SAID = frozenset(("model", "user", "metadata"))


def most_tokens(order: Order) -> int:
    """A third of the bytes of its texts, and the longest answer that it asks for, so many times.

    Pictures and sound within are not counted: what they come to differs from model to model.
    """
    body = order.body
    said = _bytes([value for name, value in body.items() if name not in _NOT_SAID])
    asked = -(-said // _BYTES_PER_TOKEN)
    if order.endpoint is EMBEDDINGS:  # its answer has no tokens
        return asked
    answers = body.get("n")
    times = answers if isinstance(answers, int) and answers > 0 else 1
    limits = [n for name in ALL_TOKEN_FIELDS if isinstance(n := body.get(name), int) and n > 0]
    return asked + min(limits, default=_ANSWER) * times


def _bytes(values: Iterable[Any]) -> int:
    total = 0
    for value in values:
        if isinstance(value, str):
            if not value.startswith("data:"):
                total += len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
        elif isinstance(value, dict):
            total += _bytes(value.values())
        elif isinstance(value, list):
            total += _bytes(value)
    return total
