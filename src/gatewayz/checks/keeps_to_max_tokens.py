"""Did the answer keep to the token limit?"""

import re
from itertools import islice

from gatewayz.checks._asked import all_said, token_limit, usual_tokens
from gatewayz.core import Finding, Observation, check

# Tokenizers cut where letters, digits and marks meet, so a text has about as many tokens as such
# pieces at the least; and no more than so many times the number that is usual for its length.
_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]+")
_OF_PIECES, _MOST_TIMES = 0.8, 3.0
_SLACK_TOKENS = 2
# Real text has a piece in so many characters at the latest; more is not read for each.
_LETTERS_PER_PIECE = 50
# Limits beyond this are not held against the text, which would take too long.
_MOST_COUNTED = 200_000


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
    expected = f"at most {limit} tokens"
    if any(_is_longer(text, limit) for text in texts):
        saw = f"a text of {len(texts[0])} characters, which takes more"
        return Finding(kind="max-tokens-ignored", expected=expected, saw=saw)
    usage = seen.reply.usage
    if usage is None or usage.output_tokens is None:
        return None
    apart = usage.output_tokens - (usage.reasoning_tokens or 0)
    each = limit * max(1, len(texts)) + _SLACK_TOKENS
    if seen.reply.reasoning or apart <= each:
        return None
    if apart <= _MOST_TIMES * usual_tokens(all_said(seen)):
        return Finding(kind="max-tokens-ignored", expected=expected, saw=f"{apart} tokens")
    return None


def _is_longer(text: str, limit: int) -> bool:
    enough = int(limit / _OF_PIECES) + 1
    if enough > min(len(text), _MOST_COUNTED):
        return False
    pieces = _PIECE.finditer(text[: enough * _LETTERS_PER_PIECE])
    return next(islice(pieces, enough - 1, None), None) is not None
