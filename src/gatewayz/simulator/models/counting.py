"""Counts from one number to another."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Ability, Asked

_COUNT = re.compile(
    r"\bcount\b(?: up)?(?: from (-?\d{1,6}))?[^.\d\n]{0,20}\b(?:to|until|till)\s+(-?\d{1,6})",
    re.IGNORECASE,
)
_FARTHEST = 5000


def _answer(asked: Asked) -> str | None:
    found = _COUNT.search(asked.text)
    if found is None:
        return None
    first, last = int(found.group(1) or 1), int(found.group(2))
    step = 1 if last >= first else -1
    numbers = range(first, last + step, step)[:_FARTHEST]
    return ", ".join(map(str, numbers))


ABILITY = Ability(90, _answer)
