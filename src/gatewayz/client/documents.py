"""JSON as it should be, and a name for each way in which it is not."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any, NoReturn

from gatewayz.core.text import of_json

MAX_DEPTH = 200
MAX_DIGITS = 1000
# Strings, or commas and brackets beside them: a model list of 250,000 entries, or a hundred times
# what the longest answers hold. What a document takes of time and memory goes with its values.
MAX_VALUES = 1_000_000
# Of a document with more objects than this none is looked through for doubled keys.
_MOST_OBJECTS = 10_000
_ESCAPE = len(r"\u0000")

_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class _Doubled(Exception):
    """Some object holds a key twice, with different values."""


class BadDocument(Exception):
    """Not the JSON it should be; `kind` is a name from the failure table."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        super().__init__(detail)


def parse(data: bytes | str, *, seek_doubled: bool = True) -> tuple[Any, bool]:
    """The document, and whether some object in it holds a key twice, where that is asked.

    The same value twice is not counted.

    Strict: UTF-8, nothing after the document, no NaN, bounded depth and integers. Of a doubled
    key the last value counts.
    Raises: BadDocument.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        cut = error.end == len(data) and error.reason == "unexpected end of data"
        kind = "json-truncated" if cut else "json-control-chars"
        raise BadDocument(kind, f"not UTF-8 at byte {error.start}") from None
    if len(text) > MAX_DEPTH:
        _bound_depth(text)
    anyhow, once = _PLAIN, _PLAIN_ONCE
    if len(text) > MAX_DIGITS:
        anyhow, once = (_ANYHOW, _ONCE) if _may_hold_long_number(text) else (anyhow, once)
        seek_doubled = seek_doubled and text.count("{") <= _MOST_OBJECTS
    try:
        if not seek_doubled:
            return _decoded(anyhow, text), False
        try:
            return _decoded(once, text), False
        except _Doubled:
            return _decoded(anyhow, text), True
    except json.JSONDecodeError as error:
        raise BadDocument(_kind_of(error, text), of_json(error)) from None
    except RecursionError:
        raise BadDocument("json-deep-nesting", "nested too deeply") from None
    except ValueError as error:  # an integer of thousands of digits, or NaN
        raise BadDocument("json-control-chars", str(error)) from None


def holds_too_much(data: bytes) -> bool:
    """Whether a document is of more values than `MAX_VALUES`; it is not parsed for that."""
    if sum(map(data.count, _SEPARATORS)) <= MAX_VALUES >= data.count(b'"') // 2:
        return False
    data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return data.count(b'"') // 2 > MAX_VALUES or _separators_in(data) > MAX_VALUES


def _separators_in(data: bytes) -> int:
    """Commas and opening brackets beside the strings of a document without escapes."""
    found = within = 0
    for at in range(0, len(data), _WINDOW):
        # Every second piece stands between quotation marks.
        pieces = data[at : at + _WINDOW].split(b'"')
        beside = b"".join(pieces[within::2])
        found += sum(map(beside.count, _SEPARATORS))
        within = (within + len(pieces) - 1) % 2
    return found


_SEPARATORS = (b",", b"[", b"{")
_WINDOW = 64 * 1024


def _may_hold_long_number(text: str) -> bool:
    """Whether there may be more than `MAX_DIGITS` digits in a row somewhere, be it in a string."""
    block = MAX_DIGITS // 2
    # So many in a row fill one of these blocks.
    return any(text[at : at + block].isdigit() for at in range(0, len(text), block))


def _each_key_once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items) and any(found[key] != value for key, value in items):
        raise _Doubled
    return found


def string_at(text: str, start: int) -> tuple[str, int]:
    """The JSON string whose first quotation mark stands at `start`, and where it ends.

    Raises: BadDocument when none is there.
    """
    try:
        found, end = _ANYHOW.raw_decode(text, start)
    except ValueError as error:
        raise BadDocument("json-control-chars", str(error)) from None
    if not isinstance(found, str):
        raise BadDocument("json-control-chars", f"no string at character {start}")
    return found, end


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits")
    return int(digits)


# Made once: `json.loads` with any such wish makes a decoder for each document. The plain ones are
# for texts without a long number: a function of ours for each whole number takes its time.
_PLAIN = json.JSONDecoder(parse_constant=_no_constant)
_PLAIN_ONCE = json.JSONDecoder(object_pairs_hook=_each_key_once, parse_constant=_no_constant)
_ANYHOW = json.JSONDecoder(parse_constant=_no_constant, parse_int=_bounded_int)
_ONCE = json.JSONDecoder(
    object_pairs_hook=_each_key_once, parse_constant=_no_constant, parse_int=_bounded_int
)


def _decoded(decoder: json.JSONDecoder, text: str) -> Any:
    """What the text says. `decode` looks for blanks around it first, which costs as much again."""
    if not text[:1].isspace():
        document, end = decoder.raw_decode(text)
        if end == len(text):
            return document
    return decoder.decode(text)


def _bound_depth(text: str) -> None:
    """Raises: BadDocument when more brackets are open at once than any answer has."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    # A string that is never closed reaches to the end, so that brackets in it do not count.
    pieces = text.replace("\\\\", "").replace('\\"', "").split('"')
    bare = "".join(pieces[::2]).encode("utf-8", "replace")
    brackets = bare.translate(None, _NOT_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise BadDocument("json-deep-nesting", f"nested deeper than {MAX_DEPTH}")


def _kind_of(error: json.JSONDecodeError, text: str) -> str:
    if error.msg.startswith("Extra data"):
        return "json-trailing-garbage"
    rest = text[error.pos :].rstrip()
    cut = (
        not rest
        or error.msg.startswith("Unterminated string")
        or any(word.startswith(rest) for word in ("true", "false", "null", "-"))
        or re.fullmatch(r"[.eE][0-9eE+-]*", rest) is not None
        or (error.msg.startswith("Invalid \\u") and len(rest) < _ESCAPE and '"' not in rest)
    )
    return "json-truncated" if cut else "json-control-chars"
