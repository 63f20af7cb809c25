"""What one metric usually comes to over some attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gatewayz.core import Attempt
from gatewayz.core.estimates import Estimate
from gatewayz.core.held_up import reason_in_all
from gatewayz.measure.intervals import quantile_of
from gatewayz.measure.metrics import METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """The median of a metric with its interval, in the metric's unit.

    `estimate` is over the attempts of which it could be measured. Where there was none its value is
    None, and `reason` says why, with how many attempts it was where there are several reasons; ""
    where there is a value, and where there was no attempt at all.
    """

    metric: str
    estimate: Estimate
    reason: str = ""


def typical(metric: str, attempts: Iterable[Attempt]) -> Typical:
    """The median of the metric of that name over attempts, whatever their order."""
    found = [METRICS[metric].of(attempt) for attempt in attempts]
    values = sorted(one.value for one in found if one.value is not None)
    reasons = Counter(reason_in_all(one.reason) for one in found)
    return Typical(
        metric=metric,
        estimate=quantile_of(values, 0.5),
        reason="" if values else _told(reasons),
    )


def _told(reasons: Counter[str]) -> str:
    if len(reasons) < 2:
        return "".join(reasons)
    return ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
