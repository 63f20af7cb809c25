"""Is a prompt's token count the same, streamed and not?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.forms import counted_alike, prompt_counts


@check
def counts_both_forms_alike(seen: Observation) -> Finding | None:
    """The first and the last answer report the same prompt tokens, cached ones in or out; else a
    warning.
    """
    if not seen.replies or counted_alike(seen.replies[0], seen.reply):
        return None
    return Finding(
        kind="usage-inconsistent",
        expected=f"{prompt_counts(seen.replies[0])[0]} prompt tokens, as in the plain form",
        saw=f"{prompt_counts(seen.reply)[0]} in the stream",
        warning=True,
    )
