"""Do the tool calls ask for what the question is about?"""

import json
import re
import unicodedata
from collections.abc import Iterable
from itertools import filterfalse
from typing import Any

from gatewayz.checks._tools import arguments, calls, offered, told
from gatewayz.core import Finding, Observation, check

_LONGEST = 5000  # characters
_WORD = re.compile(r"[^\W\d_]+")


@check
def calls_cover_question(seen: Observation) -> Finding | None:
    """For each subject of the question there is a call of its own whose arguments name it alone.

    Reads `oracle["subjects"]`, and `oracle["others"]`: what else the question might have been about.
    Returns None when there is, and when no call came that can be read; a warning for a single call
    where several were asked for, since one at a time is legal; else a failing Finding, also for a
    call about two subjects, or about one that nobody asked for.
    """
    oracle = seen.asked.oracle if seen.asked is not None else {}
    subjects = oracle.get("subjects", ())
    made = list(calls(seen))
    schemas = offered(seen)
    given = [arguments(call, schemas.get(call.name, {})).value for call in made]
    if not made or not all(isinstance(values, dict) for values in given):
        return None
    texts = [_text(values) for values in given]
    expected = f"a call for {' and for '.join(subjects)}"
    for call, text in zip(made, texts, strict=True):
        named = [subject for subject in subjects if _letters(subject) in text]
        if len(named) > 1 or (subjects and _names_any(oracle.get("others", ()), text)):
            return Finding(expected=f"{expected} alone", saw=told(call))
    missing = [s for s in subjects if not any(_letters(s) in text for text in texts)]
    if len(made) == 1 and len(subjects) > 1 and len(missing) < len(subjects):
        return Finding(expected=expected, saw=f"one call: {told(made[0])}", warning=True)
    if not missing:
        return None
    return Finding(expected=expected, saw=", ".join(map(told, made[:3])))


def _text(values: Any) -> str:
    """Arguments as text, of which a subject needs only the beginning."""
    written = ""
    try:
        for piece in json.JSONEncoder(ensure_ascii=False).iterencode(values):
            written += piece[:_LONGEST]
            if len(written) >= _LONGEST:
                break
        return _letters(written[:_LONGEST])
    except RecursionError:
        return ""


def _names_any(others: Iterable[str], text: str) -> bool:
    """Whether one of these stands in a text as a word of its own."""
    words = frozenset(_WORD.findall(text))
    return any(_letters(other) in words for other in others)


def _letters(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.casefold()
    split = unicodedata.normalize("NFKD", text)
    return "".join(filterfalse(unicodedata.combining, split)).casefold()
