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


def is_denied(text: str, at: int) -> bool:
    """Whether the number that begins at this character is said not to be the one."""
    return _DENIED.search(text[max(0, at - _BEFORE) : at]) is not None
