"""Do the token counts agree with each other?"""

from gatewayz.checks._asked import may_think
from gatewayz.core import Finding, Observation, Usage, check


@check
def usage_adds_up(seen: Observation) -> Finding | None:
    """The total is the sum of prompt and completion; else a warning.

    Thoughts and cached tokens may be counted in these or beside them, so each such sum is right.
    """
    usage = seen.reply.usage
    if usage is None or usage.total_tokens is None or _is_a_sum(usage):
        return None
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    plain = usage.input_tokens + usage.output_tokens
    if usage.total_tokens > plain and not usage.reasoning_tokens and may_think(seen):
        return None
    expected = f"{usage.input_tokens} + {usage.output_tokens}"
    return Finding(
        kind="usage-inconsistent",
        expected=expected,
        saw=f"total {usage.total_tokens}",
        warning=True,
    )


def _is_a_sum(usage: Usage) -> bool:
    plain = (usage.input_tokens or 0) + (usage.output_tokens or 0)
    thought, cached = usage.reasoning_tokens or 0, usage.cached_tokens or 0
    return usage.total_tokens in {
        plain + apart + stored
        for apart in (0, thought, -thought)
        for stored in (0, cached, -cached)
    }
