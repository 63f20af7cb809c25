"""A value that satisfies a JSON schema: arguments of a tool, or an answer in a given form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

_DEEPEST = 12
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORDS = ("amber", "brook", "cedar", "dune", "ember", "fjord", "grove", "harbour", "iris")
_FORMATS = {
    "date": "2026-08-20",
    "date-time": "2026-08-20T12:00:00Z",
    "time": "12:00:00Z",
    "email": "ada@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def filled(
    schema: Mapping[str, Any], rng: Random, *, text: str = "", subject: str = "", depth: int = 0
) -> Any:
    """A value for a schema, out of the question where the question has one.

    Values of an enum are taken when the text names them; the first string without one is
    `subject`. Where neither helps, the value is made up.
    """
    if depth > _DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    values = schema.get("enum")
    if isinstance(values, list) and values:
        said = [value for value in values if _is_said(value, text)]
        return said[0] if said else rng.choice(values)
    for name in ("anyOf", "oneOf", "allOf"):
        options = schema.get(name)
        if isinstance(options, list) and options and isinstance(options[0], Mapping):
            return filled(options[0], rng, text=text, subject=subject, depth=depth)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object" or "properties" in schema or (kind is None and depth == 0):
        return _object(schema, rng, text, subject, depth)
    if kind == "array":
        return _array(schema, rng, text, subject, depth)
    if kind in ("integer", "number"):
        return _number(schema, text, whole=kind == "integer")
    if kind == "boolean":
        return True
    return None if kind == "null" else _string(schema, rng, subject)


def _object(
    schema: Mapping[str, Any], rng: Random, text: str, subject: str, depth: int
) -> dict[str, Any]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    found: dict[str, Any] = {}
    for name, inner in properties.items():
        inner = inner if isinstance(inner, Mapping) else {}
        asked = any(_is_said(value, text) for value in inner.get("enum") or ())
        if isinstance(required, list) and name not in required and not asked:
            continue
        found[name] = filled(inner, rng, text=text, subject=subject, depth=depth + 1)
        if found[name] == subject:
            subject = ""
    return found


def _array(
    schema: Mapping[str, Any], rng: Random, text: str, subject: str, depth: int
) -> list[Any]:
    items = schema.get("items")
    count = max(1, _whole(schema.get("minItems"), 1))
    item = items if isinstance(items, Mapping) else {"type": "string"}
    return [
        filled(item, rng, text=text, subject=subject, depth=depth + 1)
        for _ in range(min(count, 50))
    ]


def _number(schema: Mapping[str, Any], text: str, *, whole: bool) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        low = schema["exclusiveMinimum"] + 1
    said = [float(number) for number in _NUMBER.findall(text)[:20]]
    fitting = [
        number
        for number in (*said, *(bound for bound in (low, high) if bound is not None), 1.0)
        if (low is None or number >= low) and (high is None or number <= high)
    ]
    number = fitting[0] if fitting else 1.0
    return int(number) if whole or float(number).is_integer() else number


def _string(schema: Mapping[str, Any], rng: Random, subject: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    value = subject or rng.choice(_WORDS)
    value = value.ljust(_whole(schema.get("minLength"), 0), "x")
    return value[: _whole(schema.get("maxLength"), len(value))]


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _is_said(value: Any, text: str) -> bool:
    return isinstance(value, str) and re.search(rf"\b{re.escape(value)}\b", text, re.I) is not None
