"""Did the answer keep to the token limit?"""

from gatewayz.checks._asked import all_said, token_limit, usual_tokens
from gatewayz.core import Finding, Observation, check

# No text takes fewer tokens than these shares of its words and of the usual number for its length,
# and none takes more than so many times that number.
_OF_WORDS, _OF_USUAL, _MOST_TIMES = 0.6, 0.7, 3.0
_SLACK_TOKENS = 2


@check
def keeps_to_max_tokens(seen: Observation) -> Finding | None:
    """No more tokens came than were allowed; else a failing Finding.

    By the usage, thoughts apart, where the text can hold as many; or by a text that no tokenizer
    gets below the limit. Several choices have the limit each.
    """
    limit = token_limit(seen)
    if limit is None:
        return None
    texts = [text for text in (seen.reply.text, *seen.reply.others) if text]
    longest = max(map(_least_tokens, texts), default=0)
    expected = f"at most {limit} tokens"
    if longest > limit:
        saw = f"a text of at least {longest} tokens"
        return Finding(kind="max-tokens-ignored", expected=expected, saw=saw)
    usage = seen.reply.usage
    if usage is None or usage.output_tokens is None:
        return None
    apart = usage.output_tokens - (usage.reasoning_tokens or 0)
    each = limit * max(1, len(texts)) + _SLACK_TOKENS
    can_hold = _MOST_TIMES * usual_tokens(all_said(seen))
    if each < apart <= can_hold and not seen.reply.reasoning:
        return Finding(kind="max-tokens-ignored", expected=expected, saw=f"{apart} tokens")
    return None


def _least_tokens(text: str) -> int:
    return int(min(_OF_WORDS * len(text.split()), _OF_USUAL * usual_tokens(text)))
