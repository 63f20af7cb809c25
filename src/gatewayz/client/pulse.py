"""How late this process's own event loop is: what looks like a slow answer may be our doing."""

from __future__ import annotations

import asyncio
import time
from collections import deque

TICK_S = 0.02
# So many late beats are remembered; an attempt that began before them is told the worst of these.
_MOST = 4096


class Pulse:
    """Beats while anything is under way, and remembers when a beat came late.

    `begin()` and `end()` go with each attempt; `held_up_s(since)` is the longest time for which the
    loop was held up after that moment (on its own clock), 0.0 when it was on time.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._late: deque[tuple[float, float]] = deque(maxlen=_MOST)
        self._beat: asyncio.TimerHandle | None = None
        self._due = 0.0

    def begin(self) -> None:
        """One more attempt is under way."""
        self._under_way += 1
        if self._beat is None:
            self._next()

    def end(self) -> None:
        """One attempt is over."""
        self._under_way -= 1
        if not self._under_way and self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def held_up_s(self, since: float) -> float:
        """The longest time the loop was held up since then, the present moment included."""
        worst = time.monotonic() - self._due if self._beat is not None else 0.0
        for moment, lag in reversed(self._late):
            if moment < since:
                break
            worst = max(worst, lag)
        return max(0.0, worst)

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = time.monotonic() + TICK_S
        self._beat = loop.call_at(self._due, self._beaten)

    def _beaten(self) -> None:
        now = time.monotonic()
        lag = now - self._due
        if lag > TICK_S:
            self._late.append((now, lag))
        self._next()
