"""Does a prompt's token count follow its length?"""

from gatewayz.checks._asked import messages_text
from gatewayz.core import Finding, Observation, check
from gatewayz.core.forms import prompt_counts

# English prose takes 3.5 to 5.5 letters for a token; tokenizers of bytes take a token for each.
_MOST_LETTERS, _SLACK_TOKENS = 9, 3


@check
def counts_follow_the_length(seen: Observation) -> Finding | None:
    """The first and the last prompt differ by as many tokens as the letters between them may be;
    else a warning.

    What a chat template or a gateway's own message adds is in both counts, and so in neither
    difference. Cached tokens may be in or out of each.
    """
    letters = len(messages_text(seen.up_to(0))) - len(messages_text(seen))
    first = prompt_counts(seen.replies[0]) if seen.replies else ()
    last = prompt_counts(seen.reply)
    if letters <= 0 or not first or not last:
        return None
    least, most = letters // _MOST_LETTERS, letters + _SLACK_TOKENS
    if any(least <= one - other <= most for one in first for other in last):
        return None
    return Finding(
        kind="usage-implausible",
        expected=f"{least} to {most} prompt tokens more for {letters} letters more",
        saw=f"{first[0]} for the longer and {last[0]} for the shorter prompt",
        warning=True,
    )
