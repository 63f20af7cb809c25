"""Text seen through its escapes: `%2f`, `\\u002F` and `&#47;` are one slash, written for others."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate

# Of printable ASCII, by the character that begins them.
_ESCAPES = {
    "%": r"%[2-7][0-9A-Fa-f]",
    # A run of backslashes is looked at from its beginning, once.
    "\\": r"\\(?<!\\\\)\\*+(?:/|(?:u00|x)[2-7][0-9A-Fa-f])",
    "&": r"&(?:#0{0,4}(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])"
    r"|#[xX]0{0,4}[2-7][0-9A-Fa-f]|quot|apos|amp|lt|gt);",
}
MARKS = tuple(_ESCAPES)
_NAMED = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}


class _Meanings(dict[str, str]):
    """What an escape stands for, worked out once."""

    def __missing__(self, escape: str) -> str:
        self[escape] = meaning = _meaning(escape)
        return meaning


def _meaning(escape: str) -> str:
    if escape[0] in "%\\":
        return "/" if escape[-1] == "/" else chr(int(escape[-2:], 16))
    if escape[1] != "#":
        return _NAMED[escape[1:-1]]
    return chr(int(escape[3:-1], 16) if escape[2] in "xX" else int(escape[2:-1]))


@cache
def _escapes_with(marks: str) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(_ESCAPES[mark] for mark in marks)})")


class Unescaped:
    """A text with its escapes read, once; `text` is what they say. Falsy when there are none."""

    def __init__(self, text: str) -> None:
        marks = "".join(mark for mark in MARKS if mark in text)
        # Every second part is an escape.
        self._raw = _escapes_with(marks).split(text) if marks else [text]
        self._read = self._raw.copy()
        self._read[1::2] = map(_Meanings().__getitem__, self._raw[1::2])
        self.text = "".join(self._read)

    def __bool__(self) -> bool:
        return len(self._raw) > 1

    def back(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where in the text with its escapes these parts of `text` stand."""
        if not spans:
            return []
        read = [0, *accumulate(map(len, self._read))]
        raw = [0, *accumulate(map(len, self._raw))]

        def place(at: int) -> tuple[int, int]:
            part = bisect_right(read, at) - 1
            if part % 2:
                return raw[part], raw[part + 1]
            start = raw[part] + at - read[part]
            return start, start + 1

        return [(place(start)[0], place(end - 1)[1]) for start, end in spans]
