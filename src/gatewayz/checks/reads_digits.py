"""Did the model see the digits in the picture?"""

import re

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._asked import sample
from gatewayz.checks._thoughts import without_thoughts
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# What may stand between two digits: "4 8 2", "4, 8, 2", "4-8-2".
_BETWEEN = r"[^\w]{0,4}"


@check
def reads_digits(seen: Observation) -> Finding | None:
    """The text holds the digits that were drawn, in order and with no others beside them.

    Reads `oracle["digits"]`. Returns None when it does or when there is no answer; else a failing
    Finding.
    """
    if seen.asked is None or not answered(seen):
        return None
    digits = str(seen.asked.oracle["digits"])
    text = sample(without_thoughts(seen.reply.text))
    if re.search(rf"(?<!\d){_BETWEEN.join(digits)}(?!\d)", text):
        return None
    saw = repr(excerpt(seen.reply.text, 120))
    return cut_short(seen, "the digits", saw) or Finding(expected=f"the digits {digits}", saw=saw)
