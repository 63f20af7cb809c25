"""Everything a provider sends is hostile text; here it is made safe to show and to keep.

`visible` is for terminals and single-line fields, `excerpt` for evidence, `Redactor` for secrets.
"""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

EXCERPT_CHARS = 400
MASK = "***"

_CUT = " ... "
# What of a key at a border is still worth hiding, and what of its ends anywhere.
_SHORTEST_PART = 6
_END_CHARS = 12

# A key has a long run of letters and digits in it somewhere; hyphenated words have none.
_KEY_PATTERNS = re.compile(
    r"(?<![A-Za-z0-9])(?:sk|gsk|gw|pk|hf|xai|fw|cpk|csk|nvapi|rk|key|ghp|xoxb)"
    r"[-_](?=[A-Za-z0-9_\-.]{0,40}[A-Za-z0-9]{14})[A-Za-z0-9_\-.]{16,200}"
    r"|AIza[A-Za-z0-9_\-]{30,60}"
    r"|(?<=[Bb]earer )[A-Za-z0-9_\-.=+/]{8,400}"
)
# Printable by their category, and nothing is seen: fillers, and the blank of Braille.
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """The text with nothing in it that a terminal obeys or a reader cannot see.

    C0 and C1 controls, DEL, lone surrogates, bidirectional controls and zero-width marks become
    `\\x1b`-like escapes; tab becomes a space; newlines become `\\n` unless `keep_newlines`.
    """
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    for ch in text:
        if ch == "\t":
            out.append(" ")
        elif ch == "\n" and keep_newlines:
            out.append(ch)
        elif ch == "\n":
            out.append("\\n")
        elif (ch == "\u200d" and _after_emoji(out)) or (ch.isprintable() and ch not in _UNSEEN):
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


def _after_emoji(out: list[str]) -> bool:
    """Whether a zero-width joiner here holds an emoji together, and does not hide in a word."""
    return bool(out) and (out[-1] == "\ufe0f" or unicodedata.category(out[-1]) in ("So", "Sk"))


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


class Redactor:
    """Takes secrets out of text: known values first, then what looks like a key.

    `secrets` are the values in use. Their base64, URL-encoded, JSON-escaped and HTML-escaped forms
    and their first and last 12 characters are taken out too, also when an excerpt's border cuts
    the value.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values: tuple[str, ...] = ()
        self._whole: tuple[str, ...] = ()
        self._ends: tuple[str, ...] = ()
        # Most texts hold no part of any secret, and one search tells: every form that is taken
        # out, whole or cut, holds its first or its last few characters.
        self._gate = re.compile(r"(?!)")
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """One more value to take out; values under 6 characters would hit common words."""
        if len(secret) < _SHORTEST_PART or secret in self._values:
            return
        self._values += (secret,)
        whole = _forms_of(secret)
        ends = {secret[:_END_CHARS], secret[-_END_CHARS:]} if len(secret) >= 16 else set()
        self._whole = _longest_first({*self._whole, *whole})
        self._ends = _longest_first({*self._ends, *ends})
        parts = {p for f in self._whole for p in (f[:_SHORTEST_PART], f[-_SHORTEST_PART:])}
        self._gate = re.compile("|".join(map(re.escape, sorted(parts))))

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        return _KEY_PATTERNS.sub(MASK, self.without_values(text))

    def without_values(self, text: str) -> str:
        """The text without the known values; what merely looks like a key stays."""
        return self._without_values(text) if self._gate.search(text) else text

    def _without_values(self, text: str) -> str:
        for form in self._whole:
            text = text.replace(form, MASK)
        # Borders before ends: masking an end would leave the middle of a cut value standing.
        text = _CUT.join(self._without_parts(piece) for piece in text.split(_CUT))
        for form in self._ends:
            text = text.replace(form, MASK)
        return text

    def _without_parts(self, text: str) -> str:
        """A text whose ends may have cut a value in two, without what is left of it."""
        for value in self._whole:
            # Almost no text holds even the shortest part near its border: one look settles it.
            if value[:_SHORTEST_PART] in text[-len(value) :]:
                for size in range(min(len(value) - 1, len(text)), _SHORTEST_PART - 1, -1):
                    if text.endswith(value[:size]):
                        text = text[:-size] + MASK
                        break
            if value[-_SHORTEST_PART:] in text[: len(value)]:
                for size in range(min(len(value) - 1, len(text)), _SHORTEST_PART - 1, -1):
                    if text.startswith(value[-size:]):
                        text = MASK + text[size:]
                        break
        return text

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"


def _forms_of(secret: str) -> set[str]:
    """A secret as it may stand in somebody's text: as it is, escaped, encoded."""
    quoted = json.dumps(secret)[1:-1]
    texts = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quoted,
        quoted.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
    }
    raw = secret.encode("utf-8", "surrogateescape")
    return texts | _packed(raw, base64.b64encode) | _packed(raw, base64.urlsafe_b64encode)


def _packed(raw: bytes, encode: Callable[[bytes], bytes]) -> set[str]:
    """What base64 makes of bytes wherever in a longer text they stand."""
    whole = encode(raw).decode()
    forms = {whole, whole.rstrip("=")}
    for before in range(3):
        packed = encode(b"\0" * before + raw).decode()
        # Groups of four that hold other bytes too are left out: those depend on the neighbours.
        start = 4 if before else 0
        end = len(packed) - (4 if (before + len(raw)) % 3 else 0)
        forms.add(packed[start:end])
    return forms


def _longest_first(forms: set[str]) -> tuple[str, ...]:
    """So that a form that holds another one is taken out whole."""
    return tuple(sorted((f for f in forms if len(f) >= _SHORTEST_PART), key=lambda f: (-len(f), f)))


def well_formed(text: str) -> str:
    """Valid Unicode: surrogate halves that stand alone become U+FFFD, NUL an escape.

    Two halves side by side are the one character that a stream has cut in two.
    """
    if text.isascii():
        return text.replace("\x00", "\\x00")
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\\x00")


def of_json(error: json.JSONDecodeError) -> str:
    """What a parser says of a text, and where: "Unterminated string starting at character 96"."""
    return f"{error.msg.removesuffix(' at')} at character {error.pos}"
