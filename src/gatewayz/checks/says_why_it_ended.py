"""Does the answer say that it is complete?"""

from gatewayz.core import Finding, Observation, check


@check
def says_why_it_ended(seen: Observation) -> Finding | None:
    """The reply carries a finish reason, be it one outside the contract.

    Returns None when it does, and for a client's own functions, which may give less; else a
    failing Finding. A stream that ends without one is named while it is read.
    """
    last = seen.last
    if last is None or not last.url or seen.reply.finish_reason:
        return None
    if "finish-unknown" in seen.reply.oddities:
        return None
    return Finding(failure_class="protocol", expected="a finish_reason", saw="none")
