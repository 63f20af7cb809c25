"""Does every tool call name a tool that was offered?"""

from gatewayz.checks._tools import calls, offered
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def tool_names_offered(seen: Observation) -> Finding | None:
    """Each named call is of a tool that was offered, letter for letter; else a failing Finding."""
    for call in calls(seen):
        if call.name not in (names := offered(seen)):
            return Finding(
                kind="tool-unknown-name",
                expected=" or ".join(names) or "no tool",
                saw=repr(excerpt(call.name, 80)),
            )
    return None
