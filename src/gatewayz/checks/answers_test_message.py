"""Did the answer that the test message asks for come back?"""

import re
from functools import lru_cache

from gatewayz.checks._asked import messages_text, sample
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

_NOT_WORDS = re.compile(r"[\W_]+")


@check
def answers_test_message(seen: Observation) -> Finding | None:
    """The reply says what it was asked to say; case and punctuation do not matter.

    A question that is sent back says nothing, so what stands in its words alone does not count.

    Returns None when satisfied or when nothing was asked for; else a warning, since small models
    often reword and that is no outage.
    """
    asked = seen.asked.echo if seen.asked is not None else None
    if not asked or not seen.reply.text.strip():
        return None
    text, prompt = sample(seen.reply.text), messages_text(seen).strip()
    if prompt:
        text = text.replace(prompt, " ")
    said = _words(text)
    if f" {_words(asked)} " in f" {said} " and said != _words(prompt):
        return None
    return Finding(
        kind="answer-differs", expected=asked, saw=excerpt(seen.reply.text, 120), warning=True
    )


@lru_cache(maxsize=8)  # one question goes to many models, and many give one answer
def _words(text: str) -> str:
    return _NOT_WORDS.sub(" ", text).strip().casefold()
