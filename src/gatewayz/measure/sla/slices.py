"""A window in parts, for the picture of it: those of a day or more are days of the promise's time zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from gatewayz.core.availability import Slice, Standing
from gatewayz.core.calendars import zone_of
from gatewayz.core.objectives import Span
from gatewayz.measure.sla.rounds import Judged

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# The length of a part by that of the whole: an hour for up to two days, and so on.
_PARTS = ((2, _HOUR), (10, timedelta(hours=3)), (120, _DAY))
_LONGEST = timedelta(days=7)


def part_of(span: Span) -> timedelta:
    """How long a part of a window is; at most some 120 make the whole."""
    days = span.seconds / 86400
    return next((part for most, part in _PARTS if days <= most), _LONGEST)


def slices_of(judged: Iterable[Judged], span: Span, time_zone: str) -> tuple[Slice, ...]:
    """The parts of a window in order, empty ones too; the first and the last may be shorter."""
    starts = _starts(span, time_zone)
    counts = [[0, 0, 0] for _ in starts]
    place = {Standing.GOOD: 0, Standing.BAD: 1}
    for one in judged:
        counts[bisect_right(starts, one.result.at) - 1][place.get(one.standing, 2)] += 1
    return tuple(Slice(at, *numbers) for at, numbers in zip(starts, counts, strict=True))


@lru_cache(maxsize=64)
def _starts(span: Span, time_zone: str) -> tuple[datetime, ...]:
    """When each part begins: the window's start, and what lies within it of the later ones."""
    part = part_of(span)
    cuts = _by_hours(span) if part == _HOUR else _by_the_clock(span, part, time_zone)
    # A day that a zone left out begins with the next one.
    return tuple(sorted({span.start, *(at for at in cuts if span.start < at < span.end)}))


def _by_hours(span: Span) -> Iterator[datetime]:
    at = span.start
    while at < span.end:
        yield at
        at += _HOUR


def _by_the_clock(span: Span, part: timedelta, time_zone: str) -> Iterator[datetime]:
    """By the wall clock, so that a day is a day when the clocks change; days begin at midnight."""
    zone = zone_of(time_zone)
    clock = span.start.astimezone(zone).replace(tzinfo=None, fold=0)
    if part >= _DAY:
        clock = datetime.combine(clock, time())
    # One more, since the clock may have gone back; what is beyond the end is left out above.
    last = span.end.astimezone(zone).replace(tzinfo=None) + part
    while clock <= last:
        yield clock.replace(tzinfo=zone).astimezone(UTC)
        clock += part
