"""Do the token counts agree with each other?"""

from gatewayz.core import Finding, Observation, check


@check
def usage_adds_up(seen: Observation) -> Finding | None:
    """The total is no less than prompt and completion together; else a warning.

    What it is over may be thought that is counted apart, and told nowhere. Cached tokens may be
    left out of it.
    """
    usage = seen.reply.usage
    if usage is None or None in (usage.input_tokens, usage.output_tokens, usage.total_tokens):
        return None
    asked, said, total = usage.input_tokens or 0, usage.output_tokens or 0, usage.total_tokens or 0
    if total >= asked + said - (usage.cached_tokens or 0):
        return None
    return Finding(
        kind="usage-inconsistent", expected=f"{asked} + {said}", saw=f"total {total}", warning=True
    )
