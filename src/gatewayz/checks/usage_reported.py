"""Does the answer say how many tokens it took?"""

from gatewayz.core import Finding, Observation, Usage, check

_NOTHING = (None, None, None)


@check
def usage_reported(seen: Observation) -> Finding | None:
    """The reply carries a usage object somewhere, with a count in it.

    Returns None when it does, or when the gateway's dialect could not be asked; else a warning.
    """
    if "usage-inconsistent" in seen.reply.oddities:
        return None  # it came, and what came is told as odd
    last = seen.last
    usage = seen.reply.usage or Usage()
    if last is None or (usage.input_tokens, usage.output_tokens, usage.total_tokens) != _NOTHING:
        return None
    if last.streamed and (not last.url or "stream_options" not in last.body):
        return None
    return Finding(kind="usage-missing", expected="usage", saw="none", warning=True)
