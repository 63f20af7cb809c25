"""Decodes a PNG to shades of grey: https://www.w3.org/TR/png-3/ (third edition, 2025)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_PIXELS = 4_000_000


class NotAnImage(Exception):
    """What was sent cannot be read as a PNG; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of pixels, each a shade from 0 (black) to 255 (white)."""

    width: int
    height: int
    rows: tuple[bytes, ...]


def decode(data: bytes) -> Picture:
    """A picture out of the bytes of a PNG, of any colour type and depth but not interlaced.

    Transparent pixels show the white behind them.
    Raises: NotAnImage.
    """
    if not data.startswith(_SIGNATURE):
        raise NotAnImage("it is not a PNG")
    try:
        return _decode(data)
    except (struct.error, zlib.error, IndexError, KeyError) as error:
        raise NotAnImage("its PNG is damaged") from error


def _decode(data: bytes) -> Picture:
    header, palette, packed = b"", b"", b""
    at = len(_SIGNATURE)
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        (said,) = struct.unpack_from(">I", data, at + 8 + size)
        if zlib.crc32(kind + body) != said:
            raise NotAnImage("its PNG is damaged")
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed += body
        at += size + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if interlaced or not 0 < width * height <= _MOST_PIXELS:
        raise NotAnImage("its PNG is interlaced, empty or too large")
    channels = _CHANNELS[colour]
    row_bytes = -(-width * channels * depth // 8)
    wanted = height * (row_bytes + 1)
    raw = zlib.decompressobj().decompress(packed, wanted)
    if len(raw) < wanted:
        raise NotAnImage("its PNG is cut off")
    step = max(1, channels * depth // 8)
    rows = []
    before = bytes(row_bytes)
    for start in range(0, wanted, row_bytes + 1):
        before = _unfilter(raw[start], raw[start + 1 : start + 1 + row_bytes], before, step)
        samples = _samples(before, depth, width * channels)
        rows.append(_greys(samples, colour, depth, palette))
    return Picture(width, height, tuple(rows))


def _unfilter(kind: int, row: bytes, before: bytes, step: int) -> bytes:
    """Undoes a row's filter: none, left, above, their mean, or Paeth's choice."""
    if kind == 0:
        return row
    if kind > 4:
        raise NotAnImage("its PNG is damaged")
    found = bytearray(row)
    for n in range(len(found)):
        left = found[n - step] if n >= step else 0
        above = before[n]
        corner = before[n - step] if n >= step else 0
        guess = (left, above, (left + above) // 2, _paeth(left, above, corner))[kind - 1]
        found[n] = (found[n] + guess) & 255
    return bytes(found)


def _paeth(left: int, above: int, corner: int) -> int:
    base = left + above - corner
    return min((left, above, corner), key=lambda value: abs(base - value))


def _samples(row: bytes, depth: int, count: int) -> bytes:
    """One byte a sample: palette indexes and small depths as they are, deep ones cut to eight."""
    if depth == 8:
        return row
    if depth == 16:
        return row[::2]
    each = 8 // depth
    mask = (1 << depth) - 1
    return bytes(row[n // each] >> (8 - depth * (n % each + 1)) & mask for n in range(count))


def _greys(samples: bytes, colour: int, depth: int, palette: bytes) -> bytes:
    if colour == 3:
        return bytes(_grey(*palette[3 * n : 3 * n + 3]) for n in samples)
    if depth < 8:
        samples = bytes(sample * 255 // ((1 << depth) - 1) for sample in samples)
    if colour == 0:
        return samples
    size = _CHANNELS[colour]
    pixels = (samples[n : n + size] for n in range(0, len(samples), size))
    if colour == 2:
        return bytes(_grey(*pixel) for pixel in pixels)
    if colour == 4:
        return bytes(_over_white(*pixel) for pixel in pixels)
    return bytes(_over_white(_grey(r, g, b), alpha) for r, g, b, alpha in pixels)


def _grey(red: int, green: int, blue: int) -> int:
    return (299 * red + 587 * green + 114 * blue) // 1000


def _over_white(shade: int, alpha: int) -> int:
    return 255 - (255 - shade) * alpha // 255
