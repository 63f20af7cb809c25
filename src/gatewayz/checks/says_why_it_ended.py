"""Does the answer say that it is complete?"""

from gatewayz.core import Finding, Observation, check


@check
def says_why_it_ended(seen: Observation) -> Finding | None:
    """The reply carries a finish reason, be it one outside the contract.

    Returns None when it does, and for a client's own functions, which may give less; else a
    warning: the document is whole, so its answer is. A stream that ends without one may have been
    cut, which is named while it is read.
    """
    last = seen.last
    if last is None or not last.url or seen.reply.finish_reason:
        return None
    if "finish-unknown" in seen.reply.oddities:
        return None
    return Finding(
        kind="finish-unknown",
        failure_class="semantic",
        expected="a finish_reason",
        saw="none",
        warning=True,
    )
