"""Order statistics that are never above the largest value seen."""

from __future__ import annotations

from collections.abc import Iterable

from gatewayz.core import Interval, Percentiles
from gatewayz.measure.intervals import quantile_of


def percentiles(values: Iterable[float]) -> Percentiles:
    """Median, 95th percentile and range of a sample, by nearest rank, with their intervals.

    Shape: with no values every statistic is None; `count` tells how many there were.
    Unit: that of the values.
    Source: docs/measurements.md, "Percentiles".
    """
    ordered = sorted(values)
    if not ordered:
        return Percentiles()
    median, p95 = quantile_of(ordered, 0.5), quantile_of(ordered, 0.95)
    return Percentiles(
        count=len(ordered),
        median=median.value,
        p95=p95.value,
        lowest=ordered[0],
        highest=ordered[-1],
        median_interval=interval_of(median.low, median.high),
        p95_interval=interval_of(p95.low, p95.high),
    )


def interval_of(low: float | None, high: float | None) -> Interval | None:
    """The two ends as one; None where a sample was too small for any."""
    return None if low is None or high is None else Interval(low=low, high=high)
