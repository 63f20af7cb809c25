"""Everything a provider sends is hostile text; here it is made safe to show and to keep.

`visible` is for terminals and single-line fields, `excerpt` for evidence, `Redactor` for secrets.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

EXCERPT_CHARS = 400
MASK = "***"

_KEY_PATTERNS = re.compile(
    r"(?<![A-Za-z0-9])(?:sk|gsk|gw|pk|hf|xai|fw|cpk|csk|nvapi|rk|AIza|key|ghp|xoxb)"
    r"[-_][A-Za-z0-9_\-.]{16,200}|AIza[A-Za-z0-9_\-]{30,60}"
    r"|(?<=[Bb]earer )[A-Za-z0-9_\-.=+/]{8,400}"
)


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """The text with nothing in it that a terminal obeys or a reader cannot see.

    C0 and C1 controls, DEL, lone surrogates, bidirectional controls and zero-width marks become
    `\\x1b`-like escapes; tab becomes a space; newlines become `\\n` unless `keep_newlines`.
    """
    out = []
    for ch in text:
        if ch == "\t":
            out.append(" ")
        elif ch == "\n" and keep_newlines:
            out.append(ch)
        elif ch == "\n":
            out.append("\\n")
        elif ch == "\u200d" or ch.isprintable():
            # The zero-width joiner holds emoji together and hides nothing by itself.
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
    tail = limit - head - 5
    return f"{text[:head]} ... {text[-tail:]}"


class Redactor:
    """Takes secrets out of text: known values first, then what looks like a key.

    `secrets` are the values in use. Their base64, URL-encoded and JSON-escaped forms and their
    first and last 12 characters are taken out too, also when an excerpt's border cuts the value.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._values: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """One more value to take out; values under 6 characters would hit common words."""
        if len(secret) < 6 or secret in self._values:
            return
        self._values += (secret,)
        raw = secret.encode("utf-8", "surrogateescape")
        forms = {
            secret,
            quote(secret, safe=""),
            json.dumps(secret)[1:-1],
            base64.b64encode(raw).decode(),
            base64.urlsafe_b64encode(raw).decode(),
        }
        forms |= {form.rstrip("=") for form in forms}
        if len(secret) >= 16:
            forms |= {secret[:12], secret[-12:]}
        self._forms |= {form for form in forms if len(form) >= 6}

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        for form in sorted(self._forms, key=len, reverse=True):
            if form in text:
                text = text.replace(form, MASK)
        return _KEY_PATTERNS.sub(MASK, self._cut_at_the_border(text))

    def _cut_at_the_border(self, text: str) -> str:
        for value in self._values:
            longest = min(len(value) - 1, len(text))
            for size in range(longest, 5, -1):
                if text.endswith(value[:size]):
                    text = text[:-size] + MASK
                    break
        return text

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"


def well_formed(text: str) -> str:
    """Valid Unicode: lone surrogates and noncharacters become U+FFFD, NUL an escape."""
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text.replace("\x00", "\\x00")
