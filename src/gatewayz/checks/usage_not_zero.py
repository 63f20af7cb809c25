"""Does the usage count what came?"""

from gatewayz.checks._asked import all_said
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import shows_nothing


@check
def usage_not_zero(seen: Observation) -> Finding | None:
    """With something generated, the reply's usage is not zero; else a warning."""
    usage = seen.reply.usage
    if usage is None:
        return None
    counts = (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    told = [count for count in counts if count is not None]
    if usage.output_tokens != 0 and (not told or any(told)):
        return None
    if shows_nothing(all_said(seen) + seen.reply.reasoning):
        return None
    saw = f"{usage.output_tokens if usage.output_tokens is not None else told[0]} for an answer"
    return Finding(kind="usage-zero", expected="the tokens of the answer", saw=saw, warning=True)
