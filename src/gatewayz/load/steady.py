"""Whether a target kept up with an open load: as much came back as was due, and no slower with time.

Below what a system bears its queue comes to rest, beyond it the queue grows for as long as the load
lasts. A percentile over a short step does not see that; that answers come back later and later does.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import correlation, median

from gatewayz.load.series import Happened

# One chance in a hundred that what stands still is taken for growing.
_SIGMAS = 2.33
# Coming in faster than it is answered by less than this is near enough.
_NEAR = 0.02
# At random moments more are due for a while by chance, and the queue they leave is no growth: then
# fewer have to come back than were to be due, by so much, for waits that rise to say anything.
_NEAR_AT_RANDOM = 0.05
# Fewer in the last two thirds show no trend.
_FEWEST = 6


def unsteady(happened: Happened, due: Sequence[float], *, rate: float | None = None) -> str:
    """Why an open load was in no steady state, in words; "" where nothing speaks against it.

    `due` are the moments, in order, at which its requests were due, whether they were sent or not;
    `rate` is how many were to be due in a second where those moments were drawn at random, None where
    they lie evenly.
    The first third counts as the time in which it fills. Sources: Spearman's rank correlation for
    the trend; the interval of a Poisson count for what came back.
    """
    if len(due) < _FEWEST or not happened.due_s:
        return ""
    # One more would have been due at its end.
    span = (due[-1] - due[0]) * len(due) / (len(due) - 1)
    filled, end = due[0] + span / 3, due[0] + span
    seconds = end - filled
    if seconds <= 0:
        return ""
    came = _came_back(happened, filled, end)
    wanted: float = bisect_left(due, end) - bisect_left(due, filled)
    if rate is not None:
        wanted = min(wanted, rate * seconds)
    most = came + _SIGMAS * math.sqrt(came)
    if most < wanted:
        return (
            f"{came / seconds:.3g} a second came back (at most {most / seconds:.3g}), "
            f"where {wanted / seconds:.3g} were due"
        )
    if rate is not None and came >= (1 - _NEAR_AT_RANDOM) * wanted:
        return ""
    return _slower(happened, filled, end)


def _came_back(happened: Happened, filled: float, end: float) -> int:
    """How many came back in a time; later by the quickest answer of all."""
    ended = sorted(happened.ended_s)
    quickest = min(b - a for a, b in zip(happened.due_s, happened.ended_s, strict=True))
    return bisect_left(ended, end + quickest) - bisect_left(ended, filled + quickest)


def _slower(happened: Happened, filled: float, end: float) -> str:
    """Whether answers took longer the later they were due."""
    moments = zip(happened.due_s, happened.ended_s, happened.passed, strict=True)
    found = sorted((due, ended - due) for due, ended, passed in moments if passed and due >= filled)
    if len(found) < _FEWEST:
        return ""
    times, waits = [due for due, _ in found], [wait for _, wait in found]
    half = bisect_left(times, (filled + end) / 2)
    if not 0 < half < len(waits):
        return ""
    before, after = median(waits[:half]), median(waits[half:])
    # Half of that time lies between the middles of its halves.
    if after - before <= _NEAR * (end - filled) / 2 or not _rises(waits):
        return ""
    return f"answers came later and later after they were due: from {_shown(before)} to {_shown(after)}"


def _rises(waits: Sequence[float]) -> bool:
    """Whether values rise by more than chance would have it, in the order that they have."""
    if min(waits) == max(waits):
        return False
    ordered = sorted(waits)
    ranks = [float(bisect_left(ordered, wait)) for wait in waits]
    return correlation(range(len(waits)), ranks) * math.sqrt(len(waits) - 1) > _SIGMAS


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
