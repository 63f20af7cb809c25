"""Is the prompt's token count that of a text we know?"""

from gatewayz.checks._asked import messages_text
from gatewayz.core import Finding, Observation, check

# English prose takes 3.5 to 5.5 letters for a token; these bounds hold for any tokenizer.
_LEAST_LETTERS, _MOST_LETTERS = 1.5, 9
# What a chat template and a gateway's own system message may add.
_TEMPLATE_TOKENS = 1000


@check
def counts_the_known_prompt(seen: Observation) -> Finding | None:
    """The prompt tokens lie between the bounds of a known English text; else a warning."""
    usage, letters = seen.reply.usage, len(messages_text(seen))
    if usage is None or not usage.input_tokens:
        return None
    least, most = int(letters / _MOST_LETTERS), int(letters / _LEAST_LETTERS) + _TEMPLATE_TOKENS
    if least <= usage.input_tokens + (usage.cached_tokens or 0) and usage.input_tokens <= most:
        return None
    return Finding(
        kind="usage-implausible",
        expected=f"{least} to {most} tokens for {letters} characters of prompt",
        saw=str(usage.input_tokens),
        warning=True,
    )
