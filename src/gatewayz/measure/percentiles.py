"""Order statistics that are never above the largest value seen."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gatewayz.core import Percentiles


def percentiles(values: Iterable[float]) -> Percentiles:
    """Median, 95th percentile and range of a sample, by nearest rank.

    Shape: with no values every statistic is None; `count` tells how many there were.
    Unit: that of the values.
    Source: docs/measurements.md, "Percentiles".
    """
    ordered = sorted(values)
    if not ordered:
        return Percentiles()
    return Percentiles(
        count=len(ordered),
        median=_rank(ordered, 0.5),
        p95=_rank(ordered, 0.95),
        lowest=ordered[0],
        highest=ordered[-1],
    )


def _rank(ordered: list[float], share: float) -> float:
    """The smallest value with at least this share of the sample at or below it."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
