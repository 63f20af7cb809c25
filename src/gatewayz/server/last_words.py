"""What each worker last said of itself, kept where it outlives the one who said it."""

from __future__ import annotations

import os
import struct
import zlib
from typing import Final

from gatewayz.server.accounts import nameless_file

# The number of what was said, its length in bytes, its checksum.
_HEAD: Final = struct.Struct("=QQI")


class LastWords:
    """One for each of so many workers; made before they are forked, and handed down to them.

    Each has two files and writes them in turn: one that is killed while it writes has still said what
    it said before.
    """

    def __init__(self, workers: int) -> None:
        self._files = [(nameless_file(), nameless_file()) for _ in range(workers)]

    def write(self, worker: int, words: bytes) -> None:
        """Says something in the place of what that worker said before; only it itself does."""
        number = self._last(worker)[0] + 1
        head = _HEAD.pack(number, len(words), zlib.crc32(words))
        os.pwrite(self._files[worker][number % 2], head + words, 0)

    def read(self, worker: int) -> bytes:
        """What it last said, b"" before it said anything."""
        return self._last(worker)[1]

    def _last(self, worker: int) -> tuple[int, bytes]:
        return max((_said(file) for file in self._files[worker]), key=lambda said: said[0])


def _said(file: int) -> tuple[int, bytes]:
    """The number and the words of a file; number 0 where they are not whole."""
    held = os.pread(file, os.fstat(file).st_size, 0)
    if len(held) < _HEAD.size:
        return 0, b""
    number, length, checksum = _HEAD.unpack_from(held)
    words = held[_HEAD.size : _HEAD.size + length]
    whole = len(words) == length and zlib.crc32(words) == checksum
    return (number, words) if whole else (0, b"")
