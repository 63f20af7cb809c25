"""Did the answer that the test message asks for come back?"""

import re

from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

_NOT_WORDS = re.compile(r"[\W_]+")


@check
def answers_test_message(seen: Observation) -> Finding | None:
    """The reply says what it was asked to say; case and punctuation do not matter.

    Returns None when satisfied or when nothing was asked for; else a warning, since small models
    often reword and that is no outage.
    """
    asked = seen.asked.echo if seen.asked is not None else None
    if not asked or not seen.reply.text.strip():
        return None
    if f" {_words(asked)} " in f" {_words(seen.reply.text)} ":
        return None
    return Finding(
        kind="answer-differs", expected=asked, saw=excerpt(seen.reply.text, 120), warning=True
    )


def _words(text: str) -> str:
    return _NOT_WORDS.sub(" ", text).strip().casefold()
