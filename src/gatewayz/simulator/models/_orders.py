"""What a system message may order of every answer: a word to begin or to end with."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Asked

_ORDER = re.compile(
    r"\b(begin|start|open|end|finish|close)\b[^.\n\"“«']{0,60}\b(?:with|by)\b"
    r"[^.\n\"“«']{0,40}[\"“«']([^\"”»'\n]{1,80})[\"”»']",
    re.IGNORECASE,
)


def obeying(asked: Asked, text: str) -> str:
    """The text with what the system message wants at its ends; JSON stays JSON."""
    if asked.wants_json:
        return text
    for verb, word in _ORDER.findall(asked.system):
        at_the_end = verb.lower() in ("end", "finish", "close")
        text = f"{text} {word}" if at_the_end else f"{word} {text}"
    return text
