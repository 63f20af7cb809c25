"""How much of a JSON text stands outside of its strings, seen without reading it."""

from __future__ import annotations

import re

# Numbers so long that come with an exponent are read a hundred times as slowly as others.
_SLOW_NUMBER = re.compile(rb"[eE](?<=[0-9.]{18}[eE])")

_LONG = b"0" * 1000
_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)


def outside_strings(data: bytes, most: int) -> bytes | None:
    """The text without its strings; None where it has more of them than `most` values could be."""
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # A name and a string for each value, of two quotes each.
    if plain.count(b'"') > 4 * most:
        return None
    return b"".join(plain.split(b'"')[::2])


def values_in(outside: bytes) -> int:
    """How many values such a rest has, about: of a list or an object one more than is there."""
    return outside.count(b",") + outside.count(b"[") + outside.count(b"{")


def has_long_number(outside: bytes) -> bool:
    """Whether a number has a thousand digits: the time to read one grows with their square."""
    return _LONG in outside.translate(_AS_ZEROS)


def slow_numbers_in(outside: bytes) -> int:
    """How many numbers it has that take long to read."""
    return len(_SLOW_NUMBER.findall(outside))
