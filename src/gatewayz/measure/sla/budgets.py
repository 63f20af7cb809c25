"""Shares with their intervals, error budgets, and how fast they burn."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

from gatewayz.core.availability import Budget, Burn, BurnWindow, State, Tally
from gatewayz.core.estimates import CONFIDENCE
from gatewayz.core.objectives import Objective, Span, Window
from gatewayz.measure.sla.rounds import Round

# So many rounds a burn window holds at least; fewer are chance.
FEWEST_ROUNDS = 5
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_HOUR: Final = 3600.0
_NOMINAL_S = {"month": 30 * 86400.0, "week": 7 * 86400.0, "day": 86400.0}
# A sum of floats may lie a whisker beside a whole number.
_WHISKER = 1e-9


class Level(NamedTuple):
    """An alert's severity: it fires when `part` of the budget would be gone within `long_s`."""

    severity: Literal["page", "ticket"]
    part: float
    long_s: float
    short_s: float


# Google, "The Site Reliability Workbook" (2018), chapter 5, table 5-8: 14.4, 6 and 1 for 30 days.
LEVELS: Final = (
    Level("page", 0.02, _HOUR, _HOUR / 12),
    Level("page", 0.05, 6 * _HOUR, _HOUR / 2),
    Level("ticket", 0.10, 72 * _HOUR, 6 * _HOUR),
)


def wilson(good: int, counted: int) -> tuple[float, float] | None:
    """The interval in which the true share lies at 95 %; None of nothing.

    Source: Wilson (1927); Brown, Cai and DasGupta, "Interval Estimation for a Binomial Proportion",
    Statistical Science 16 (2001).
    """
    if not counted:
        return None
    share, square = good / counted, _Z * _Z
    middle = share + square / (2 * counted)
    spread = _Z * math.sqrt(share * (1 - share) / counted + square / (4 * counted * counted))
    whole = 1 + square / counted
    # The bound of a share that is none or all is that share, whatever rounding makes of it.
    low = (middle - spread) / whole if good else 0.0
    high = (middle + spread) / whole if good < counted else 1.0
    return low, high


def budget_of(tally: Tally, objective: Objective, span: Span, at: datetime) -> Budget:
    """What may be bad in the whole window, by the results so far."""
    elapsed = min(at, span.end) - span.start
    running = at < span.end and elapsed.total_seconds() > 0
    expected = tally.counted * (span.seconds / elapsed.total_seconds() if running else 1.0)
    return Budget(allowed=(1 - objective.share) * expected, spent=tally.bad, expected=expected)


def state_of(tally: Tally, objective: Objective, budget: Budget) -> State:
    """Whether it is kept; "at risk" where the rest of the window can still make it good."""
    if not tally.counted:
        return "no data"
    if tally.bad <= (1 - objective.share) * tally.counted + _WHISKER:
        return "kept"
    return "at risk" if tally.bad <= budget.allowed + _WHISKER else "broken"


class Burning:
    """The rounds of a target as what they spend of an objective's budget, at any moment."""

    def __init__(self, rounds: Sequence[Round], objective: Objective, window: Window) -> None:
        self._at = [one.at.timestamp() for one in rounds]
        self._bad = [0, *accumulate(one.bad for one in rounds)]
        self._all = [0, *accumulate(one.bad + one.good for one in rounds)]
        self._allowed = 1 - objective.share
        whole = window.rolling_s or _NOMINAL_S[window.calendar or "month"]
        self._levels = [
            (level, max(1.0, level.part * whole / level.long_s))
            for level in LEVELS
            if level.long_s <= whole
        ]

    def burns(self, at: datetime) -> tuple[Burn, ...]:
        """Every level as it stands after the rounds up to a moment."""
        moment = at.timestamp()
        return tuple(
            Burn(
                severity=level.severity,
                factor=factor,
                long=self._over(level.long_s, moment),
                short=self._over(level.short_s, moment),
            )
            for level, factor in self._levels
        )

    def _over(self, asked_s: float, moment: float) -> BurnWindow:
        """After `moment - asked_s`, up to `moment`; longer where that holds too few rounds."""
        end = bisect_right(self._at, moment)
        first = bisect_right(self._at, moment - asked_s)
        lengthened = end - first < FEWEST_ROUNDS
        if lengthened:
            first = max(0, end - FEWEST_ROUNDS)
        held_s = max(asked_s, moment - self._at[first]) if lengthened and end else asked_s
        counted = self._all[end] - self._all[first]
        enough = end - first >= FEWEST_ROUNDS
        bad = self._bad[end] - self._bad[first]
        return BurnWindow(
            asked_s=asked_s,
            held_s=held_s,
            lengthened=lengthened,
            rounds=end - first,
            results=counted,
            rate=bad / counted / self._allowed if enough and counted else None,
        )
