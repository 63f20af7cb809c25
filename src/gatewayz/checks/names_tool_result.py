"""Does the answer make use of what the tool said?"""

import re

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._thoughts import without_thoughts
from gatewayz.checks._tools import call_as_text, calls, told
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# An answer about one number comes to it before this.
_LONGEST = 20_000
# Of the numbers that might have been the result so many may stand beside it; dates and the
# numbers of a list are smaller or larger than these.
_MIGHT_BE, _MOST_OTHERS = range(41, 211), 3


@check
def names_tool_result(seen: Observation) -> Finding | None:
    """The text names the temperature that only the tool's result held, in either unit.

    Reads `oracle["temperature_c"]`. Returns None when it does or when nothing was answered; else
    a failing Finding, also for a further call instead of an answer, and for a text that names many
    numbers, which is a guess.
    """
    if seen.asked is None or not answered(seen) or call_as_text(seen):
        return None
    celsius = int(seen.asked.oracle["temperature_c"])
    text = without_thoughts(seen.reply.text)[:_LONGEST]
    numbers = re.findall(r"\d{1,9}(?:\.\d{1,9})?", text)
    said = {round(float(number)) for number in numbers}
    right = {celsius, round(celsius * 9 / 5 + 32)}
    others = len((said - right) & set(_MIGHT_BE))
    if said & right and others <= _MOST_OTHERS:
        return None
    if said & right:
        return Finding(expected=f"an answer with {celsius}", saw=f"{celsius} and {others} others")
    again = next(calls(seen), None)
    if again is not None:
        return Finding(expected=f"an answer with {celsius}", saw=f"a call again: {told(again)}")
    saw = repr(excerpt(seen.reply.text, 120))
    return cut_short(seen, "the tool's number", saw) or Finding(
        expected=f"an answer with {celsius}", saw=saw
    )
