"""Percentiles with the interval in which the true ones lie, or the word that there is none.

The interval is made of values that were seen: the number of values below a quantile is binomial
whatever the values' distribution is, so two order statistics enclose it with a known probability.
Source: David and Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1; docs/measurements.md,
"Percentiles".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from gatewayz.core import MeasureError
from gatewayz.core.estimates import CONFIDENCE, Estimate


def quantile_of(
    ordered: Sequence[float], share: float, *, confidence: float = CONFIDENCE
) -> Estimate:
    """The quantile at `share` (0 to 1) of values in rising order, by nearest rank.

    Never above the largest value seen, nor between two that were.
    Raises: MeasureError for a share or a confidence outside of 0 to 1.
    """
    count = len(ordered)
    if not count:
        return Estimate(None, None, None, 0, False, confidence)
    value = ordered[rank_of(count, share) - 1]
    ranks = ranks_around(count, share, confidence)
    if ranks is None:
        return Estimate(value, None, None, count, False, confidence)
    low, high = (ordered[rank - 1] for rank in ranks)
    return Estimate(value, low, high, count, True, confidence)


def rank_of(count: int, share: float) -> int:
    """The place, from 1, of the smallest value with at least this share at or below it."""
    if not 0 <= share <= 1:
        raise MeasureError(f"a quantile is between 0 and 1, not {share:g}")
    # 0.95 * 20 is 19.000000000000004 to some: a whisker above a whole number is that number.
    return min(count, max(1, math.ceil(round(share * count, 9))))


@lru_cache(maxsize=4096)
def ranks_around(
    count: int, share: float, confidence: float = CONFIDENCE
) -> tuple[int, int] | None:
    """The places, from 1, of the two values that enclose the true quantile; None: too few values.

    Each end leaves out at most half of what the confidence leaves over, by the exact binomial, so
    the interval is never less sure than it says.
    Raises: MeasureError for a share or a confidence outside of 0 to 1.
    """
    if not 0 <= share <= 1 or not 0 < confidence < 1:
        raise MeasureError(f"a share and a confidence are between 0 and 1: {share}, {confidence}")
    if share == 0 or 1 - share in (0, 1):
        return None  # the ends of a distribution are enclosed by no two values
    tail = (1 - confidence) / 2
    low = _last_with(count, share, tail)
    # From above, the same with the shares exchanged.
    high = count + 1 - _last_with(count, 1 - share, tail)
    return (low, high) if 1 <= low < high <= count else None


def hardly_by_chance(within: int, count: int, share: float, confidence: float = CONFIDENCE) -> bool:
    """Whether so few of `count` values lie below a quantile by chance no oftener than an interval
    misses it there. Raises: MeasureError as `ranks_around`.
    """
    if not 0 < share < 1 or not 0 < confidence < 1:
        raise MeasureError(f"a share and a confidence are between 0 and 1: {share}, {confidence}")
    return within < _last_with(count, share, (1 - confidence) / 2)


def _last_with(count: int, share: float, tail: float) -> int:
    """The largest place r with P(fewer than r values are below the quantile) <= tail; 0: none."""
    middle, spread = count * share, math.sqrt(count * share * (1 - share))
    # So far from the middle less is left out than a float can hold.
    at = max(0, math.floor(middle - 40 * spread - 40))
    log_share, log_rest = math.log(share), math.log1p(-share)
    whole, below = math.lgamma(count + 1), 0.0
    while at < count:
        ways = whole - math.lgamma(at + 1) - math.lgamma(count - at + 1)
        below += math.exp(ways + at * log_share + (count - at) * log_rest)
        if below > tail:
            break
        at += 1
    return at
