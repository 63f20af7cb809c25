"""JSON that was ordered and comes in wrappings, or in another form than its schema's."""

from __future__ import annotations

import json
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.faults.planting import format_of, on_text, parsed, schema_of, wants_json
from gatewayz.simulator.spoiling import spoiled
from gatewayz.simulator.turn import Turn

_BEFORE = (
    "Here is the JSON you asked for:\n\n", "Sure! ", "Certainly, this should do:\n", "JSON: ",
    "Hier ist das gewünschte Objekt:\n", "Based on your request, I came up with this. ",
)  # fmt: skip
_AFTER = (
    "\n\nI hope this helps!", "\n\nLet me know if you need more fields.", "\n// end of object",
    "\n\nNote: the values are made up.", " That is all.", "\n\n希望对你有帮助。",
)  # fmt: skip


def _json_text(turn: Turn, answer: Answer | None) -> bool:
    return (
        wants_json(turn)
        and answer is not None
        and answer.finish == "stop"
        and not answer.calls
        and answer.text.startswith("{")
    )


def _spaced(turn: Turn, text: str) -> str:
    """The same JSON, compact or spread over lines; what is none any more stays as it is."""
    value = parsed(text)
    if not value:
        return text
    indent = turn.rng.choice((None, 2, 4))
    return json.dumps(value, indent=indent, ensure_ascii=False)


def _fenced(turn: Turn, text: str) -> str:
    tag = turn.rng.choice(("json", "json", "", "JSON", "javascript", "json5"))
    end = turn.rng.choice(("\n", "\r\n"))
    fence = turn.rng.choice(("```", "```", "````"))
    tail = turn.rng.choice(("", end))
    return f"{fence}{tag}{end}{_spaced(turn, text)}{end}{fence}{tail}"


def _prose_before(turn: Turn, text: str) -> str:
    return turn.rng.choice(_BEFORE) + _spaced(turn, text)


def _prose_after(turn: Turn, text: str) -> str:
    return _spaced(turn, text) + turn.rng.choice(_AFTER)


def _prose_around(turn: Turn, text: str) -> str:
    return turn.rng.choice(_BEFORE) + _spaced(turn, text) + turn.rng.choice(_AFTER)


def _has_schema(turn: Turn, answer: Answer | None) -> bool:
    if format_of(turn) != "json_schema" or answer is None or not _json_text(turn, answer):
        return False
    return _off(turn, answer.text) is not None


def _off(turn: Turn, text: str) -> Any:
    return spoiled(schema_of(turn), parsed(text), turn.rng)


def _off_schema(turn: Turn, text: str) -> str:
    """What a model says that was only told of the schema, or not at all."""
    return json.dumps(_off(turn, text), ensure_ascii=False)


FAULTS = (
    on_text("json-mode-fenced", _fenced, when=_json_text),
    on_text("json-mode-prose", _prose_before, _prose_after, _prose_around, when=_json_text),
    on_text("schema-violated", _off_schema, when=_has_schema),
)
