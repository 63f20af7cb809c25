"""Which scripts a text is written in."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

# First code points of the blocks of letters that tell a script, in order; "" is none of them.
_BLOCKS = (
    (0x0041, "Latin"), (0x005B, ""), (0x0061, "Latin"), (0x007B, ""), (0x00C0, "Latin"),
    (0x0250, ""), (0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, "Armenian"),
    (0x0590, "Hebrew"), (0x0600, "Arabic"), (0x0700, ""), (0x0750, "Arabic"), (0x0780, ""),
    (0x0900, "Indic"), (0x0E00, "Thai"), (0x0E80, "Lao"), (0x0F00, "Tibetan"), (0x1000, "Burmese"),
    (0x10A0, "Georgian"), (0x1100, "Hangul"), (0x1200, "Ethiopic"), (0x13A0, ""),
    (0x1780, "Khmer"), (0x1800, ""), (0x1E00, "Latin"), (0x1F00, "Greek"), (0x2000, ""),
    (0x3040, "Kana"), (0x3100, ""), (0x3400, "Han"), (0x4DC0, ""), (0x4E00, "Han"), (0xA000, ""),
    (0xAC00, "Hangul"), (0xD7B0, ""), (0xF900, "Han"), (0xFB00, ""), (0x20000, "Han"),
    (0x30000, ""),
)  # fmt: skip


def scripts(text: str) -> Counter[str]:
    """Letters by script; what belongs to none is left out."""
    found: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        if name := _script(letter):
            found[name] += count
    return found


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    code, name = ord(letter), ""
    for first, script in _BLOCKS:
        if first > code:
            break
        name = script
    # A multiplication sign stands among the letters.
    return name if letter.isalpha() else ""
