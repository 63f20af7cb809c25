"""Was the answer made for this very question?"""

import re
from difflib import SequenceMatcher

from gatewayz.checks._answers import cut_short, made_just_now
from gatewayz.checks._asked import bare, prompt_text
from gatewayz.core import Culprit, Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.usual_question import TEST_ANSWER

_WINDOW = 4000
_MOST_WORDS = 100
_CODE_WORD = re.compile(r"\b([a-z]{4,10})[\s_-]{0,2}(\d{3,5})\b", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")
# A word that is this much like the asked one is that one, misspelt.
_ALIKE, _LEAST_LIKE = 0.6, 3
# Answers to our other questions.
_OTHERS = (TEST_ANSWER, "capital of France", "1, 2, 3, 4")
# An answer with no word of the question belongs to another one, unless it speaks of itself or to
# the user, as small and careful models do.
_OF_ITSELF = frozenset(
    ("i", "im", "you", "sorry", "help", "assist", "how", "hello", "hi",
     "please", "cannot", "can", "understand", "ask", "question")
)  # fmt: skip
# Words before an answer, which are none.
_OPENERS = frozenset(("sure", "okay", "ok", "certainly", "yes", "no"))
# Words that any two sentences may share.
_COMMON = frozenset(("and", "this", "the", "a", "of", "to", "in", "is", "it", "that", "nothing"))


@check
def answers_with_the_code_word(seen: Observation) -> Finding | None:
    """The answer holds the code word it was asked to repeat, signs and case aside.

    Else a failing Finding: `stale-cached-answer` where another code word came, the answer to
    another of our questions, or one that has nothing to do with this one; without a name where the
    model only did not do it. An answer that was made just now is the model's doing, unless it holds
    a code word that only another question told.
    """
    asked = seen.asked
    word = asked.oracle.get("answer") if asked is not None else None
    if not isinstance(word, str) or bare(word) in bare(seen.reply.text):
        return None
    text = seen.reply.text[:_WINDOW]
    expected, saw = f"the code word {word}", repr(excerpt(text.strip(), 120))
    if short := cut_short(seen, expected):
        return short
    other = _other_code_word(text, prompt_text(seen))
    if not _of_another_question(text, word, other, prompt_text(seen)):
        return Finding(expected=expected, saw=saw)
    return Finding(
        kind="stale-cached-answer",
        expected=expected,
        saw=saw,
        culprit=Culprit.MODEL if not other and made_just_now(seen) else None,
    )


def _other_code_word(text: str, prompt: str) -> str:
    """The first word that looks like a code word of ours and does not stand in the question."""
    words = (bare(found[0]) for found in _CODE_WORD.finditer(text))
    return next((word for word in words if word not in bare(prompt)), "")


def _of_another_question(text: str, word: str, other: str, prompt: str) -> bool:
    if other:
        return SequenceMatcher(None, other, bare(word)).ratio() < _ALIKE
    if any(bare(other) in bare(text) for other in _OTHERS):
        return True
    words = [found.casefold() for found in _WORDS.findall(text)[:_MOST_WORDS]]
    related = {*_WORDS.findall(prompt.casefold()), *_OF_ITSELF} - _COMMON
    words = [one for one in words if one not in _OPENERS]
    alike = any(_is_like(one, word) for one in words)
    return bool(words) and not alike and not related & set(words)


def _is_like(one: str, word: str) -> bool:
    """Whether a word is the code word, or its beginning, misspelt or cut."""
    if len(one) < _LEAST_LIKE:
        return False
    parts = [bare(word), *_WORDS.findall(word)]
    return any(SequenceMatcher(None, one[:40], part).ratio() >= _ALIKE for part in parts)
