"""Are the arguments of every tool call given by name?"""

from gatewayz.checks._tools import arguments, calls, offered, told
from gatewayz.core import Finding, Observation, check

_NAMES = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}


@check
def tool_arguments_are_objects(seen: Observation) -> Finding | None:
    """Each call's arguments, where they are JSON, are an object; else a failing Finding."""
    schemas = offered(seen)
    for call in calls(seen):
        read = arguments(call, schemas.get(call.name, {}))
        if not read.why_not and not isinstance(read.value, dict):
            saw = f"{_NAMES.get(type(read.value), 'a number')}: {told(call)}"
            return Finding(kind="tool-args-not-object", expected="an object", saw=saw)
    return None
