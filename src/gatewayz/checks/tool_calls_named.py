"""Does every tool call say which tool it calls?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def tool_calls_named(seen: Observation) -> Finding | None:
    """Each call of the reply has a name; else a failing Finding with the nameless call."""
    for number, call in enumerate(seen.reply.tool_calls, 1):
        if not call.name.strip():
            saw = f"call {number} without one, its arguments {excerpt(call.arguments, 80)!r}"
            return Finding(kind="tool-name-missing", expected="a tool's name", saw=saw)
    return None
