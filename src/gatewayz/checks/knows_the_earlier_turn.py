"""Does the answer know what an earlier turn said?"""

from gatewayz.checks._answers import cut_short
from gatewayz.checks._asked import bare, says_the_talk_again
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def knows_the_earlier_turn(seen: Observation) -> Finding | None:
    """The answer holds the word that the first turn told, signs and case aside; else it fails.

    So it does where it is all the turns over again.
    """
    asked = seen.asked
    word = asked.oracle.get("answer") if asked is not None else None
    if not isinstance(word, str):
        return None
    expected = f"the word {word} of the first turn"
    saw = repr(excerpt(seen.reply.text.strip(), 120))
    if bare(word) in bare(seen.reply.text):
        again = says_the_talk_again(seen)
        return Finding(expected=expected, saw=f"the turns again: {saw}") if again else None
    return cut_short(seen, expected) or Finding(kind="history-ignored", expected=expected, saw=saw)
