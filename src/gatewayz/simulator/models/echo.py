"""Says what it was told to say, character by character."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Ability, Asked

_VERB = re.compile(
    r"\b(?:respond|reply|answer|say|repeat|return|echo|copy|print|output|write)\b", re.IGNORECASE
)
_OPENING = re.compile(r"(?<![\w])[\"“„«']")
_CLOSING = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'"}
_UNQUOTED = re.compile(r"(?:code ?word|word|phrase|text)[^\n:]{0,40}:\s*(\S+)", re.IGNORECASE)
_FARTHEST_CHARS = 80


def _answer(asked: Asked) -> str | None:
    verb = _VERB.search(asked.text)
    if verb is not None:
        said = _quoted(asked.text, verb.end())
        if said:
            return said
    unquoted = _UNQUOTED.search(asked.text)
    return unquoted.group(1) if unquoted else None


def _quoted(text: str, start: int) -> str:
    """What stands in quotes soon after the verb.

    Where the quotes close the whole message the last mark is the one that closes them, since the
    text between may hold marks of its own.
    """
    opening = _OPENING.search(text, start, start + _FARTHEST_CHARS)
    if opening is None:
        return ""
    mark = _CLOSING[opening.group()]
    end = text.rstrip(" \t\r\n.!")
    at = len(end) - 1 if end.endswith(mark) else text.find(mark, opening.end())
    return text[opening.end() : at].strip() if at > opening.end() else ""


ABILITY = Ability(80, _answer)
