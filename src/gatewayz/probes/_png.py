"""A small PNG writer: black digits on white, so large and plain that to see them is to read them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

# Rows from the top, a bit for each of five columns.
_FONT = {
    "0": (14, 17, 17, 17, 17, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (14, 17, 1, 6, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (14, 16, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 1, 14),
}
_ROWS, _COLUMNS, _GAP, _MARGIN = 7, 5, 2, 3
_INK, _PAPER = b"\x00", b"\xff"


def png_of_digits(digits: str, *, scale: int) -> bytes:
    """A greyscale PNG of one row of digits, each point of them `scale` pixels wide and high."""
    rows = [b"".join(dot * scale for dot in row) for row in _dots(digits)]
    width, height = len(rows[0]), len(rows) * scale
    # Each row of pixels is led by the number of its filter: 0, none.
    pixels = b"".join((b"\x00" + row) * scale for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(pixels))
        + _chunk(b"IEND", b"")
    )


def _dots(digits: str) -> Iterator[list[bytes]]:
    """The picture's rows in dots of the font, margins included."""
    width = len(digits) * (_COLUMNS + _GAP) - _GAP + 2 * _MARGIN
    blank = [_PAPER] * width
    yield from [blank] * _MARGIN
    for row in range(_ROWS):
        line = [_PAPER] * _MARGIN
        for digit in digits:
            bits = _FONT[digit][row]
            line += [_INK if bits >> (_COLUMNS - 1 - n) & 1 else _PAPER for n in range(_COLUMNS)]
            line += [_PAPER] * _GAP
        yield line[: width - _MARGIN] + [_PAPER] * _MARGIN
    yield from [blank] * _MARGIN


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
