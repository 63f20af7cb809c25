"""What was said in earlier turns: a fact is remembered, and told when it is asked for."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Ability, Asked

_FACT = re.compile(
    r"\b(?:the|my|our|your) ([\w ]{2,40}?) (?:is|was|shall be)(?: called)?:? "
    r"(?:[\"“«']([^\"”»'\n]{1,200})[\"”»']|([\w-]{1,60}))",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\b(?:what|which)(?:'s|’s| is| was) (?:the|my|our|your) ([\w ]{2,40}?)\s*(?:\?|$|that|which|I )",
    re.IGNORECASE,
)
_BRIEFLY = re.compile(r"\b(?:only|just|nothing else|alone)\b", re.IGNORECASE)


def _answer(asked: Asked) -> str | None:
    question = _QUESTION.search(asked.text)
    if question is None:
        return None
    wanted = question.group(1).strip().lower()
    found = ""
    for text in asked.earlier:
        for subject, quoted, bare in _FACT.findall(text):
            if subject.strip().lower() == wanted:
                found = quoted or bare
    if found:
        return found if _BRIEFLY.search(asked.text) else f'The {wanted} is "{found}".'
    if _is_told_by_people(wanted):
        return f"I do not know the {wanted}: nobody has told me."
    return None


def _is_told_by_people(subject: str) -> bool:
    """Whether it can only be known from the talk itself."""
    return bool(re.search(r"\b(?:code ?word|password|secret|name|number|pin|phrase)\b", subject))


ABILITY = Ability(70, _answer)
