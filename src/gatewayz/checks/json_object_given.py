"""Is the answer a JSON object, as was ordered?"""

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._json import find
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def json_object_given(seen: Observation) -> Finding | None:
    """The text holds a JSON object, whatever stands around it.

    Returns None when it does or when there is no answer; else a failing Finding that tells another
    JSON value from a text that is no JSON.
    """
    if not answered(seen):
        return None
    found, saw = find(seen.reply.text), repr(excerpt(seen.reply.text, 120))
    if found.place == "nowhere":
        return cut_short(seen, "JSON", saw) or Finding(expected="JSON", saw=f"{saw} ({found.why})")
    if isinstance(found.value, dict):
        return None
    return Finding(expected="a JSON object", saw=f"another JSON value: {saw}")
