"""Was a tool called, as the message orders?"""

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._tools import call_as_text, choice, offered
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def tool_called(seen: Observation) -> Finding | None:
    """The reply holds a call, where the model was free to call and told to.

    Returns None when it does, and where another check has the better name; else a failing Finding
    that says what came instead.
    """
    if choice(seen) != "auto" or seen.reply.tool_calls or not answered(seen) or call_as_text(seen):
        return None
    saw = f"a text: {excerpt(seen.reply.text, 120)!r}"
    names = " or ".join(offered(seen))
    return cut_short(seen, f"a call of {names}", saw) or Finding(
        expected=f"a call of {names}", saw=saw
    )
