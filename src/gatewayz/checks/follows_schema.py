"""Does the answer follow the JSON schema that was ordered?"""

from collections.abc import Mapping
from typing import Any

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._json import find
from gatewayz.checks._schemas import violation
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def follows_schema(seen: Observation) -> Finding | None:
    """The JSON of the answer follows the schema, wherever in the text it stands.

    Returns None when it does or when there is no answer; else a failing Finding that tells a
    schema which the model knew but nothing enforced from one that was ignored: its keys cannot
    be guessed.
    """
    if seen.asked is None or not answered(seen):
        return None
    schema = seen.asked.extra["response_format"]["json_schema"]["schema"]
    found, saw = find(seen.reply.text), repr(excerpt(seen.reply.text, 120))
    if found.place == "nowhere":
        return cut_short(seen, "JSON of the schema", saw) or _violated(
            f"no JSON in {saw} (the schema was ignored)"
        )
    wrong = violation(found.value, schema)
    if not wrong:
        return None
    if _knows(found.value, schema):
        return _violated(f"{wrong} (the schema was shown to the model, but not enforced)")
    return _violated(f"{saw} (the schema was ignored)")


def _knows(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether any key of the schema came back."""
    return isinstance(value, dict) and any(key in value for key in schema.get("properties", ()))


def _violated(saw: str) -> Finding:
    return Finding(kind="schema-violated", expected="JSON that follows the schema", saw=saw)
