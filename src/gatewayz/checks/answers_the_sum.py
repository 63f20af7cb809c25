"""Is the sum right?"""

import re

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._asked import sample
from gatewayz.checks._thoughts import without_thoughts
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# 1,234 or 1 234 or 1.234 is one number.
_GROUPED = re.compile(r"(?<=\d)[,.\u00a0\u202f ](?=\d{3}(?!\d))")


@check
def answers_the_sum(seen: Observation) -> Finding | None:
    """The number that is asked for stands in the answer, thoughts not counted; else it fails.

    So does no text at all, unless `usable_content` says why there is none.
    """
    asked = seen.asked
    number = asked.oracle.get("answer") if asked is not None else None
    text = without_thoughts(sample(seen.reply.text))
    if not isinstance(number, str) or not answered(seen):
        return None
    if re.search(rf"(?<!\d){re.escape(number)}(?!\d)", _GROUPED.sub("", text)):
        return None
    saw = repr(excerpt(text.strip(), 120))
    return cut_short(seen, number) or Finding(expected=number, saw=saw)
