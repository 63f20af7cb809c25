"""An amount of which so much may be used in any sixty seconds, in a few words of memory.

A window is any sixty seconds, not a minute by the clock, so that no two minutes' worth can be had
around a full one. It may lie in memory that several processes share, each of which may be killed
between any two writes: until `mend` it has then counted too much for a moment, never too little.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Protocol

import msgspec

WINDOW_S = 60.0
# So many amounts at most stand apart, each with its moment. Of a key that is used oftener, those of one
# cell of time stand together, at the moment of the last: it gets back what it used up to a cell too
# late. As many cells make a window, and there is room for both, so that there is always room for one more.
MOST_APART: Final = 1024
LEAST_APART: Final = 128
# The words of a window: the number of its oldest entry, of the next one to come, the sum of all, and
# then a moment and an amount for each entry, round and round.
_FIRST: Final = 0
_NEXT: Final = 1
_USED: Final = 2
_HEAD: Final = 3


class Words(Protocol):
    """Numbers in a row, in whatever memory."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, place: int, /) -> Any:
        """The one in that place."""

    def __setitem__(self, place: int, number: Any, /) -> None:
        """Puts another there."""


class Memory(NamedTuple):
    """A window's words, zeros at first: the same ones, seen as whole numbers and as moments."""

    ints: Words
    floats: Words

    @classmethod
    def own(cls, limit: int) -> Memory:
        """Those of a window that one process has for itself."""
        words: list[float] = [0] * words_of_window(limit)
        return cls(words, words)


def words_of_window(limit: int) -> int:
    """How many words a window takes: of requests each counts one, so that no more stand apart.

    Of tokens it may be more, since what was set aside is often settled for less, or for nothing.
    """
    apart = min(max(limit, LEAST_APART), MOST_APART)
    return _HEAD + 2 * (2 * apart + 2)


class Spent(msgspec.Struct):
    """An amount and when it was spent, on the monotonic clock; `entry` is where that stands."""

    moment: float
    amount: int
    entry: int = 0


class Window:
    """An amount of which `limit` may be used in any `WINDOW_S` seconds.

    `memory` holds what was used; its own when None. Where processes share it, each call is to be made
    under a lock, with a `now` that was read under it.
    """

    def __init__(self, limit: int, memory: Memory | None = None) -> None:
        self.limit = limit
        self._ints, self._floats = memory or Memory.own(limit)
        self._entries = (len(self._ints) - _HEAD) // 2
        self._apart = (self._entries - 2) // 2
        self._cell_s = WINDOW_S / self._apart

    def left(self, now: float) -> int:
        """What may still be used; below zero where more was used than had been foreseen."""
        self._forget(now - WINDOW_S)
        left: int = self.limit - self._ints[_USED]
        return left

    def _forget(self, until: float) -> None:
        """Takes out what was used up to a moment."""
        ints, floats = self._ints, self._floats
        first, following, freed = ints[_FIRST], ints[_NEXT], 0
        while first < following and floats[place := self._place(first)] <= until:
            freed += ints[place + 1]
            first += 1
        ints[_FIRST] = first
        ints[_USED] -= freed

    def take(self, amount: int, now: float) -> int | None:
        """Counts an amount if so much is left, and says where that stands; else None."""
        # What is over is taken out only where it would make a difference.
        if self._ints[_USED] + amount > self.limit and amount > self.left(now):
            return None
        return self._count(amount, now)

    def spend(self, amount: int, now: float) -> Spent:
        """Counts an amount from now on, whatever is left."""
        return Spent(now, amount, self._count(amount, now))

    def _count(self, amount: int, now: float) -> int:
        ints, floats = self._ints, self._floats
        ints[_USED] += amount
        entry: int = ints[_NEXT]
        if (others := entry - ints[_FIRST]) >= self._apart - 1:
            place = _HEAD + 2 * ((entry - 1) % self._entries)
            if others >= self._apart and floats[place] // self._cell_s == now // self._cell_s:
                floats[place] = now
                ints[place + 1] += amount
                return entry - 1
            # Before there are so many that some stand together: only those in sight are to count for that.
            self._forget(now - WINDOW_S)
        place = _HEAD + 2 * (entry % self._entries)
        floats[place] = now
        ints[place + 1] = amount
        ints[_NEXT] = entry + 1
        return entry

    def correct(self, spent: Spent, amount: int, now: float) -> None:
        """What an amount turned out to be: what is less is free again, what is more counts from now on.

        Who takes longer than a window to use more than was foreseen has not used it for nothing.
        """
        more = amount - spent.amount
        if more > 0:
            self._count(more, now)
        elif spent.moment > now - WINDOW_S:
            self._ints[_USED] += more
            self._ints[self._place(spent.entry) + 1] += more

    def wait_s(self, amount: int, now: float) -> float:
        """How long until so much is left, if nothing more is used meanwhile."""
        short, wait_s = amount - self.left(now), 0.0
        for moment, used in self._all():
            if short <= 0:
                break
            short -= used
            wait_s = moment + WINDOW_S - now
        return wait_s

    def mend(self) -> None:
        """Puts the sum right, after whoever was writing here has been killed."""
        self._ints[_USED] = sum(used for _, used in self._all())

    def _all(self) -> Iterator[tuple[float, int]]:
        for entry in range(self._ints[_FIRST], self._ints[_NEXT]):
            place = self._place(entry)
            yield self._floats[place], self._ints[place + 1]

    def _place(self, entry: int) -> int:
        return _HEAD + 2 * (entry % self._entries)
