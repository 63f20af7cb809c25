"""Came as many answers as were asked for?"""

from gatewayz.checks._asked import left_out
from gatewayz.core import Finding, Observation, check


@check
def as_many_choices_as_asked(seen: Observation) -> Finding | None:
    """There are `n` choices with indexes of their own, and no more; else a failing Finding."""
    n = seen.asked.extra.get("n") if seen.asked is not None else None
    came = seen.reply.choices
    if not isinstance(n, int) or came == n:
        return None
    return left_out(seen, "n") or Finding(kind="n-ignored", expected=f"{n} choices", saw=str(came))
