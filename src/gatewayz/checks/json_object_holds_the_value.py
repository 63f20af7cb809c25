"""Does the JSON object hold what the question told?"""

import json
from typing import Any

from gatewayz.checks._answers import answered
from gatewayz.checks._asked import bare
from gatewayz.checks._json import find
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def json_object_holds_the_value(seen: Observation) -> Finding | None:
    """The object holds the value that it was ordered to hold, in any place, signs and case aside.

    Reads `oracle["key"]` and `oracle["value"]`. Returns None when it does, or when no object came; a
    warning where the key came back with something else, since the object is then one for this
    question; else a failing Finding: the same object might answer any question.
    """
    asked = seen.asked
    oracle = asked.oracle if asked is not None else {}
    key, value = oracle.get("key"), oracle.get("value")
    given = find(seen.reply.text).value if answered(seen) else None
    if not isinstance(key, str) or not isinstance(value, str) or not isinstance(given, dict):
        return None
    held = bare(_text(given))
    if bare(value) in held:
        return None
    expected, saw = f"an object with '{value}'", repr(excerpt(seen.reply.text.strip(), 120))
    if bare(key) in held:
        return Finding(kind="answer-differs", expected=expected, saw=saw, warning=True)
    return Finding(expected=expected, saw=f"JSON, but nothing of the question: {saw}")


def _text(given: dict[str, Any]) -> str:
    """The object as text; of one that is nested deeper than can be written nothing is known."""
    try:
        return json.dumps(given, ensure_ascii=False)
    except RecursionError:
        return ""
