"""Does the answer's end say that a tool was called?"""

from gatewayz.checks._tools import calls, choice
from gatewayz.core import Finding, Observation, check


@check
def finish_says_tool_calls(seen: Observation) -> Finding | None:
    """A reply with calls does not end with "stop"; else a warning.

    Returns None for a call that `tool_choice` forced, which sound servers end either way, and for
    an end outside the contract, which has a name of its own.
    """
    reply = seen.reply
    if reply.finish_reason != "stop" or "finish-unknown" in reply.oddities:
        return None
    if choice(seen) != "auto" or not any(calls(seen)):
        return None
    return Finding(
        kind="finish-stop-with-tool-calls", expected="'tool_calls'", saw="'stop'", warning=True
    )
