"""Does a prompt's token count follow its length?"""

from gatewayz.checks._asked import messages_text
from gatewayz.core import Finding, Observation, Reply, check
from gatewayz.core.forms import prompt_counts

# English prose takes 3.5 to 5.5 letters for a token; tokenizers of bytes take a token for each, and
# count the answer in the same way.
_LEAST_LETTERS, _MOST_LETTERS, _SLACK_TOKENS = 1.5, 9, 3


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
    each = _LEAST_LETTERS if _counts_words(seen.reply) else 1
    least, most = letters // _MOST_LETTERS, int(letters / each) + _SLACK_TOKENS
    if any(least <= one - other <= most for one in first for other in last):
        return None
    return Finding(
        kind="usage-implausible",
        expected=f"{least} to {most} prompt tokens more for {letters} letters more",
        saw=f"{first[0]} for the longer and {last[0]} for the shorter prompt",
        warning=True,
    )


def _counts_words(reply: Reply) -> bool:
    """Whether the answer's own tokens are no letters or bytes; False where it tells none."""
    tokens = reply.usage.output_tokens if reply.usage is not None else None
    if not tokens or reply.others or len(reply.text) < _LONG_ENOUGH:
        return False
    return len(reply.text) / tokens >= _LEAST_LETTERS


# Of fewer letters nothing can be told.
_LONG_ENOUGH = 12
