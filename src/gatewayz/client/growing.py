"""Text that comes in pieces and is kept up to a cap, and lists that are read up to one."""

from __future__ import annotations

from typing import Any

MAX_TEXT = 1_000_000
# Eight answers side by side, each of 1,000 chunks, and then some.
MOST_BESIDE = 10_000


class GrowingText:
    """Text that grows up to a cap; `length` counts what came, `cut` says that not all is kept."""

    __slots__ = ("_limit", "_parts", "length")

    def __init__(self, limit: int = MAX_TEXT) -> None:
        self.length = 0
        self._limit = limit
        self._parts: list[str] = []

    def add(self, part: str) -> None:
        """One more piece."""
        if part and self.length < self._limit:
            self._parts.append(part[: self._limit - self.length])
        self.length += len(part)

    @property
    def cut(self) -> bool:
        """Whether more came than is kept."""
        return self.length > self._limit

    def __str__(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""


class ShortLists:
    """Lists of one thing mostly, out of every chunk of a stream.

    What stands beside the first is read up to a number over all of them; `cut` says that there was
    more. A list of two million empty objects would cost a second.
    """

    __slots__ = ("_left", "cut")

    def __init__(self, limit: int = MOST_BESIDE) -> None:
        self.cut = False
        self._left = limit

    def of(self, found: list[Any]) -> list[Any]:
        """What is to be read of one more list."""
        beside = len(found) - 1
        if beside <= 0:
            return found
        if beside > self._left:
            self.cut = True
            found = found[: 1 + self._left]
        self._left -= len(found) - 1
        return found
