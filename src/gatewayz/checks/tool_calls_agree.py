"""Does a stream call the same tools as a whole answer to the same question?"""

from collections import Counter

from gatewayz.core import Finding, Observation, Reply, check
from gatewayz.core.text import excerpt


@check
def tool_calls_agree(seen: Observation) -> Finding | None:
    """The last two replies call the same tools.

    Returns None when they do, a warning when one calls a tool more often, which a model may do
    from one answer to the next; else a failing Finding.
    """
    if len(seen.replies) < 2:
        return None
    plain, streamed = (_names(reply) for reply in seen.replies[-2:])
    if plain == streamed:
        return None
    return Finding(
        expected=f"the same calls streamed: {_told(plain)}",
        saw=_told(streamed),
        warning=plain.keys() == streamed.keys(),
    )


def _names(reply: Reply) -> Counter[str]:
    return Counter(call.name for call in reply.tool_calls)


def _told(names: Counter[str]) -> str:
    listed = [f"{count} x {excerpt(name, 60)}" for name, count in names.most_common(3)]
    return ", ".join(listed) or "none"
