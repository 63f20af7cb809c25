"""JSON as it should be, and a name for each way in which it is not."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from typing import Any, NoReturn

from gatewayz.client.sights import around, as_json, quoted

MAX_DEPTH = 200
MAX_DIGITS = 1000
# Strings, or commas and brackets beside them: a model list of 250,000 entries, or a hundred times
# what the longest answers hold. What a document takes of time and memory goes with its values.
MAX_VALUES = 1_000_000
# Of a document with more objects than this none is looked through for doubled keys.
_MOST_OBJECTS = 10_000
_ESCAPE = len(r"\u0000")

# A string that is never closed reaches to the end, so that what stands in it does not count.
_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class _Doubled(Exception):
    """Some object holds a key twice, with different values; says which and what."""


class BadDocument(Exception):
    """Not the JSON it should be; `kind` is a name from the failure table.

    `at` is the character at which it breaks, where that is known.
    """

    def __init__(self, kind: str, detail: str, at: int | None = None) -> None:
        self.kind, self.at = kind, at
        super().__init__(detail)


def parse(data: bytes | str, *, seek_doubled: bool = True) -> tuple[Any, str]:
    """The document, and which key some object in it holds twice, where that is asked, else "".

    The same value twice is not counted.

    Strict: UTF-8, nothing after the document, no NaN, bounded depth and integers. Of a doubled
    key the last value counts.
    Raises: BadDocument.
    """
    try:
        text = data.decode(_encoding_of(data)) if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        cut = error.end == len(data) and error.reason == "unexpected end of data"
        kind = "json-truncated" if cut else "json-control-chars"
        # What stands before it is text, so that many characters.
        at = (
            len(data[: error.start].decode("utf-8-sig", "replace"))
            if isinstance(data, bytes)
            else None
        )
        raise BadDocument(kind, f"not UTF-8 at byte {error.start}", at) from None
    if len(text) > MAX_DEPTH:
        _bound_depth(text)
    if not seek_doubled and len(text) <= MAX_DIGITS:
        # A chunk of a stream, as a rule. What this one does not take may still be sound, and what
        # is wrong with it the other one says better.
        decode, refusals = _quick()
        try:
            return decode(text), ""
        except refusals:
            pass
    anyhow, once = _PLAIN, _PLAIN_ONCE
    if len(text) > MAX_DIGITS:
        anyhow, once = (_ANYHOW, _ONCE) if _may_hold_long_number(text) else (anyhow, once)
        seek_doubled = seek_doubled and text.count("{") <= _MOST_OBJECTS
    try:
        if not seek_doubled:
            return _decoded(anyhow, text), ""
        try:
            return _decoded(once, text), ""
        except _Doubled as doubled:
            return _decoded(anyhow, text), str(doubled)
    except json.JSONDecodeError as error:
        raise BadDocument(_kind_of(error, text), _place_of(error), error.pos) from None
    except RecursionError:
        raise BadDocument("json-deep-nesting", "nested too deeply") from None
    except ValueError as error:  # an integer of thousands of digits, or NaN
        raise _not_a_value(error, text) from None


def _encoding_of(data: bytes) -> str:
    """The one that takes a mark away is no quick one."""
    return "utf-8-sig" if data.startswith(BOM_UTF8) else "utf-8"


def describe(problem: BadDocument, data: bytes | str) -> str:
    """What is wrong with a document, at which byte, and what stands there."""
    text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else data
    shown = quoted(text) if problem.at is None else around(text, problem.at)
    return f"{problem}: {shown}"


def _place_of(error: json.JSONDecodeError) -> str:
    """What the parser says, and the byte at which it stopped."""
    byte = len(error.doc[: error.pos].encode("utf-8", "replace"))
    words = error.msg.removesuffix(" at").removesuffix(" starting")
    what = f" {error.doc[error.pos]!r}" if words == "Invalid control character" else ""
    return f"{words}{what} at byte {byte}"


def _not_a_value(error: ValueError, text: str) -> BadDocument:
    """A constant or a number that JSON does not have, and where it stands."""
    word = str(error).split(" ", 1)[0]
    bare = _STRINGS.sub(lambda found: " " * len(found[0]), text)
    at = bare.find(word)
    if at < 0:
        return BadDocument("json-control-chars", str(error))
    byte = len(text[:at].encode("utf-8", "replace"))
    return BadDocument("json-control-chars", f"{error}, at byte {byte}", at)


def holds_too_much(data: bytes) -> bool:
    """Whether a document is of more values than `MAX_VALUES`; it is not parsed for that."""
    if len(data) <= MAX_VALUES:  # of which no value takes less than one
        return False
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
    if len(found) != len(items):
        for key, value in items:
            if found[key] != value:
                both = " and ".join(as_json(each) for each in (value, found[key]))
                raise _Doubled(f"{quoted(key)} is {both}")
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


@cache
def _quick() -> tuple[Callable[[str], Any], tuple[type[Exception], ...]]:
    """A parser that takes nothing that `json` does not take, nor reads it otherwise; how it refuses.

    Imported by the first who reads a thousand chunks: a short answer does not wait for it.
    """
    import msgspec

    return msgspec.json.Decoder().decode, (msgspec.DecodeError, UnicodeEncodeError)


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
