"""Does the JSON that was ordered stand alone?"""

from gatewayz.checks._answers import answered
from gatewayz.checks._json import find
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def only_json(seen: Observation) -> Finding | None:
    """The text has nothing around its JSON but blanks.

    Returns None when it has nothing, or no JSON in it; else a failing Finding that tells a fence
    from prose.
    """
    place = find(seen.reply.text).place
    if place not in ("fenced", "prose") or not answered(seen):
        return None
    kind = "json-mode-fenced" if place == "fenced" else "json-mode-prose"
    return Finding(kind=kind, expected="JSON alone", saw=repr(excerpt(seen.reply.text, 120)))
