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
_LIMITS = frozenset(ALL_TOKEN_FIELDS)
_PICTURE = "data:"
_MAY_HOLD_PICTURES = b'"data:'


def most_tokens(order: Order, data: bytes) -> int:
    """A third of the bytes that are sent, and the longest answer asked for, so many times.

    Pictures within are not counted: what they come to differs from model to model.
    """
    body = order.body
    said = len(data)
    if _MAY_HOLD_PICTURES in data:
        said = max(0, said - _pictures(body.values()))
    asked = -(-said // _BYTES_PER_TOKEN)
    if order.endpoint is EMBEDDINGS:  # its answer has no tokens
        return asked
    answers = body.get("n", 1)
    times = answers if isinstance(answers, int) and answers > 0 else 1
    limits = [n for name in body.keys() & _LIMITS if isinstance(n := body[name], int) and n > 0]
    return asked + min(limits, default=_ANSWER) * times


def _pictures(values: Iterable[Any]) -> int:
    """The length of all pictures that are given as they are."""
    total = 0
    for value in values:
        if isinstance(value, str):
            total += len(value) if value.startswith(_PICTURE) else 0
        elif isinstance(value, dict):
            total += _pictures(value.values())
        elif isinstance(value, list):
            total += _pictures(value)
    return total
