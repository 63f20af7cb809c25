"""An amount of which so much may be used in any sixty seconds, in a few words of memory.

A window is any sixty seconds, not a minute by the clock, so that no two minutes' worth can be had
around a full one. It may lie in memory that several processes share, each of which may be killed
between any two writes: until `mend` it has then counted too much for a moment, never too little.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WINDOW_S = 60.0
# So many amounts stand apart, each with its moment. Of a key that is used oftener, those of one cell
# of time stand together, at the moment of the last: it gets back what it used up to a cell too late.
# Half as many cells fit in a window, so that there is always room for one more.
_APART: Final = 1024
_CELL_S: Final = WINDOW_S / _APART
_ENTRIES: Final = 2 * _APART + 2
# The words of a window: the number of its oldest entry, of the next one to come, the sum of all, and
# then a moment and an amount for each entry, round and round.
_FIRST: Final = 0
_NEXT: Final = 1
_USED: Final = 2
_HEAD: Final = 3
WORD_BYTES: Final = 8
WINDOW_BYTES: Final = WORD_BYTES * (_HEAD + 2 * _ENTRIES)


@dataclass(slots=True)
class Spent:
    """An amount and when it was spent, on the monotonic clock; `entry` is where that stands."""

    moment: float
    amount: int
    entry: int = 0


class Window:
    """An amount of which `limit` may be used in any `WINDOW_S` seconds.

    `memory` holds what was used: `WINDOW_BYTES` of it, zeros at first; its own when None. Where
    processes share it, each call is to be made under a lock, with a `now` that was read under it.
    """

    def __init__(self, limit: int, memory: memoryview | None = None) -> None:
        self.limit = limit
        if memory is None:
            memory = memoryview(mmap.mmap(-1, WINDOW_BYTES))[:WINDOW_BYTES]
        self._ints = memory.cast("q")
        self._floats = memory.cast("d")

    def left(self, now: float) -> int:
        """What may still be used; below zero where more was used than had been foreseen."""
        ints = self._ints
        first = ints[_FIRST]
        if self._floats[_HEAD + 2 * (first % _ENTRIES)] <= now - WINDOW_S and first < ints[_NEXT]:
            self._forget(first, now - WINDOW_S)
        return self.limit - ints[_USED]

    def _forget(self, first: int, until: float) -> None:
        ints, floats = self._ints, self._floats
        following, freed = ints[_NEXT], 0
        while first < following and floats[place := _place(first)] <= until:
            freed += ints[place + 1]
            first += 1
        ints[_FIRST] = first
        ints[_USED] -= freed

    def take(self, amount: int, now: float) -> int | None:
        """Counts an amount if so much is left, and says where that stands; else None."""
        return self._count(amount, now) if amount <= self.left(now) else None

    def spend(self, amount: int, now: float) -> Spent:
        """Counts an amount from now on, whatever is left."""
        self.left(now)
        return Spent(now, amount, self._count(amount, now))

    def _count(self, amount: int, now: float) -> int:
        ints, floats = self._ints, self._floats
        ints[_USED] += amount
        entry = ints[_NEXT]
        if entry - ints[_FIRST] >= _APART:
            place = _place(entry - 1)
            if floats[place] // _CELL_S == now // _CELL_S:
                floats[place] = now
                ints[place + 1] += amount
                return entry - 1
        place = _HEAD + 2 * (entry % _ENTRIES)
        floats[place] = now
        ints[place + 1] = amount
        ints[_NEXT] = entry + 1
        return entry

    def correct(self, spent: Spent, amount: int, now: float) -> None:
        """What an amount turned out to be, at the moment it was counted."""
        self.left(now)
        if spent.moment > now - WINDOW_S:
            more = amount - spent.amount
            self._ints[_USED] += more
            self._ints[_place(spent.entry) + 1] += more
            spent.amount = amount

    def wait_s(self, amount: int, now: float) -> float:
        """How long until so much is left, if nothing more is used meanwhile."""
        short, wait_s = amount - self.left(now), 0.0
        for moment, used in self._entries():
            if short <= 0:
                break
            short -= used
            wait_s = moment + WINDOW_S - now
        return wait_s

    def mend(self) -> None:
        """Puts the sum right, after whoever was writing here has been killed."""
        self._ints[_USED] = sum(used for _, used in self._entries())

    def _entries(self) -> Iterator[tuple[float, int]]:
        for entry in range(self._ints[_FIRST], self._ints[_NEXT]):
            place = _place(entry)
            yield self._floats[place], self._ints[place + 1]


def _place(entry: int) -> int:
    return _HEAD + 2 * (entry % _ENTRIES)
