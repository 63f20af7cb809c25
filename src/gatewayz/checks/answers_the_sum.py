"""Is the sum right?"""

import re

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._asked import sample
from gatewayz.checks._numbers import is_denied
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.think_marks import without_thoughts

# Who shows each step comes to a few other numbers as long; more are a list to choose from.
_MOST_OTHERS = 20
# 1,234 or 1 234 or 1.234 is one number.
_GROUPED = re.compile(r"(?<=\d)[,.\u00a0\u202f ](?=\d{3}(?!\d))")


@check
def answers_the_sum(seen: Observation) -> Finding | None:
    """The number that is asked for stands in the answer, thoughts not counted; else it fails.

    One that is said not to be it does not count, nor one in a list of many. No text at all fails as
    well, unless `usable_content` says why there is none.
    """
    asked = seen.asked
    number = asked.oracle.get("answer") if asked is not None else None
    text = without_thoughts(sample(seen.reply.text))
    if not isinstance(number, str) or not answered(seen):
        return None
    plain = _GROUPED.sub("", text)
    meant = any(
        not is_denied(plain, found.start())
        for found in re.finditer(rf"(?<!\d){re.escape(number)}(?!\d)", plain)
    )
    others = {other for other in re.findall(r"\d{1,12}", plain) if len(other) == len(number)}
    if meant and len(others - {number}) <= _MOST_OTHERS:
        return None
    saw = repr(excerpt(text.strip(), 120))
    return cut_short(seen, number) or Finding(expected=number, saw=saw)
