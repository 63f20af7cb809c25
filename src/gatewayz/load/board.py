"""What the processes of one load run share: the number of the next request, and when a gateway may be asked.

Numbers are taken from one count by whoever has a place free. So every number of a stage is sent by one
process, whatever its share of the load is, and as many are under way as one process would have: to deal
the numbers out beforehand would leave places empty as soon as one process is ahead of another. The
limit of a gateway is one row of starts for all of them.

It is a piece of memory that forked processes inherit, and a lock that the kernel lets go of when its
holder dies. `CLOCK_MONOTONIC`, in which the starts are, is one clock for all processes of a machine.
"""

from __future__ import annotations

import math
import mmap
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from gatewayz.core.file_lock import FileLock

_SERIAL, _NEXT, _FIRST_PART = range(3)
_WORD: Final = 8  # bytes


class Board:
    """Shared by `parts` processes, and made before they are forked; `rows` of starts stand on it, each
    of which can be closed, and the moment at which nothing more was to be sent.

    A stage is known by its `serial`, which rises from one to the next: its count begins at 0 with the
    first who takes of it.
    """

    def __init__(self, *, parts: int = 1, rows: int = 1) -> None:
        size = _WORD * (_FIRST_PART + parts + 2 * rows + 1)
        memory = memoryview(bytearray(size) if parts == 1 else mmap.mmap(-1, size))
        self._counts, self._moments = memory.cast("q"), memory.cast("d")
        self._parts = slice(_FIRST_PART, _FIRST_PART + parts)
        self._first_row = _FIRST_PART + parts
        self._first_mark = self._first_row + rows
        self._moments[-1] = math.inf
        self._lock: AbstractContextManager[None] = nullcontext() if parts == 1 else FileLock()

    def has_left(self, serial: int, most: int | None) -> bool:
        """Whether a stage of `most` requests has one that nobody took; None: of any number."""
        return most is None or self._counts[_SERIAL] != serial or self._counts[_NEXT] < most

    def take(self, serial: int, part: int, *, most: int | None, room: int | None) -> int | None:
        """The next number of a stage, and with it a place; None where there is none.

        `room` is how many places all processes have together, None for as many as they like.
        """
        with self._lock:
            counts = self._counts
            if room is not None and sum(counts[self._parts]) >= room:
                return None
            if counts[_SERIAL] != serial:
                counts[_SERIAL], counts[_NEXT] = serial, 0
            number = counts[_NEXT]
            if most is not None and number >= most:
                return None
            counts[_NEXT] = number + 1
            counts[_FIRST_PART + part] += 1
            return number

    def leave(self, part: int) -> None:
        """A place that was taken is free."""
        with self._lock:
            self._counts[_FIRST_PART + part] -= 1

    def start_in(self, row: int, now: float, gap_s: float) -> float:
        """When the next request of a row may start, which is then taken."""
        at = self._first_row + row
        with self._lock:
            start = max(now, self._moments[at])
            self._moments[at] = start + gap_s
        return start

    def close_row(self, row: int) -> None:
        """Nothing more is to start in a row."""
        self._counts[self._first_mark + row] = 1

    def is_closed(self, row: int) -> bool:
        """Whether nothing more is to start in a row."""
        return bool(self._counts[self._first_mark + row])

    def end(self, moment: float) -> None:
        """What is due after a moment is not to be sent by anybody, whenever they hear of it."""
        with self._lock:
            self._moments[-1] = min(self._moments[-1], moment)

    @property
    def ended(self) -> float:
        """The moment after which nothing was to be sent; endless where nobody said so."""
        return self._moments[-1]
