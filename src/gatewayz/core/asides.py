"""What a message says beside its statement: offers of more room, other limits, a wrapper's names.

"Rate limit exceeded. Add credits to raise the limit" says nothing of credit that is gone, and a class
called RateLimitError nothing against "you exceeded your quota" behind it.
"""

from __future__ import annotations

import re
from itertools import chain

from gatewayz.core.lexicon import LEXICON
from gatewayz.core.words import Words, bounded

# The names by which client libraries raise a 429, whatever it was for.
_OF_A_PACE = re.compile(
    r"(?:\b[A-Za-z_]\w{0,30}\.){0,4}\b[A-Za-z]{0,30}(?:RateLimit|TooManyRequests|Throttl(?:ed|ing))"
    r"[A-Za-z]{0,20}(?:Error|Exception)\b[:\s-]{0,4}"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_CLAUSE = re.compile(r"(?<=[,;:，；：、])\s*|\s+[-–—]\s+")


def without_class_names(message: str) -> str:
    """A message without the names of errors that speak of a pace."""
    return _OF_A_PACE.sub("", bounded(message))


def without_offers(message: str) -> str:
    """A message without what it offers, and without the limits that it only mentions.

    A message that is nothing else stays as it is.
    """
    told = [part for part in _SENTENCE.split(bounded(message)) if part.strip()]
    kept = list(chain.from_iterable(map(_statements, told)))
    if any(_says(part, "minute-window used-up !daily") for part in kept):
        kept = [part for part in kept if not _says(part, "daily") or _says(part, "used-up")]
    return " ".join(kept) or message


def _statements(sentence: str) -> list[str]:
    """What of a sentence states something: all of it, or the clauses around an offer."""
    if not _says(sentence, "more-room"):
        return [sentence]
    return [part for part in _CLAUSE.split(sentence) if part and _is_statement(part)]


def _is_statement(clause: str) -> bool:
    return _says(clause, "used-up !more-room | money too-little")


def _says(text: str, what: str) -> bool:
    return Words(text, LEXICON).says(what)
