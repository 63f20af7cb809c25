"""Did the model see the digits in the picture?"""

import re

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._asked import sample
from gatewayz.checks._numbers import is_denied
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.think_marks import without_thoughts

# What may stand between two digits: "4 8 2", "4, 8, 2", "4-8-2".
_BETWEEN = r"([^\w]{0,4})"
# Another number as long, so close by, is an alternative; further off it may be the picture's size.
_NEAR, _MOST_OTHERS = 12, 1


@check
def reads_digits(seen: Observation) -> Finding | None:
    """The text holds the digits that were drawn, in order and with no others beside them.

    Others are digits that go on in the same way ("4-8-2-1-5"), and numbers as long to choose from.
    Reads `oracle["digits"]`. Returns None when it does or when there is no answer; else a failing
    Finding.
    """
    if seen.asked is None or not answered(seen):
        return None
    digits = str(seen.asked.oracle["digits"])
    text = sample(without_thoughts(seen.reply.text))
    found = re.finditer(rf"(?<!\d){_BETWEEN.join(digits)}(?!\d)", text)
    if any(_stands_alone(match, text) for match in found):
        return None
    saw = repr(excerpt(seen.reply.text, 120))
    return cut_short(seen, "the digits", saw) or Finding(expected=f"the digits {digits}", saw=saw)


def _stands_alone(match: re.Match[str], text: str) -> bool:
    return not (
        is_denied(text, match.start()) or _goes_on(match, text) or _is_one_of_several(match, text)
    )


def _goes_on(match: re.Match[str], text: str) -> bool:
    """Whether further digits stand before or behind, with between them what is between these."""
    before, behind = text[max(0, match.start() - 5) : match.start()], text[match.end() :][:5]
    for mark in {mark for mark in match.groups() if mark}:
        if re.search(rf"\d{re.escape(mark)}$", before) or re.match(rf"{re.escape(mark)}\d", behind):
            return True
    return False


def _is_one_of_several(match: re.Match[str], text: str) -> bool:
    own = re.sub(r"\D", "", match[0])
    others = {
        other[0]: max(other.start() - match.end(), match.start() - other.end())
        for other in re.finditer(rf"(?<!\d)\d{{{len(own)}}}(?!\d)", text)
        if other[0] != own
    }
    return len(others) > _MOST_OTHERS or any(far <= _NEAR for far in others.values())
