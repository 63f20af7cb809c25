"""Can the result of every tool call be returned?"""

from gatewayz.checks._tools import calls, told
from gatewayz.core import Finding, Observation, check


@check
def tool_ids_given(seen: Observation) -> Finding | None:
    """Each call of the reply has an id; else a failing Finding with the call that has none.

    An id that is a number and no text can be returned, but not by strict clients: a warning.
    """
    for call in calls(seen):
        if not call.id.strip():
            return Finding(kind="tool-id-missing", expected="an id", saw=f"none with {told(call)}")
    for call in calls(seen):
        if call.id_is_number:
            saw = f"the number {call.id} with {told(call)}"
            return Finding(expected="an id that is a text", saw=saw, warning=True)
    return None
