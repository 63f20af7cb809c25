"""Does the answer make use of what the tool said?"""

import re

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._tools import call_as_text, calls, told
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.think_marks import without_thoughts

# An answer about one number comes to it before this.
_LONGEST = 20_000
# One other number as long may stand beside it: what the meter read before, say.
_MOST_OTHERS = 1
# 48,213 or 48 213 or 48.213 is one number; what stands behind a point is a part of it.
_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3})+(?!\d)|\d{1,12}")


@check
def names_tool_result(seen: Observation) -> Finding | None:
    """The text names the number that only the tool's result held.

    Reads `oracle["reading"]`. Returns None when it does or when nothing was answered; else a failing
    Finding, also for a further call instead of an answer, and for a text that names several numbers
    as long, which is a guess.
    """
    reading = seen.asked.oracle.get("reading") if seen.asked is not None else None
    if not isinstance(reading, int) or not answered(seen) or call_as_text(seen):
        return None
    text = without_thoughts(seen.reply.text)[:_LONGEST]
    said = {re.sub(r"\D", "", number) for number in _NUMBER.findall(text)}
    others = sum(1 for number in said if len(number) == len(str(reading))) - 1
    if str(reading) in said and others <= _MOST_OTHERS:
        return None
    if str(reading) in said:
        return Finding(expected=f"an answer with {reading}", saw=f"{reading} and {others} others")
    again = next(calls(seen), None)
    if again is not None:
        return Finding(expected=f"an answer with {reading}", saw=f"a call again: {told(again)}")
    saw = repr(excerpt(seen.reply.text, 120))
    return cut_short(seen, "the tool's number", saw) or Finding(
        expected=f"an answer with {reading}", saw=saw
    )
