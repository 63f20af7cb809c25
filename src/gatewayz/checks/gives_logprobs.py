"""Came log probabilities where they were asked for?"""

from gatewayz.checks._asked import left_out
from gatewayz.core import Finding, Observation, check


@check
def gives_logprobs(seen: Observation) -> Finding | None:
    """The reply carries log probabilities; else a warning."""
    asked = seen.asked is not None and seen.asked.extra.get("logprobs")
    if not asked or seen.reply.logprobs:
        return None
    return left_out(seen, "logprobs") or Finding(
        kind="logprobs-ignored", expected="logprobs", saw="none", warning=True
    )
