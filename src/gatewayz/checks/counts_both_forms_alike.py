"""Is a prompt's token count the same, streamed and not?"""

from gatewayz.core import Finding, Observation, check

_SLACK_TOKENS, _SLACK_SHARE = 3, 0.02


@check
def counts_both_forms_alike(seen: Observation) -> Finding | None:
    """The first and the last answer report the same prompt tokens, cached ones in or out; else a
    warning.
    """
    first, last = seen.replies[0].usage if seen.replies else None, seen.reply.usage
    if first is None or last is None:
        return None
    # Absent is not zero: what is not told is not compared.
    plain, streamed = first.input_tokens, last.input_tokens
    if not plain or not streamed:
        return None
    off = min(
        abs(plain + a - streamed - b)
        for a in (0, first.cached_tokens or 0)
        for b in (0, last.cached_tokens or 0)
    )
    if off <= max(_SLACK_TOKENS, _SLACK_SHARE * max(plain, streamed)):
        return None
    return Finding(
        kind="usage-inconsistent",
        expected=f"{plain} prompt tokens, as in the plain form",
        saw=f"{streamed} in the stream",
        warning=True,
    )
