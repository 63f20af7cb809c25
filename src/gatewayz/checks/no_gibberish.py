"""Is the answer language at all?"""

import re

from gatewayz.checks._asked import known_answer, prompt_text, without_code
from gatewayz.checks._scripts import scripts
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

_WINDOW = 4000
_LEAST_LETTERS, _LEAST_WORDS = 12, 4
# Of so many scripts, each with this share of the letters: no text of ours brings them together.
_SCRIPTS, _SCRIPT_SHARE = 3, 0.05
_ODD_WORDS = 0.4
_SOUP = 0.4
# Chinese, Japanese and Korean share letters.
_EAST = frozenset({"Han", "Kana", "Hangul"})
_WORD = re.compile(r"[^\W_]+")
_ODD = re.compile(
    r"[bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ]{6,}"  # no language heaps so many
    r"|[a-z][A-Z]+[a-z]+[A-Z]|[a-z][A-Z]{2,}[a-z]"  # capitals here and there
    r"|[A-Za-z][0-9]+[A-Za-z]+[0-9]|[0-9][A-Za-z]+[0-9]+[A-Za-z]"  # letters and digits by turns
    r"|[a-zA-Z][\u0370-\u052f]|[\u0370-\u052f][a-zA-Z]"  # Greek or Cyrillic inside a word
)
_VOWELS = re.compile(r"[aeiouyAEIOUY\u00c0-\u024f]")


@check
def no_gibberish(seen: Observation) -> Finding | None:
    """Where we know the answer, what comes instead of it is language; else a failing Finding.

    Judged by many scripts at once, by words that no language has, and by marks instead of letters.
    An answer that holds what was asked for is none, whatever stands beside it.
    """
    known, said = known_answer(seen), seen.reply.text
    if not known or known.casefold() in said.casefold():
        return None
    text = without_code(said)[-_WINDOW:].strip()
    saw = _mixed(text, prompt_text(seen)) or _unspeakable(text) or _soup(text)
    if not saw:
        return None
    return Finding(
        kind="gibberish", expected="words of a language", saw=f"{saw}: {excerpt(text, 80)}"
    )


def _mixed(text: str, prompt: str) -> str:
    found = scripts(text)
    letters = sum(found.values())
    if letters < _LEAST_LETTERS:
        return ""
    strange = {
        "Eastern" if name in _EAST else name
        for name, count in found.items()
        if count >= _SCRIPT_SHARE * letters
    }
    here = {"Eastern" if name in _EAST else name for name in scripts(prompt)}
    return f"{len(strange)} scripts at once" if len(strange - here) >= _SCRIPTS - 1 else ""


def _unspeakable(text: str) -> str:
    words = [word for word in _WORD.findall(text) if any(map(str.isalpha, word))]
    letters = sum(map(len, words))
    if letters < _LEAST_LETTERS or len(words) < _LEAST_WORDS:
        return "a word that none is" if letters >= _LEAST_LETTERS and _all_odd(words) else ""
    odd = sum(map(_is_odd, words))
    return f"{odd} of {len(words)} words no words" if odd >= _ODD_WORDS * len(words) else ""


def _all_odd(words: list[str]) -> bool:
    return bool(words) and all(map(_is_odd, words))


def _is_odd(word: str) -> bool:
    if _ODD.search(word[:200]):
        return True
    # Short ones may be initials: PNG, HTTP.
    return len(word) >= 5 and word.isascii() and word.isalpha() and not _VOWELS.search(word[:200])


def _soup(text: str) -> str:
    """Marks where letters should be; numbers and blanks are no marks."""
    solid = [ch for ch in text if not ch.isspace()]
    if len(solid) < 2 * _LEAST_LETTERS:
        return ""
    plain = sum(ch.isalnum() for ch in solid)
    return "marks instead of letters" if plain < _SOUP * len(solid) else ""
