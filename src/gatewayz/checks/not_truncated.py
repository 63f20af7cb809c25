"""Was an answer that ended at the token limit really that long?"""

from gatewayz.checks._asked import token_limit
from gatewayz.core import Finding, Observation, check

# A shortfall of a few tokens is the server's way of counting its own marks.
_SHARE, _SLACK_TOKENS = 0.8, 8


@check
def not_truncated(seen: Observation) -> Finding | None:
    """With finish `length` about as many tokens came as were allowed; else a warning.

    The limit that went out counts, or the model's own or its window where they are smaller.
    """
    reply, usage, limit = seen.reply, seen.reply.usage, token_limit(seen)
    if reply.finish_reason != "length" or usage is None or limit is None:
        return None
    if not usage.output_tokens:
        return None
    beside = (usage.total_tokens or 0) - (usage.input_tokens or 0)
    tokens = max(usage.output_tokens + (usage.reasoning_tokens or 0), beside)
    model = seen.case.model
    if model is not None and model.max_output_tokens:
        limit = min(limit, model.max_output_tokens)
    if model is not None and model.context_tokens:
        limit = min(limit, model.context_tokens - (usage.input_tokens or 0))
    if tokens >= limit * _SHARE or tokens + _SLACK_TOKENS >= limit:
        return None
    saw = f"finish_reason 'length' after {tokens} tokens"
    return Finding(kind="truncated-answer", expected=f"up to {limit} tokens", saw=saw, warning=True)
