"""Does the answer come to an end, or does it go round in circles?"""

import re

from gatewayz.checks._asked import is_own_question, known_answer, prompt_text, sample
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# Only the end of an answer tells whether it is caught in a loop.
_WINDOW = 4000
_LONG = 2000
_LEAST_LETTERS, _LEAST_ROUNDS = 40, 4
# Where we know that something else was asked for.
_FEW_LETTERS, _FEW_ROUNDS = 12, 3
_SHARE_OF_TEXT = 0.5
# Of the shortest loop in its fewest rounds more than these and one round is left.
_LAST_LETTERS = 8
# So many of one mark and not a word: nobody asks for that, unless it draws a line.
_ONE_MARK = re.compile(r"([^\w\s*#.~=+<>|/\\\u2500-\u259f-])\1{99,}")
# Of a loop with small changes: so many words, and so few different groups of four among them.
_WORDS, _GROUP, _FRESH_SHARE = 80, 4, 0.25


@check
def no_repetition_loop(seen: Observation) -> Finding | None:
    """The answer does not end in one mark or sentence again and again; else a failing Finding.

    Looked at where the limit ended the answer, where it is long or a hundred times one mark, or
    where we know what was asked for; a question that itself repeats, or orders it, is answered alike by right. What orders it
    is not always seen, so after a user's own question it is a warning.
    """
    reply = seen.reply
    known = known_answer(seen)
    ended = reply.finish_reason == "length" or len(reply.text) > _LONG
    if not (ended or known or _ONE_MARK.fullmatch(sample(reply.text.strip()))):
        return None
    text = reply.text[-_WINDOW:]
    if reply.finish_reason != "length":
        text = text.rstrip()  # blanks at the end of a whole answer are a habit
    off = bool(known) and known.casefold() not in sample(reply.text).casefold()
    rounds = _FEW_ROUNDS if off else _LEAST_ROUNDS
    period, length = _end_loop(text, rounds)
    enough = max(_FEW_LETTERS if off else _LEAST_LETTERS, _SHARE_OF_TEXT * len(text))
    loops = length >= enough
    if not loops and not _circles(text):
        return None
    unit = text[len(text) - period :] if loops else text[-200:]
    if loops and unit * 2 in prompt_text(seen):
        return None
    saw = (
        f"{excerpt(unit, 80)!r} again and again" if loops else "the same few phrases over and over"
    )
    return Finding(
        kind="repetition-loop",
        expected="an answer that ends",
        saw=saw,
        warning=not is_own_question(seen),
    )


def _end_loop(text: str, rounds: int) -> tuple[int, int]:
    """Period and length of the longest stretch at the end that repeats itself; in characters.

    By the failure function of the text read backwards, so in linear time.
    """
    # Whatever repeats itself for so long at the end, its last letters stand there twice.
    if text.find(text[-_LAST_LETTERS:], 0, -1) < 0:
        return len(text), 0
    back = text[::-1]
    fail = [0] * (len(back) + 1)
    best, k = (len(back), 0), 0
    for at in range(1, len(back)):
        while k and back[at] != back[k]:
            k = fail[k]
        k += back[at] == back[k]
        fail[at + 1] = k
        length, period = at + 1, at + 1 - k
        if length >= rounds * period:
            best = (period, length)
    return best


def _circles(text: str) -> bool:
    words = text.casefold().split()
    if len(words) < _WORDS:
        return False
    groups = [tuple(words[at : at + _GROUP]) for at in range(len(words) - _GROUP + 1)]
    return len(set(groups)) < _FRESH_SHARE * len(groups)
