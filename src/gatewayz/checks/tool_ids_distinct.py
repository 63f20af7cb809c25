"""Can the results of several tool calls be told apart?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def tool_ids_distinct(seen: Observation) -> Finding | None:
    """No two calls of the reply share an id; else a failing Finding. A missing id is no id."""
    known: set[str] = set()
    for call in seen.reply.tool_calls:
        if call.id.strip() and call.id in known:
            saw = f"{excerpt(call.id, 60)!r} twice"
            return Finding(kind="tool-id-duplicate", expected="an id for each call", saw=saw)
        known.add(call.id)
    return None
