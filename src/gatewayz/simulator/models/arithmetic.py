"""One sum, difference, product or quotient of two whole numbers."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Ability, Asked

_TASK = re.compile(
    r"(?<![\w.])(-?\d{1,15})\s*(\+|plus|-|−|minus|\*|×|x|times|/|÷|divided by)\s*(-?\d{1,15})(?![\w])",
    re.IGNORECASE,
)
_BRIEFLY = re.compile(r"\b(?:only|just|nothing else|alone)\b", re.IGNORECASE)
_SIGNS = {"plus": "+", "−": "-", "minus": "-", "×": "*", "x": "*", "times": "*"}


def _answer(asked: Asked) -> str | None:
    task = _TASK.search(asked.text)
    if task is None:
        return None
    left, word, right = int(task.group(1)), task.group(2).lower(), int(task.group(3))
    value = _value(left, _SIGNS.get(word, word), right)
    if value is None:
        return "A number cannot be divided by zero."
    whole = f"{value:g}" if isinstance(value, float) else str(value)
    return whole if _BRIEFLY.search(asked.text) else f"{left} {task.group(2)} {right} = {whole}"


def _value(left: int, sign: str, right: int) -> int | float | None:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if right == 0:
        return None
    return left // right if left % right == 0 else left / right


ABILITY = Ability(100, _answer)
