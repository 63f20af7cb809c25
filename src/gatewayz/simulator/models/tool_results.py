"""A tool has answered: the model says in a sentence what came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from gatewayz.simulator.answers import text_of
from gatewayz.simulator.models._asked import Ability, Asked


def _answer(asked: Asked) -> str | None:
    results = list(takewhile(lambda m: m.get("role") == "tool", reversed(asked.messages)))
    if not results:
        return None
    told = [_told(text_of(message)) for message in reversed(results)]
    return f"The tool says: {'; '.join(told)}."


def _told(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip() or "nothing"
    return ", ".join(_facts("", value)) or "nothing"


def _facts(name: str, value: Any) -> Iterator[str]:
    """Each leaf as "its name is its value"."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(key.replace("_", " "), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _facts(name, inner)
    else:
        said = value if isinstance(value, str) else json.dumps(value)
        yield f"{name} is {said}" if name else said


ABILITY = Ability(20, _answer)
