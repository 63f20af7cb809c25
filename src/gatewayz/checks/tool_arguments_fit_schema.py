"""Do the arguments of every tool call follow the tool's schema?"""

from gatewayz.checks._schemas import violation
from gatewayz.checks._tools import arguments, calls, offered, told
from gatewayz.core import Finding, Observation, check


@check
def tool_arguments_fit_schema(seen: Observation) -> Finding | None:
    """Each call of an offered tool, where its arguments are an object, follows the tool's schema.

    Returns None when it does, else a failing Finding that names the field.
    """
    schemas = offered(seen)
    for call in calls(seen):
        schema = schemas.get(call.name)
        if schema is None:
            continue
        value = arguments(call, schema).value
        wrong = violation(value, schema) if isinstance(value, dict) else ""
        if wrong:
            return Finding(
                kind="tool-args-schema-violated",
                expected=f"arguments of {call.name}",
                saw=f"{wrong}, in {told(call)}",
            )
    return None
