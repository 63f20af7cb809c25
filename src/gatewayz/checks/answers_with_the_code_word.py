"""Was the answer made for this very question?"""

import re
from difflib import SequenceMatcher

from gatewayz.checks._asked import prompt_text
from gatewayz.core import Finding, Observation, check
from gatewayz.core.probe import TEST_ANSWER
from gatewayz.core.text import excerpt

_WINDOW = 4000
_CODE_WORD = re.compile(r"\b([a-z]{4,10})[\s_-]{0,2}(\d{3,5})\b", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")
# A word that is this much like the asked one is that one, misspelt.
_ALIKE = 0.6
# Answers to our other questions.
_OTHERS = (TEST_ANSWER, "capital of France", "1, 2, 3, 4")
# With so many words, and none of them of the question, an answer belongs to another one ...
_LEAST_WORDS = 4
# ... unless it speaks of itself, as small and careful models do.
_OF_ITSELF = frozenset(
    ("i", "im", "me", "my", "you", "your", "sorry", "help", "assist", "how", "hello", "hi",
     "please", "cannot", "can", "understand", "ask", "question", "sure", "okay", "ok")
)  # fmt: skip
# Words that any two sentences may share.
_COMMON = frozenset(("and", "this", "the", "a", "of", "to", "in", "is", "it", "that", "nothing"))


@check
def answers_with_the_code_word(seen: Observation) -> Finding | None:
    """The answer holds the code word it was asked to repeat, signs and case aside.

    Else a failing Finding: `stale-cached-answer` where another code word came, the answer to
    another of our questions, or one that has nothing to do with this one; without a name where the
    model only did not do it.
    """
    asked = seen.asked
    word = asked.oracle.get("answer") if asked is not None else None
    if not isinstance(word, str) or _bare(word) in _bare(seen.reply.text):
        return None
    text = seen.reply.text[:_WINDOW]
    kind = "stale-cached-answer" if _of_another_question(text, word, prompt_text(seen)) else ""
    return Finding(
        kind=kind, expected=f"the code word {word}", saw=repr(excerpt(text.strip(), 120))
    )


def _bare(text: str) -> str:
    return "".join(ch for ch in text.casefold() if ch.isalnum())


def _of_another_question(text: str, word: str, prompt: str) -> bool:
    for found in _CODE_WORD.finditer(text):
        other = _bare(found[0])
        if _bare(found[0]) not in _bare(prompt):
            return SequenceMatcher(None, other, _bare(word)).ratio() < _ALIKE
    if any(_bare(other) in _bare(text) for other in _OTHERS):
        return True
    words = [found.casefold() for found in _WORDS.findall(text)]
    related = {*_WORDS.findall(prompt.casefold()), *_OF_ITSELF} - _COMMON
    return len(words) >= _LEAST_WORDS and not related & set(words)
