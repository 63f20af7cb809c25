"""A value as it was seen, bounded, to show what was odd about it.

Here nothing is cleaned of secrets yet: where a text is cut it says so, since a piece of a key is
looked for beside a cut.
"""

from __future__ import annotations

import json
from typing import Any

from gatewayz.core.text import excerpt

MOST_CHARS = 160


def quoted(text: str) -> str:
    """The text in quotation marks, its beginning and its end where it is long."""
    return f"'{excerpt(text, MOST_CHARS)}'"


def as_json(value: Any) -> str:
    """A value of a document as JSON, bounded; its type where it is no data."""
    try:
        return excerpt(json.dumps(value, ensure_ascii=False), MOST_CHARS)
    except (TypeError, ValueError, RecursionError):
        return type(value).__name__


def around(text: str, at: int) -> str:
    """The place in a long text that is at fault, in quotation marks, with a little before it."""
    if len(text) <= MOST_CHARS:
        return quoted(text)
    start = max(0, min(at - MOST_CHARS // 2, len(text) - MOST_CHARS))
    end = start + MOST_CHARS
    before, after = "... " if start else "", " ..." if end < len(text) else ""
    return f"'{before}{text[start:end]}{after}'"
