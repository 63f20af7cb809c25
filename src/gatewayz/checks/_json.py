"""JSON as models write it: read strictly, and found where something stands around it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NoReturn

from gatewayz.core.text import of_json
from gatewayz.core.think_marks import without_thoughts

# So many opening braces are tried before a text is said to hold no JSON.
_TRIES = 8
_FENCE = re.compile(r"```|~~~|`\s*\Z")


class NotJson(ValueError):
    """The text is no JSON; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Found:
    """The JSON of a text and what stands around it.

    `place` is "whole" (nothing around it), "fenced", "prose" (other text around it) or "nowhere",
    and `why` then says what is wrong with the text as JSON. In a fence and amid prose only an
    object counts as JSON.
    """

    place: Literal["whole", "fenced", "prose", "nowhere"]
    value: Any = None
    why: str = ""


def read(text: str) -> Any:
    """The value of a JSON text, read by the standard: no NaN, nothing behind it.

    Raises: NotJson, also for nesting and numbers that no parser has to bear.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise NotJson(of_json(error)) from None
    except RecursionError:
        raise NotJson("nested too deep") from None
    except ValueError:
        raise NotJson("a number that is none, or has thousands of digits") from None


# Several checks read one answer; the last few are kept, for as long as they are judged.
@lru_cache(maxsize=4)
def find(text: str) -> Found:
    """The JSON of an answer; a thought before it, left in the text, is not counted."""
    text = text.removeprefix("\ufeff")
    found = _whole(text)
    if found.place == "whole":
        return found
    answer = without_thoughts(text)
    if answer != text:
        found = _whole(answer)
    return found if found.place == "whole" else _amid(answer) or found


def _whole(text: str) -> Found:
    try:
        return Found("whole", read(text))
    except NotJson as error:
        return Found("nowhere", why=str(error))


def _amid(text: str) -> Found | None:
    """The first object in a text with more around it than blanks."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    start = text.find("{")
    for _ in range(_TRIES):
        if start < 0:
            return None
        try:
            value, _ = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            # What is nested in a broken object is not what was meant.
            start = text.find("{", max(error.pos, start + 1))
            continue
        except (ValueError, RecursionError):
            return None
        return Found("fenced" if _FENCE.search(text[:start]) else "prose", value)
    return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
