"""A run's slices of time, put together until a picture of them can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from gatewayz.core.load import LoadLine, Moment

# So many slices a target at most; and in each so many answers, or it shows chance.
_MOST, _ANSWERS = 90, 4
# A stage is not drawn with less, however few its answers.
_LEAST = 12


def coarser(lines: Sequence[LoadLine]) -> list[list[Moment]]:
    """The slices of each line, as many of them together as makes them readable, the same in all."""
    longest = max((len(line.series) for line in lines), default=0)
    slices = sum(len(line.series) for line in lines)
    ended = sum(moment.passed + moment.failed for line in lines for moment in line.series)
    targets = len({line.target for line in lines}) or 1
    for_room = math.ceil(slices / targets / _MOST)
    for_answers = math.ceil(_ANSWERS * slices / ended) if ended else 1
    together = max(1, for_room, min(for_answers, math.ceil(longest / _LEAST)))
    return [_together(line.series, together) for line in lines]


def _together(series: Sequence[Moment], count: int) -> list[Moment]:
    ordered = sorted(series, key=lambda moment: moment.at_s)
    return [_joined(ordered[at : at + count]) for at in range(0, len(ordered), count)]


def _joined(moments: Sequence[Moment]) -> Moment:
    """Several slices as one: sums, and of the medians the middle one by the answers behind each."""
    first, last = moments[0], moments[-1]
    if len(moments) == 1:
        return first
    return replace(
        first,
        width_s=last.at_s + last.width_s - first.at_s,
        sent=sum(moment.sent for moment in moments),
        passed=sum(moment.passed for moment in moments),
        failed=sum(moment.failed for moment in moments),
        in_flight=max(moment.in_flight for moment in moments),
        ttft_s=_middle([(moment.ttft_s, moment.passed) for moment in moments]),
        latency_s=_middle([(moment.latency_s, moment.passed) for moment in moments]),
    )


def _middle(medians: Sequence[tuple[float | None, int]]) -> float | None:
    known = sorted((value, weight) for value, weight in medians if value is not None)
    half, seen = sum(weight for _, weight in known) / 2, 0
    for value, weight in known:
        seen += weight
        if seen >= half:
            return value
    return None
