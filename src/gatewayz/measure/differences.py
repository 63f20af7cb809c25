"""Whether one sample is slower than another, by how much, and how sure that is.

Ranks and medians only: times have long tails, and one straggler must decide nothing. Small samples
are judged by the exact distribution, ties included; large ones by the normal approximation.
Sources: Hodges and Lehmann (1963) and Hollander, Wolfe and Chicken, "Nonparametric Statistical
Methods", 3rd edition, sections 3.4-3.6 and 4.1-4.3; Holm (1979); Tarone (1990).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import count
from statistics import NormalDist
from typing import Literal

from gatewayz.core.estimates import CONFIDENCE, Shift
from gatewayz.measure.intervals import quantile_of
from gatewayz.measure.ranks import (
    kth_difference,
    least_p_value,
    most_left_out,
    rank_sum_p_value,
    superiority,
)

Told = Literal["slower", "faster", "no difference seen", "too few"]


def shift_between(
    base: Sequence[float], other: Sequence[float], *, confidence: float = CONFIDENCE
) -> Shift:
    """How much larger `other` is than `base`, two samples that have no pairs.

    The median of all differences (Hodges-Lehmann) with its interval; the p-value is Mann-Whitney's,
    the effect Cliff's delta.
    """
    fewer = min(len(base), len(other))
    if not fewer:
        return untold(0, confidence=confidence)
    a, b = sorted(base), sorted(other)
    pairs = len(a) * len(b)
    middle = (kth_difference(a, b, (pairs + 1) // 2) + kth_difference(a, b, pairs // 2 + 1)) / 2
    place = most_left_out(len(a), len(b), (1 - confidence) / 2)
    enough = place >= 1
    return Shift(
        value=middle,
        low=kth_difference(a, b, place) if enough else None,
        high=kth_difference(a, b, pairs + 1 - place) if enough else None,
        p_value=rank_sum_p_value(a, b),
        effect=superiority(a, b),
        count=fewer,
        enough=enough,
        confidence=confidence,
    )


def paired_shift(differences: Sequence[float], *, confidence: float = CONFIDENCE) -> Shift:
    """The median of paired differences, with its order-statistic interval.

    The p-value is the sign test's, which says the same as the interval and asks nothing of the shape
    of the differences; pairs without a difference count for neither side. The effect is the share of
    pairs that grew less the share that shrank.
    """
    median = quantile_of(sorted(differences), 0.5, confidence=confidence)
    if not median.count:
        return untold(0, confidence=confidence)
    grew, shrank = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    return Shift(
        value=median_of(differences),
        low=median.low,
        high=median.high,
        p_value=sign_test(grew, shrank),
        effect=(grew - shrank) / median.count,
        count=median.count,
        enough=median.enough,
        confidence=confidence,
    )


def untold(count: int, *, confidence: float = CONFIDENCE) -> Shift:
    """What so few values allow to be said of a shift: nothing but how many they are."""
    return Shift(None, None, None, None, None, count, False, confidence)


def median_of(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle: of differences neither side is better.

    Raises: IndexError without values.
    """
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def sign_test(grew: int, shrank: int) -> float:
    """How often chance alone splits so many pairs as unevenly; two-sided, exact."""
    pairs, fewer = grew + shrank, min(grew, shrank)
    if pairs > 1000:
        z = (fewer + 0.5 - pairs / 2) / math.sqrt(pairs / 4)
        return min(1.0, 2 * NormalDist().cdf(z))
    return min(1.0, sum(math.comb(pairs, n) for n in range(fewer + 1)) * 2 / (1 << pairs))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values adjusted for being so many at once, each in its place.

    Among all that are then below 0.05 there is a false one in at most one of twenty runs.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - place) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def tellable(
    sizes: Sequence[tuple[int, int]], *, confidence: float = CONFIDENCE
) -> tuple[int, ...]:
    """Which of many comparisons can tell anything, by how many values each has on both sides.

    The others are too few: were one sample wholly above the other, it would still not be told. They are
    left out of the correction, so that they burden nobody, which makes it smaller and lets others in:
    taken is the smallest number of comparisons for which no more than so many can pass (Tarone).
    """
    # Holm asks p times the number of all of the first, and less of the later ones. Here each has to be
    # able to pass as the first: then what a pair can tell hangs on sizes alone, and not on what the
    # others or its own values say, so that choosing is no looking; and a "no difference seen" is one
    # that would have been told whatever the others show.
    least = [least_p_value(*size) if min(size) else 1.0 for size in sizes]
    ordered = sorted(least)
    for family in range(1, len(least) + 1):
        limit = (1 - confidence) / family
        if bisect_right(ordered, limit) <= family:
            return tuple(place for place, p_value in enumerate(least) if p_value <= limit)
    return ()


def values_needed(comparisons: int, *, confidence: float = CONFIDENCE) -> int:
    """How many values on each side it takes for so many comparisons to tell anything, all together."""
    return next(n for n in count(1) if least_p_value(n, n) * comparisons <= 1 - confidence)


def told(
    shift: Shift,
    p_adjusted: float | None = None,
    floor: float = 0.0,
    *,
    better: Literal["lower", "higher"] = "lower",
) -> Told:
    """What a shift says in words of speed; `better` is the metric's.

    `p_adjusted` stands for the shift's own p-value where several were looked at together, and a
    shift smaller than `floor` is none that anybody would notice.
    """
    if not shift.enough or shift.value is None:
        return "too few"
    p_value = shift.p_value if p_adjusted is None else p_adjusted
    if p_value is None or p_value > 1 - shift.confidence or abs(shift.value) < floor:
        return "no difference seen"
    if shift.value == 0:
        return "no difference seen"
    return "slower" if (shift.value > 0) == (better == "lower") else "faster"
