"""Does the answer know what an earlier turn said?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def knows_the_earlier_turn(seen: Observation) -> Finding | None:
    """The answer holds the word that the first turn told, signs and case aside; else it fails."""
    asked = seen.asked
    word = asked.oracle.get("answer") if asked is not None else None
    if not isinstance(word, str) or _bare(word) in _bare(seen.reply.text):
        return None
    saw = repr(excerpt(seen.reply.text.strip(), 120))
    return Finding(kind="history-ignored", expected=f"the word {word} of the first turn", saw=saw)


def _bare(text: str) -> str:
    return "".join(ch for ch in text.casefold() if ch.isalnum())
