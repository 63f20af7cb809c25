"""What all rows share: each carries a checksum, so that a flipped bit is never read as good.

SQLite checks its own structure, not the text in its cells.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from gatewayz.core.codec import dumps
from gatewayz.core.errors import StoreError
from gatewayz.core.writing import FieldsPutter

Row = dict[str, Any]

# A serial is given by the database after the sum is made, and a run's place by the runs that are there.
_NOT_SUMMED = frozenset({"number", "ordered_at", "checksum"})


def checksum(row: Mapping[str, Any]) -> int:
    """CRC-32 over the row's words, in the order of its columns' names."""
    form, values_of = summed_words(tuple(row))
    return zlib.crc32((form % values_of(row)).encode("utf-8", "replace"))


@lru_cache(maxsize=64)  # all rows of a table have the same columns
def summed_words(columns: tuple[str, ...]) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    """The form of the words that are summed, and what takes their values out of a row."""
    names = sorted(name for name in columns if name not in _NOT_SUMMED)
    return words_of(names), itemgetter(*names)


def words_of(names: Iterable[str]) -> str:
    """The form of the words that are summed, of columns in the order of their names."""
    return "\x1f".join(f"{name}=%s" for name in names)


def check(row: Mapping[str, Any], what: str, shown: str) -> None:
    """Raises StoreError when a row is not what was written."""
    if row["checksum"] != checksum(row):
        raise StoreError(damaged(shown, f"{what} is not what was written"))


def damaged(shown: str, detail: str) -> str:
    """The one line for a damaged store."""
    return (
        f"the store {shown} is damaged ({detail}); nothing was changed: restore a copy of it, "
        "or move it away and a new one is made"
    )


def sealed(row: Row) -> Row:
    """The row with its checksum."""
    return {**row, "checksum": checksum(row)}


def finite(value: float | None) -> float | None:
    """A number as a database takes it; None for what is none."""
    return float(value) if value is not None and math.isfinite(value) else None


def written(value: Any) -> str:
    """A noun's text, without what is at its default: three quarters of a verdict are."""
    encode, fields = _quick()
    return dumps(value, encode=encode, fields=fields)


# Digits made alike, all else the same blank: whether many stand in a row is one look.
_DIGITS = bytes(ord("0") if chr(code).isdecimal() else ord(" ") for code in range(128)).ljust(256)
_BEYOND_64_BITS = b"0" * 19


@cache
def _quick() -> tuple[Callable[[Any], str], FieldsPutter]:
    """A writer of JSON that says the same in a tenth of the time; imported with the first row."""
    import msgspec

    from gatewayz.store.told_fields import told_fields

    encode = msgspec.json.Encoder().encode

    def write(value: Any) -> str:
        data = encode(value)
        if _BEYOND_64_BITS in data.translate(_DIGITS):
            raise ValueError("there may be a number in it that has no room in 64 bits")
        return data.decode()

    return write, told_fields
