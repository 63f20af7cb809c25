"""Do letters beyond ASCII come back?"""

import unicodedata

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._asked import sample
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# Typists and models write these for each other.
_SAME = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "\u00a0": " ", "\ufe0f": ""}
)
# What stands where a letter was lost.
_LOST = "?□■"


@check
def echoes_every_letter(seen: Observation) -> Finding | None:
    """The text that was to be repeated stands in the answer, letter by letter.

    Straight quotes for curly ones are fine. It fails where no letter beyond ASCII came, whatever
    else did, since nothing shows then that one can, and where marks stand in the places of some; a
    text that was reworded, lost one of its letters or was cut off before them is a warning. No text
    at all fails it, unless the answer was cut off or `usable_content` says why there is none.
    Garbled letters and U+FFFD are told by other checks.
    """
    asked = seen.asked.oracle.get("text") if seen.asked is not None else None
    if not isinstance(asked, str) or not answered(seen):
        return None
    if not seen.reply.text.strip():
        saw = "no text"
        return cut_short(seen, repr(asked), saw) or Finding(expected=repr(asked), saw=saw)
    wanted, text = _plain(asked), _plain(sample(seen.reply.text))
    if wanted in text:
        return None
    beyond = {ch for ch in wanted if not ch.isascii()}
    lost = sorted(beyond - set(text))
    rest_came = _skeleton(wanted) in _skeleton(text)
    saw = repr(excerpt(seen.reply.text.strip(), 120))
    letters = f"the letters {' '.join(lost)}"
    # They might have come behind what was cut off, so that this leaves the question open.
    cut = seen.reply.finish_reason == "length"
    if lost and len(lost) == len(beyond) and (rest_came or not cut):
        return Finding(expected=letters, saw=f"{saw}, with none of them")
    if lost and rest_came and _marked(wanted, text, lost):
        return Finding(expected=letters, saw=f"{saw}, where they are lost")
    return Finding(kind="answer-differs", expected=repr(asked), saw=saw, warning=True)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_SAME)


def _skeleton(text: str) -> str:
    """The ASCII letters, which survive any character set."""
    return "".join(ch for ch in text if ch.isascii() and ch.isalnum()).casefold()


def _marked(wanted: str, text: str, lost: list[str]) -> bool:
    more = sum(map(text.count, _LOST)) - sum(map(wanted.count, _LOST))
    return more >= len(lost)
