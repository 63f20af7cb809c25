"""What of a value that somebody wrote into a file cannot go out as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_HALF = "it holds half a character, such as \\uD800, which cannot be sent; leave it out"
_NO_JSON = "it cannot be sent as JSON; put dates and the like in quotes"
_TOO_LARGE = "it holds a number of more digits than a provider can read (64 bits); make it smaller"
_LOW, _HIGH = -(2**63), 2**64 - 1


def unsendable(value: Any) -> str:
    """Why a value cannot be sent, and what to do; "" where it can.

    A provider written in C, Go or Rust has 64 bits for a whole number; NaN and what has no end are none
    in JSON (RFC 8259, section 6).
    """
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        return "" if _fits(value) else _TOO_LARGE
    except UnicodeEncodeError:
        return _HALF
    except (TypeError, ValueError, RecursionError):
        return _NO_JSON


def _fits(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_fits, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_fits, value))
    return not isinstance(value, int) or _LOW <= value <= _HIGH
