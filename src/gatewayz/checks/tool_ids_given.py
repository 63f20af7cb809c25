"""Can the result of every tool call be returned?"""

from gatewayz.checks._tools import calls, told
from gatewayz.core import Finding, Observation, check


@check
def tool_ids_given(seen: Observation) -> Finding | None:
    """Each call of the reply has an id; else a failing Finding with the call that has none."""
    for call in calls(seen):
        if not call.id.strip():
            return Finding(kind="tool-id-missing", expected="an id", saw=f"none with {told(call)}")
    return None
