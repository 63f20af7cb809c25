"""Numbers in an answer's text: whether one is meant, or only spoken of."""

from __future__ import annotations

import re

# "not 4821", in the languages in which models answer; what stands further before it is of something
# else: "I am not sure, but it is 4821".
_DENIED = re.compile(
    r"(?:\bnot|n['’]t|\bnicht|\bkein\w{0,2}|\bpas|\bno es|\bnão(?: é)?|\bnon(?: è)?|\bне|不是|ではなく)"
    r"(?: (?:the (?:number|digits|sum|answer)|equal(?: to)?|be))?[\s:\"'“„«*`]{0,4}$",
    re.IGNORECASE,
)
_BEFORE = 40
# What may stand between groups of three digits: 87,123 or 87.123 or 87'123 or 87 123.
_GROUPING = "[,.'’\u00a0\u2009\u202f ]?"


def is_denied(text: str, at: int) -> bool:
    """Whether the number that begins at this character is said not to be the one."""
    return _DENIED.search(text[max(0, at - _BEFORE) : at]) is not None


def written(number: str) -> re.Pattern[str]:
    """A whole number in digits, its groups of three apart or not, and no part of a longer one."""
    first = len(number) % 3
    groups = [number[:first], *(number[at : at + 3] for at in range(first, len(number), 3))]
    digits = _GROUPING.join(filter(None, groups))
    return re.compile(rf"(?<!\d){digits}(?!\d)")
