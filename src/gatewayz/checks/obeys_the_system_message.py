"""Does the answer do what the system message orders?"""

from gatewayz.checks._answers import cut_short
from gatewayz.checks._asked import sample, says_the_talk_again
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def obeys_the_system_message(seen: Observation) -> Finding | None:
    """The ordered marker stands somewhere in the answer; else a failing Finding.

    Where it stands is not asked: a marker that nobody else could know proves that it was read, but
    for who only sends all messages back.
    """
    asked = seen.asked
    marker = asked.oracle.get("marker") if asked is not None else None
    text = sample(seen.reply.text)
    if not isinstance(marker, str):
        return None
    expected = f"an answer with '{marker}'"
    saw = repr(excerpt(seen.reply.text.strip(), 120))
    if marker.casefold() in text.casefold():
        again = says_the_talk_again(seen)
        return Finding(expected=expected, saw=f"the messages again: {saw}") if again else None
    return cut_short(seen, expected) or Finding(
        kind="system-prompt-ignored", expected=expected, saw=saw
    )
