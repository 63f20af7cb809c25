"""How many tokens a request may come to, before anybody has counted them."""

from __future__ import annotations

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


def _bytes(value: Any) -> int:
    if isinstance(value, str):
        if value.startswith("data:"):
            return 0
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return 0
    total = 0
    for one in value:
        total += _bytes(one)
    return total
