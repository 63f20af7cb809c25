"""Is the answer language at all?"""

import re

from gatewayz.checks._asked import bare, known_answer, prompt_text, without_code
from gatewayz.checks._scripts import scripts
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

_WINDOW = 4000
_LEAST_LETTERS, _LEAST_WORDS, _LONG_WORD = 12, 6, 8
# Of so many scripts, each with this share of the letters: no text of ours brings them together.
_SCRIPTS, _SCRIPT_SHARE = 3, 0.05
# Of real text nearly every word is plain; of this share no language is left.
_PLAIN_SHARE = 0.65
_LEAST_MARKS, _SOUP = 16, 0.4
# Chinese, Japanese and Korean share letters.
_EAST = frozenset({"Han", "Kana", "Hangul"})
# A word with its brackets, quotes and stops; marks of code make it none.
_WORD = re.compile(
    r"[(\[{\"'“‘«¿¡*_<-]{0,3}([^\W_](?:[\w'’.,:/@+-]*\w)?%?)[)\]}\"'”’»*_>.,!?;:…-]{0,5}"
)
_ODD = re.compile(
    r"[bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ]{6,}"  # no language heaps so many
    r"|[a-z][A-Z]+[a-z]+[A-Z]|[a-z][A-Z]{2,}[a-z]"  # capitals here and there
    r"|[A-Za-z][0-9]+[A-Za-z]+[0-9]|[0-9][A-Za-z]+[0-9]+[A-Za-z]"  # letters and digits by turns
    r"|[a-zA-Z][\u0370-\u052f]|[\u0370-\u052f][a-zA-Z]"  # Greek or Cyrillic inside a word
    r"|[ĠĊ\u2581]|(?i:([a-z])\1\1)(?<!www)"  # the vocabulary's blanks; one letter three times
)
# What stands for a word: letters, digits, or marks of code.
_COUNTS = re.compile(r"[^\W_]|[(){}\[\]/\\#=<>|~^&%$]{2}")
_VOWELS = re.compile(r"[aeiouyAEIOUY\u00c0-\u024f]")


@check
def no_gibberish(seen: Observation) -> Finding | None:
    """Where we know the answer, what comes instead of it is language; else a failing Finding.

    Judged by many scripts at once, by words that no language has, and by marks instead of letters.
    An answer that holds what was asked for is none, whatever stands beside it.
    """
    known, said = known_answer(seen), seen.reply.text
    if not known or bare(known) in bare(said):
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
    there = {
        "Eastern" if name in _EAST else name
        for name, count in found.items()
        if count >= _SCRIPT_SHARE * letters
    }
    here = {"Eastern" if name in _EAST else name for name in scripts(prompt)}
    return f"{len(there)} scripts at once" if len(there - here) >= _SCRIPTS - 1 else ""


def _unspeakable(text: str) -> str:
    """Words that none are; lone dashes, stops and emoji are neither."""
    words = [word for word in text.split() if _COUNTS.search(word)]
    if len(words) >= _LEAST_WORDS:
        plain = sum(map(_is_plain, words))
        if plain < _PLAIN_SHARE * len(words):
            return f"{len(words) - plain} of {len(words)} words that are none"
    # Of a few words each has to be long and odd: there are names, codes and interjections.
    elif words and all(len(word) >= _LONG_WORD and word.isalpha() for word in words):
        return "no word of any language" if all(map(_is_odd, words)) else ""
    return ""


def _is_plain(word: str) -> bool:
    if not word.isascii() and not _ODD.search(word[:200]):
        return True  # other scripts are judged by their mixture
    found = _WORD.fullmatch(word[:200])
    return found is not None and not _is_odd(found[1])


def _is_odd(word: str) -> bool:
    if _ODD.search(word[:200]):
        return True
    letters = "".join(filter(str.isalpha, word[:200]))
    # Capitals may be initials: PNG, HTTP.
    initials = letters.isupper() and len(letters) <= 5
    return len(letters) > 1 and letters.isascii() and not initials and not _VOWELS.search(letters)


def _soup(text: str) -> str:
    """Marks where letters should be; numbers and blanks are no marks."""
    solid = [ch for ch in text if not ch.isspace()]
    if len(solid) < _LEAST_MARKS:
        return ""
    plain = sum(ch.isalnum() or not ch.isascii() for ch in solid)
    return "marks instead of letters" if plain < _SOUP * len(solid) else ""
