"""Are the arguments of every tool call JSON?"""

from gatewayz.checks._tools import arguments, calls, offered, told
from gatewayz.core import Finding, Observation, check


@check
def tool_arguments_parse(seen: Observation) -> Finding | None:
    """Each call's arguments are one JSON text, or none at all where none are needed.

    Returns None when they are, else a failing Finding that tells arguments which the token limit
    cut off from those that are no JSON.
    """
    schemas = offered(seen)
    for call in calls(seen):
        read = arguments(call, schemas.get(call.name, {}))
        if read.why_not:
            cut = seen.reply.finish_reason == "length"
            return Finding(
                kind="tool-args-cut-by-length" if cut else "tool-args-invalid-json",
                expected="JSON",
                saw=f"{told(call)}: {read.why_not}",
            )
    return None
