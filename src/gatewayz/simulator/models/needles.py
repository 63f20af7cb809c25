"""Facts of one kind scattered in a text ("the code for red is 4711"), asked for at its end."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Ability, Asked

_FACT = re.compile(
    r"\b(\w{2,30}) (?:for|of) (?:the )?([\w-]{1,40}) (?:is|equals|=):? [\"“']?([\w-]{1,60})",
    re.IGNORECASE,
)
_LAST_CHARS = 1000


def _answer(asked: Asked) -> str | None:
    """The values of the things that the last line names, in its order."""
    question = _question(asked.text)
    told = "\n".join((*asked.earlier, asked.text.removesuffix(question)))
    found: dict[str, str] = {}
    nouns = {word.lower().removesuffix("s") for word in re.findall(r"\w+", question)}
    for noun, subject, value in _FACT.findall(told):
        if noun.lower().removesuffix("s") in nouns:
            found.setdefault(subject.lower(), value)
    named = dict.fromkeys(word.lower() for word in re.findall(r"[\w-]+", question))
    return ", ".join(found[word] for word in named if word in found) or None


def _question(text: str) -> str:
    """The last line; of a single line the last sentence."""
    tail = text.rstrip()[-_LAST_CHARS:]
    _, line_end, last = tail.rpartition("\n")
    if line_end:
        return last
    sentences = re.split(r"(?<=[.?!])\s+", tail)
    return sentences[-1] if len(sentences) > 1 else ""


ABILITY = Ability(60, _answer)
