"""Do two questions that have nothing in common get two answers?"""

from gatewayz.checks._answers import made_just_now
from gatewayz.core import Culprit, Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def differs_for_another_question(seen: Observation) -> Finding | None:
    """The last answer is not the first one over again; else a failing Finding.

    How well either was answered is not asked, so that it holds of the weakest model.
    """
    if len(seen.replies) < 2:
        return None
    first, last = seen.replies[0].text.strip(), seen.reply.text.strip()
    if not first or first != last:
        return None
    return Finding(
        kind="stale-cached-answer",
        expected="another answer to another question",
        saw=f"{excerpt(last, 120)!r} to both",
        culprit=Culprit.MODEL if made_just_now(seen) else None,
    )
