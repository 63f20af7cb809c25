"""JSON as it should be, and a name for each way in which it is not."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_DEPTH = 200


class BadDocument(Exception):
    """Not the JSON it should be; `kind` is a name from the failure table."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        super().__init__(detail)


def parse(data: bytes | str) -> tuple[Any, bool]:
    """The document, and whether some object in it holds a key twice.

    Strict: UTF-8, nothing after the document, no NaN, bounded depth and integers. Of a doubled
    key the last value counts.
    Raises: BadDocument.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise BadDocument("json-control-chars", f"not UTF-8 at byte {error.start}") from None
    _bound_depth(text)
    doubled = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        found = dict(items)
        doubled = doubled or len(found) != len(items)
        return found

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant), doubled
    except json.JSONDecodeError as error:
        raise BadDocument(_kind_of(error, text), f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise BadDocument("json-deep-nesting", "nested too deeply") from None
    except ValueError as error:  # an integer of thousands of digits, or NaN
        raise BadDocument("json-control-chars", str(error)) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _bound_depth(text: str) -> None:
    """Brackets open at once, whether in strings or not, bound the depth from above."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = deepest = 0
    in_string = escaped = False
    for ch in text:
        if in_string:
            if escaped:
                escaped = False
            elif ch == "\\":
                escaped = True
            elif ch == '"':
                in_string = False
        elif ch == '"':
            in_string = True
        elif ch in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                raise BadDocument("json-deep-nesting", f"nested deeper than {MAX_DEPTH}")
        elif ch in "]}":
            depth -= 1


def _kind_of(error: json.JSONDecodeError, text: str) -> str:
    if error.msg.startswith("Extra data"):
        return "json-trailing-garbage"
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    return "json-truncated" if at_end else "json-control-chars"
