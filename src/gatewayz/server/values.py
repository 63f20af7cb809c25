"""How much of a JSON text stands outside of its strings, seen without reading it."""

from __future__ import annotations

# A parser reads numbers at once whose last digit stands for 1e-307 to 1e+288, and others by a way that is a
# thousand times as slow. It takes an exponent of three digits to get there, or as many digits as here.
_FAR_EXPONENTS = (b"e000", b"e-000", b"e+000")
_MANY = b"0" * 200

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


def digits_in(outside: bytes) -> bytes:
    """The same with each digit as a zero, for the two below."""
    return outside.translate(_AS_ZEROS)


def has_long_number(digits: bytes) -> bool:
    """Whether a number has a thousand digits: the time to read one grows with their square."""
    return _LONG in digits


def slow_numbers_in(digits: bytes, most: int) -> int:
    """How many numbers it has that take long to read, told exactly only as far as `most` needs it.

    One of very many digits counts several times.
    """
    count = digits.count(_MANY)
    # Nearly always an e is one of true and false, and there are few.
    if count <= most < count + digits.count(b"e") + digits.count(b"E"):
        small = digits.lower()
        count += sum(map(small.count, _FAR_EXPONENTS))
    return count
