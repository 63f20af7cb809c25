"""Does the answer do what the system message orders?"""

from gatewayz.checks._answers import cut_short
from gatewayz.checks._asked import sample
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def obeys_the_system_message(seen: Observation) -> Finding | None:
    """The ordered marker stands somewhere in the answer; else a failing Finding.

    Where it stands is not asked: a marker that nobody else could know proves that it was read.
    """
    asked = seen.asked
    marker = asked.oracle.get("marker") if asked is not None else None
    text = sample(seen.reply.text)
    if not isinstance(marker, str) or marker.casefold() in text.casefold():
        return None
    expected = f"an answer with '{marker}'"
    saw = repr(excerpt(seen.reply.text.strip(), 120))
    return cut_short(seen, expected) or Finding(
        kind="system-prompt-ignored", expected=expected, saw=saw
    )
