"""Text that comes in pieces and is kept up to a cap."""

from __future__ import annotations

MAX_TEXT = 1_000_000


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
