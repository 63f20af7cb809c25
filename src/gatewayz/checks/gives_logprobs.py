"""Came log probabilities where they were asked for?"""

from gatewayz.core import Finding, Observation, check


@check
def gives_logprobs(seen: Observation) -> Finding | None:
    """The reply carries log probabilities; else a warning."""
    asked = seen.asked is not None and seen.asked.extra.get("logprobs")
    if not asked or seen.reply.logprobs:
        return None
    return Finding(kind="logprobs-ignored", expected="logprobs", saw="none", warning=True)
