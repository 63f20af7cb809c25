"""The body as it is kept for being read again: bounded, and without a secret in any spelling."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator

from gatewayz.client.repeats import Shortened
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
_QUOTED = r'"(?<!\\")(?:([^"\\\n]{1,40})"\s{0,9}:\s{0,9}")?([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)"'
_PIECES = re.compile(_QUOTED)
_PIECES_AND_LINES = re.compile(rf"{_QUOTED}|^(event|id|):[ ]?(.*)$", re.MULTILINE)
_LONGEST_NAME, _COLONS = 40, (":", ": ")
# A longer body is looked at as a whole: most of its stretches come once.
_SHORT = 4096
_LINES = (":", "event:", "id:")
_FURTHER_LINES = tuple(f"\n{line}" for line in _LINES)


def keep(data: bytes, *, whole: bool, redact: Callable[[str], str]) -> Evidence:
    """What is kept of a body; `whole` says that nothing of it is missing in `data`.

    UTF-8 is kept as text, anything else as base64 of what is left once secrets are out of it.
    """
    text = as_text(data, whole=whole)
    if text is not None:
        return Evidence(text=redact(text), cut=not whole)
    if not whole:
        data = data[:MAX_HEAD]
    packed = base64.b64encode(redact(data.decode("latin-1")).encode("latin-1")).decode()
    return Evidence(text=packed, base64=True, cut=not whole)


def as_text(data: bytes, *, whole: bool) -> str | None:
    """What is kept of a body with whatever is in it; None where it is no text."""
    try:
        text = data.decode("utf-8") if whole else _without_half_a_character(data[:MAX_HEAD])
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


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


def texts_to_look_at(text: str, data: bytes) -> Iterator[str]:
    """The texts that hold no secret if a body holds none, be it in pieces or behind escapes.

    `text` is the body as it is kept, `data` all of it that is here. They are few and short, also
    those of a long stream, but tell nothing of secrets that reach over one of `BORDERS`.
    """
    is_plain = len(data) <= _SHORT and b"\\" not in data and not _has_lines(text)
    stretches = text.split('"') if is_plain else []
    pieces = _pieces_between(stretches)
    if pieces is not None:
        # Nearly all of them stood in answers before: names, values, the marks between them.
        yield from stretches
        yield from joined(pieces)
        return
    bodies = [text]
    if b"\\" in data and (all_of_it := data.decode("utf-8", "replace")) != text:
        bodies.append(all_of_it)
    for body in bodies:
        short = Shortened(body, pieces_in)
        yield short.text
        yield from short.joined_pieces()
        if "\\" in short.text:
            yield _unescaped(short.text)


def spells_in_pieces(text: str, redact: Callable[[str], str]) -> bool:
    """Whether a kept body holds a secret over several of its values, comments or event names.

    The pieces of one name are joined, whatever stands between them and wherever they lie.
    """
    pieces: dict[str, list[str]] = {}
    for name, value in pieces_in(text):
        pieces.setdefault(name, []).append(value)
    several = [parts for parts in pieces.values() if len(parts) > 1]
    # One look at all of them, each with borders of its own, mostly finds that there is nothing.
    joined = _CUT.join(map("".join, several))
    return redact(joined) != joined and any(_spelled(parts, redact) for parts in several)


def pieces_in(text: str) -> list[tuple[str, str]]:
    """The values, comments and event names of a body in their order, each with its name or ""."""
    if not _has_lines(text):
        return _PIECES.findall(text)
    found = _PIECES_AND_LINES.findall(text)
    return [(name or line, value or said) for name, value, line, said in found]


def joined(pieces: Iterable[tuple[str, str]]) -> list[str]:
    """For each name that has several values, these one behind the other."""
    found: dict[str, list[str]] = {}
    for name, value in pieces:
        found.setdefault(name, []).append(value)
    return ["".join(values) for values in found.values() if len(values) > 1]


def _pieces_between(stretches: list[str]) -> list[tuple[str, str]] | None:
    """What `pieces_in` finds in a text without escapes, parted at its quotation marks.

    None where these may stand for something else than a beginning and an end by turns.
    """
    values = stretches[1::2]
    if len(stretches) % 2 == 0 or "\n" in "".join(values):
        return None
    found, name = [], ""
    for value, after in zip(values, stretches[2::2], strict=True):
        if not name and 0 < len(value) <= _LONGEST_NAME and after.strip() == ":":
            if after not in _COLONS:
                return None
            name = value
        else:
            found.append((name, value))
            name = ""
    return [*found, ("", name)] if name else found


def _has_lines(text: str) -> bool:
    """Whether there are lines of an event stream in it that are no data."""
    further = "\n" in text and any(map(text.__contains__, _FURTHER_LINES))
    return further or text.startswith(_LINES)


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
