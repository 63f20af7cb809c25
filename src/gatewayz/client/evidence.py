"""The body as it is kept for being read again: bounded, and without a secret in any spelling."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from gatewayz.core.attempt import Evidence

MAX_WHOLE = 64 * 1024
MAX_HEAD = 32 * 1024
WITHHELD = "(the body is withheld: it spells a secret in pieces)"

# What a redactor takes for the border of a text.
_CUT = "…"
# JSON may write any letter of a key so.
_ESCAPED = re.compile(r"\\u00([0-7][0-9a-fA-F])|\\(/)")
# A value with its key, if it has one; a line of an event stream that is no data. No text begins at
# an escaped quote: else one that never ends would be walked from each of them.
_PIECES = re.compile(
    r'(?<!\\)(?:"([^"\\\n]{1,40})"\s{0,9}:\s{0,9})?"([^"\\\n]*(?:\\.[^"\\\n]*)*)"'
    r"|^(event|id|):[ ]?(.*)$",
    re.MULTILINE,
)


def keep(data: bytes, *, whole: bool, redact: Callable[[str], str]) -> Evidence:
    """What is kept of a body; `whole` says that nothing of it is missing in `data`.

    UTF-8 is kept as text, anything else as base64 of what is left once secrets are out of it.
    """
    if not whole:
        data = data[:MAX_HEAD]
    try:
        text = data.decode("utf-8") if whole else _without_half_a_character(data)
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" not in text:
        return Evidence(text=redact(text), cut=not whole)
    packed = base64.b64encode(redact(data.decode("latin-1")).encode("latin-1")).decode()
    return Evidence(text=packed, base64=True, cut=not whole)


def body_of(evidence: Evidence) -> bytes:
    """The bytes that were kept."""
    if evidence.base64:
        return base64.b64decode(evidence.text)
    return evidence.text.encode()


def has_escaped_secret(data: bytes, redact: Callable[[str], str]) -> bool:
    """Whether a body holds a secret that JSON's escapes hide from a search of its text."""
    text = data.decode("utf-8", "replace")
    if "\\" not in text:
        return False
    return redact(_unescaped(text)) != _unescaped(redact(text))


def spells_in_pieces(text: str, redact: Callable[[str], str]) -> bool:
    """Whether a kept body holds a secret over several of its values, comments or event names.

    The pieces of one name are joined, whatever stands between them and wherever they lie.
    """
    pieces: dict[str, list[str]] = {}
    for found in _PIECES.finditer(text):
        name, value, line, said = found.groups()
        pieces.setdefault(name or line or "", []).append(value or said or "")
    several = [parts for parts in pieces.values() if len(parts) > 1]
    # One look at all of them, each with borders of its own, mostly finds that there is nothing.
    joined = _CUT.join(map("".join, several))
    return redact(joined) != joined and any(_spelled(parts, redact) for parts in several)


def _spelled(parts: list[str], redact: Callable[[str], str]) -> bool:
    # What stands whole in one piece is masked there.
    left = "".join(map(redact, parts))
    return redact(left) != left


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda at: at[2] or chr(int(at[1], 16)), text)


def _without_half_a_character(data: bytes) -> str:
    """The text of a head that may end inside a character. Raises: UnicodeDecodeError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            raise
        return data[: error.start].decode("utf-8")
