"""Is the answer's text free of tool calls that should be calls?"""

from gatewayz.checks._tools import call_as_text, choice
from gatewayz.core import Finding, Observation, check


@check
def no_tool_call_as_text(seen: Observation) -> Finding | None:
    """The text holds no call of an offered tool while `tool_calls` is empty.

    Returns None when it holds none, or where no call was wanted and the text may say how to call;
    else a failing Finding with the call. Speaking of a tool is not calling it.
    """
    written = call_as_text(seen) if choice(seen) != "none" else ""
    if not written:
        return None
    return Finding(kind="tool-call-as-text", expected="a tool call", saw=f"a text: {written!r}")
