"""A window in equal parts, for the picture of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from gatewayz.core.availability import Slice, Standing
from gatewayz.core.objectives import Span
from gatewayz.measure.sla.rounds import Judged

# The length of a part by that of the whole: an hour for up to two days, and so on.
_PARTS = ((2, timedelta(hours=1)), (10, timedelta(hours=3)), (120, timedelta(days=1)))
_LONGEST = timedelta(days=7)


def part_of(span: Span) -> timedelta:
    """How long a part of a window is; at most some 120 make the whole."""
    days = span.seconds / 86400
    return next((part for most, part in _PARTS if days <= most), _LONGEST)


def slices_of(judged: Iterable[Judged], span: Span) -> tuple[Slice, ...]:
    """The parts of a window in order, empty ones too; the last may be shorter."""
    part = part_of(span)
    counts = [[0, 0, 0] for _ in range(max(1, -((span.start - span.end) // part)))]
    place = {Standing.GOOD: 0, Standing.BAD: 1}
    for one in judged:
        counts[(one.result.at - span.start) // part][place.get(one.standing, 2)] += 1
    return tuple(Slice(span.start + at * part, *numbers) for at, numbers in enumerate(counts))
