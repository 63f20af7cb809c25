"""How fast one gateway is called: so many at once, so many starts a minute, and pauses it asks for."""

from __future__ import annotations

import asyncio

from gatewayz.core import Limits


def seconds_to_start(calls: int, limits: Limits) -> float:
    """How long after the first of so many calls the last may start, where none waits for an answer."""
    burst, gap_s = _burst_and_gap_s(limits)
    return max(0, calls - 1 - burst) * gap_s


def _burst_and_gap_s(limits: Limits) -> tuple[int, float]:
    """How many starts may run ahead of the even ones, and how far apart those are."""
    per_minute = limits.requests_per_minute
    if not per_minute:
        return 0, 0.0
    burst = min(2 * limits.concurrency, int(per_minute / 4))
    return burst, 60.0 / (per_minute - burst)


class Pace:
    """One gateway's limits, shared by all that call it.

    `slots` are how many cases may be under way at once, whichever roll calls they are of. `turn()` waits for the next allowed start; `hold(seconds)` keeps everybody from starting for a
    while, as after a 429.

    Of the starts a minute allows, a few may come at once and the rest evenly, so that a short roll
    call is not slowed by a limit it never reaches; no minute ever sees more than the limit.
    """

    def __init__(self, limits: Limits, *, spread_s: float) -> None:
        self._burst, self._gap_s = _burst_and_gap_s(limits)
        self._spread_s = spread_s
        self._next = 0.0
        self._even = 0.0
        self._starts = 0
        self._concurrency = limits.concurrency
        self.slots = asyncio.Semaphore(max(1, limits.concurrency))

    async def turn(self) -> None:
        """Returns when the next request may start."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            # `_even` is when the next start would be due if all were even; a burst runs ahead.
            allowed = max(self._next, self._even - self._burst * self._gap_s)
            if now >= allowed:
                # The first starts are spread, so that a run does not open with a volley.
                opening = self._starts < self._concurrency
                self._next = now + (self._spread_s if opening else 0.0)
                self._even = max(self._even, now) + self._gap_s
                self._starts += 1
                return
            await asyncio.sleep(allowed - now)

    def hold(self, seconds: float) -> None:
        """Nobody starts for so long."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)
