"""Is a prompt's token count the same, streamed and not?"""

from gatewayz.checks._asked import prompt_counts
from gatewayz.core import Finding, Observation, check

_SLACK_TOKENS, _SLACK_SHARE = 3, 0.02


@check
def counts_both_forms_alike(seen: Observation) -> Finding | None:
    """The first and the last answer report the same prompt tokens, cached ones in or out; else a
    warning.
    """
    first = prompt_counts(seen.replies[0]) if seen.replies else ()
    last = prompt_counts(seen.reply)
    if not first or not last:
        return None
    plain, streamed = first[0], last[0]
    off = min(abs(one - other) for one in first for other in last)
    if off <= max(_SLACK_TOKENS, _SLACK_SHARE * max(plain, streamed)):
        return None
    return Finding(
        kind="usage-inconsistent",
        expected=f"{plain} prompt tokens, as in the plain form",
        saw=f"{streamed} in the stream",
        warning=True,
    )
