"""Everything a provider sends is hostile text; here it is made safe to show and to keep.

`visible` is for terminals and single-line fields, `excerpt` for evidence, `Redactor` for secrets.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

from gatewayz.core.key_shapes import without_lookalikes
from gatewayz.core.known_keys import SHORTEST_PART, KnownKeys

EXCERPT_CHARS = 400
MASK = "***"

_CUT = " ... "
# Printable by their category, and nothing is seen: fillers, joiners, the blank of Braille, and
# marks that choose between two pictures of the character before them.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
# Of the other characters nobody sees those of these categories: controls, format marks, blanks.
_BLANK_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# What a terminal obeys, from its escape on to its end: a colour, a title, a mode.
_ORDERS = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?"
)
_JOINER, _AS_PICTURE, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"
# All that JSON may hold as it is and a terminal obeys or nobody sees; what more it takes in is
# the same character in another spelling.
_NOT_IN_JSON = re.compile(
    "[\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """The text with nothing in it that a terminal obeys or a reader cannot see.

    C0 and C1 controls, DEL, lone surrogates, bidirectional controls and zero-width marks become
    `\\x1b`-like escapes; tab becomes a space; newlines become `\\n` unless `keep_newlines`.
    """
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    for at, ch in enumerate(text):
        if ch == "\t":
            out.append(" ")
        elif ch == "\n" and keep_newlines:
            out.append(ch)
        elif ch == "\n":
            out.append("\\n")
        elif (ch.isprintable() and ch not in _UNSEEN) or _in_emoji(text, at):
            out.append(ch)
        else:
            code = ord(ch)
            out.append(
                f"\\x{code:02x}"
                if code < 0x100
                else f"\\u{code:04x}"
                if code < 0x10000
                else f"\\U{code:08x}"
            )
    return "".join(out)


def _in_emoji(text: str, at: int) -> bool:
    """Whether a mark that nobody sees holds an emoji together, and does not hide in a word."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] == _AS_PICTURE:
        return _is_picture(before) or (before in {*"0123456789#*"} and after == _KEYCAP)
    if text[at] != _JOINER or not _is_picture(after):
        return False
    return _is_picture(before) or (before == _AS_PICTURE and _in_emoji(text, at - 1))


def _is_picture(ch: str) -> bool:
    """Whether this is one character, and an emoji or what becomes one."""
    return len(ch) == 1 and (unicodedata.category(ch) in ("So", "Sk", "Sm") or ch in "‼⁉〰")


def shows_nothing(text: str) -> bool:
    """Whether a reader sees nothing of a text: blanks, controls, marks without a width.

    A character that this Python has never heard of may be a new emoji, so it counts as seen.
    """
    text = text.strip()
    if "!" <= text[:1] <= "~":  # as nearly every text begins; no order to a terminal takes it away
        return False
    if "\x1b" in text or "\x9b" in text:
        text = _ORDERS.sub("", text)
    return not any(map(_is_seen, text[:20])) and not any(map(_is_seen, set(text)))


def _is_seen(ch: str) -> bool:
    return "!" <= ch <= "~" or (
        ch not in _UNSEEN and unicodedata.category(ch) not in _BLANK_CATEGORIES
    )


def json_to_show(text: str) -> str:
    """A JSON document that says the same and has in it nothing that a terminal obeys.

    JSON lets DEL, C1 controls and marks of direction stand in a text as they are; here they are
    escaped, as those below blank always are.
    """
    return text if text.isascii() and "\x7f" not in text else _NOT_IN_JSON.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f"


def display_width(text: str) -> int:
    """Columns the text takes in a terminal (wide characters take two, combining marks none)."""
    width = 0
    for ch in text:
        if unicodedata.combining(ch) or ch == "\u200d":
            continue
        width += 2 if unicodedata.east_asian_width(ch) in "WF" else 1
    return width


def fit(text: str, width: int) -> str:
    """The text padded with blanks, or cut with an ellipsis, to exactly `width` columns."""
    if display_width(text) > width:
        cut, used = [], 0
        for ch in text:
            step = display_width(ch)
            if used + step > width - 1:
                break
            cut.append(ch)
            used += step
        text = "".join(cut) + "…"
    return text + " " * (width - display_width(text))


def excerpt(text: str, limit: int = EXCERPT_CHARS) -> str:
    """The beginning and the end of a long text, `limit` characters in all."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head - len(_CUT)
    return f"{text[:head]}{_CUT}{text[-tail:]}"


class _Harmless(set[str]):
    """Short texts in which nothing was found: names, models and types come again and again."""

    _LONGEST, _MOST = 200, 4096

    def learn(self, text: str) -> None:
        """One more, if it is worth its place."""
        if len(text) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self.add(text)


class Redactor:
    """Takes secrets out of text: known values first, then what looks like a key.

    `secrets` are the values in use. Whatever of one is a run of 12 characters or more goes, and
    6 where a cut, a mask or the text's border stands beside them; also behind the escapes of
    URLs, JSON and HTML, and in base64.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values: tuple[str, ...] = ()
        self._keys = KnownKeys()
        self._without_values = _Harmless()
        self._without_secrets = _Harmless()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """One more value to take out; values under 6 characters would hit common words."""
        if len(secret) < SHORTEST_PART or secret in self._values:
            return
        self._values += (secret,)
        self._keys.add(secret)
        self._without_values.clear()
        self._without_secrets.clear()

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        if text in self._without_secrets:
            return text
        cleaned = without_lookalikes(self.without_values(text), MASK)
        if cleaned == text:
            self._without_secrets.learn(text)
        return cleaned

    def finds_nothing_in(self, texts: Iterable[str]) -> bool:
        """Whether no secret is in any of these texts, each with borders of its own.

        One look at all of them together, so that it costs little; False may also mean that it
        takes a look at each of them to tell.
        """
        new = [*{*texts} - self._without_secrets]
        if not self._keys.are_in_none_of(new):
            return False
        joined = "\n".join(new)  # which nothing that looks like a key holds
        if without_lookalikes(joined, MASK) != joined:
            return False
        for text in new:
            self._without_secrets.learn(text)
        return True

    def may_reach_over(self, separators: str) -> bool:
        """Whether a key in use, as it may be written, holds one of these characters."""
        return self._keys.may_hold(separators)

    def without_values(self, text: str) -> str:
        """The text without the known values; what merely looks like a key stays."""
        if text in self._without_values:
            return text
        out, done = [], 0
        for start, end in self._keys.spans_in(text):
            out += [text[done:start], MASK]
            done = end
        if not out:
            self._without_values.learn(text)
            return text
        return "".join([*out, text[done:]])

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"


def well_formed(text: str) -> str:
    """Valid Unicode: surrogate halves that stand alone become U+FFFD, NUL an escape.

    Two halves side by side are the one character that a stream has cut in two. Where nothing else
    is seen NUL goes: its escape would look like an answer.
    """
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if "\x00" not in text:
        return text
    return text.replace("\x00", "" if shows_nothing(text) else "\\x00")


def of_json(error: json.JSONDecodeError) -> str:
    """What a parser says of a text, and where: "Unterminated string starting at character 96"."""
    return f"{error.msg.removesuffix(' at')} at character {error.pos}"
