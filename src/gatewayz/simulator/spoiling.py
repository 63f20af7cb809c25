"""A value that no longer satisfies its JSON schema, in as many ways as the schema forbids."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

_WRONG: Mapping[str, Any] = {
    "string": 17, "integer": "seventeen", "number": "a lot", "boolean": "maybe",
    "array": "one, two", "object": "none", "null": "nothing",
}  # fmt: skip


def spoiled(schema: Mapping[str, Any], value: Any, rng: Random) -> Any:
    """The value with one thing wrong; None when the schema forbids nothing that it holds."""
    ways = list(_ways(schema, value, rng))
    return rng.choice(ways) if ways else None


def _ways(schema: Mapping[str, Any], value: Any, rng: Random) -> Iterator[Any]:
    if not isinstance(value, dict):
        if schema.get("type") in _WRONG:
            yield _WRONG[schema["type"]]
        return
    required = [name for name in schema.get("required") or () if name in value]
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    if required:
        missing = rng.choice(required)
        yield {name: inner for name, inner in value.items() if name != missing}
        yield {_misspelt(name): inner for name, inner in value.items()}
        yield {"answer": "happy", "mood": "sunny"}
        yield {}
    if schema.get("additionalProperties") is False:
        yield {**value, rng.choice(("note", "explanation", "confidence")): "as asked"}
    for name, inner in value.items():
        one = properties.get(name)
        if isinstance(one, Mapping):
            yield from ({**copy.deepcopy(value), name: wrong} for wrong in _wrong_for(one, inner))


def _wrong_for(schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
    """What this property cannot be."""
    values = schema.get("enum")
    if isinstance(values, list):
        others = [other for other in (f"{value}s", "unknown", "happy") if other not in values]
        yield from others
        if all(isinstance(one, str) for one in values):
            yield None
            yield 17
    elif schema.get("type") in _WRONG:
        yield _WRONG[schema["type"]]
        yield None if schema["type"] != "null" else 0
        if schema["type"] != "array":
            yield [value]


def _misspelt(name: str) -> str:
    """The same name in another manner of writing."""
    other = name.title().replace("_", "") if "_" in name else f"{name}_value"
    return other if other != name else f"{name}_"
