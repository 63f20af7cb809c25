"""Is the answer JSON and nothing else, as was ordered?"""

from gatewayz.checks._answers import answered, out_of_room
from gatewayz.checks._json import find
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def only_json(seen: Observation) -> Finding | None:
    """The whole text is one JSON object; blanks around it do not matter.

    Returns None when it is or when there is no answer; else a failing Finding that tells a fence,
    prose around the JSON, another JSON value and a text without JSON apart.
    """
    if not answered(seen):
        return None
    found, text = find(seen.reply.text), seen.reply.text
    saw = repr(excerpt(text, 120))
    if found.place == "fenced":
        return Finding(kind="json-mode-fenced", expected="JSON", saw=saw)
    if found.place == "prose":
        return Finding(kind="json-mode-prose", expected="JSON", saw=saw)
    if found.place == "whole" and isinstance(found.value, dict):
        return None
    if found.place == "whole":
        return Finding(expected="a JSON object", saw=f"another JSON value: {saw}")
    return out_of_room(seen, saw) or Finding(expected="JSON", saw=f"{saw} ({found.why})")
