"""Are letters beyond ASCII what they were, and not their bytes read as other letters?"""

import json
import re
from collections.abc import Iterator
from html.entities import codepoint2name
from urllib.parse import quote

from gatewayz.checks._asked import (
    has_own_text,
    is_about_letters,
    prompt_text,
    sample,
    without_code,
)
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# What the later bytes of a letter become; marks that end a word by right are left out.
_LATER = r"\u0080-\u009f\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u00bfŒœŠšŽžŸƒˆ˜†‡•‰™€‚„"
# UTF-8 taken for Western letters: Ã©, Â°, â€™, æ\u009d±, ðŸ; Cyrillic as Ð and Ñ by turns.
_LATIN = re.compile(
    rf"[\u00c2\u00c3][{_LATER}\u00ab]|\u00e2[€\u0080]|\u00f0[Ÿ\u009f]|\u00ef\u00bb\u00bf"
    rf"|[\u00e3-\u00e9][{_LATER}]{{2}}|(?:[\u00d0\u00d1][^\sa-zA-Z\u00c0-\u00de]){{3}}"
)
# The character sets that UTF-8 is most often taken for.
_TAKEN_FOR = (
    "latin-1", "cp1252", "cp1251", "koi8-r", "cp437", "cp850", "mac_roman", "gbk", "shift_jis",
    "big5", "euc_kr",
)  # fmt: skip
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


@check
def no_mojibake(seen: Observation) -> Finding | None:
    """No text of the answer is UTF-8 that was read in another character set; else it fails.

    What the question holds is asked for. Where it asks for a text of ours, that text's letters are
    also looked for in the forms that other character sets and escapes give them. An answer in free
    words that is about letters, or that shows the right ones too, may show the wrong ones.
    """
    asked = seen.asked.oracle.get("text") if seen.asked is not None else None
    text = sample(seen.reply.text)
    if text.isascii() and not isinstance(asked, str):
        return None
    prompt, text = prompt_text(seen), without_code(text)
    shown = not has_own_text(seen) and (is_about_letters(prompt) or is_about_letters(text))
    for found in _LATIN.finditer("" if shown else text):
        if found[0] not in prompt and not _repaired_in(text, found):
            around = text[max(0, found.start() - 10) : found.end() + 10]
            return _finding("letters as they are written", around)
    if isinstance(asked, str):
        for letters in _BEYOND_ASCII.findall(asked):
            for form in _forms(letters):
                if form in text and form not in asked and letters not in text:
                    return _finding(repr(letters), repr(form))
    return None


def _repaired_in(text: str, found: re.Match[str]) -> bool:
    """Whether the word that garbled letters stand in stands in the text as it should be, too."""
    begin, end = found.span()
    while begin > 0 and text[begin - 1].isalpha():
        begin -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    for name in ("cp1252", "latin-1"):
        try:
            right = text[begin:end].encode(name).decode()
        except UnicodeError:
            continue
        return right in text.replace(text[begin:end], " ")
    return False


def _forms(letters: str) -> Iterator[str]:
    """How letters look that were read wrongly or never unescaped, longer than one mark each."""
    data = letters.encode("utf-8", "replace")
    read = [data.decode(name, "ignore") for name in _TAKEN_FOR]
    # Twice: what was taken for Western letters went out as them, and was taken so again.
    read.append(data.decode("latin-1").encode().decode("latin-1"))
    read += [json.dumps(letters)[1:-1], quote(data), quote(data).lower()]
    read.append("".join(f"&{codepoint2name.get(ord(ch), f'#{ord(ch)}')};" for ch in letters))
    read.append("".join(f"&#{ord(ch)};" for ch in letters))
    read.append("".join(f"&#x{ord(ch):x};" for ch in letters))
    return (form for form in read if len(form) > 1)


def _finding(expected: str, saw: str) -> Finding:
    return Finding(kind="mojibake", expected=expected, saw=excerpt(saw, 60))
