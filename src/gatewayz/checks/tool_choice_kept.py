"""Does the answer call what tool_choice says, and nothing where it says so?"""

from collections.abc import Mapping

from gatewayz.checks._answers import answered
from gatewayz.checks._tools import call_as_text, calls, choice, offered, told
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def tool_choice_kept(seen: Observation) -> Finding | None:
    """Any call where one is required, none where none may be, and only the tool that is named.

    Returns None when kept, when nothing was demanded, and where another check has the better
    name: an empty answer, a call written as text, a tool that was not offered.
    """
    wanted, made = choice(seen), list(calls(seen))
    if wanted == "none" and made:
        return _violated("no call", told(made[0]))
    if wanted in ("none", "auto"):
        return None
    name = str(wanted["function"]["name"]) if isinstance(wanted, Mapping) else ""
    expected = f"a call of {name}" if name else "a call"
    if not seen.reply.tool_calls and answered(seen) and not call_as_text(seen):
        return _violated(expected, f"a text: {excerpt(seen.reply.text, 120)!r}")
    for call in made:
        if name and call.name != name and call.name in offered(seen):
            return _violated(expected, told(call))
    return None


def _violated(expected: str, saw: str) -> Finding:
    return Finding(kind="tool-choice-violated", expected=expected, saw=saw)
