"""Does the answer say how many tokens it took?"""

from gatewayz.core import Finding, Observation, check


@check
def usage_reported(seen: Observation) -> Finding | None:
    """The reply carries a usage object somewhere.

    Returns None when it does, or when the gateway's dialect could not be asked; else a warning.
    """
    last = seen.last
    if seen.reply.usage is not None or last is None:
        return None
    if last.streamed and (not last.url or "stream_options" not in last.body):
        return None
    return Finding(kind="usage-missing", expected="usage", saw="none", warning=True)
