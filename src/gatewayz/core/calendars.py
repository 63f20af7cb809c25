"""Windows and weekly times as moments: time zones, months, and the hour that is there twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gatewayz.core.errors import ConfigError
from gatewayz.core.objectives import Maintenance, Span, Weekly, Window

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_SECOND = timedelta(seconds=1)
# Windows reach back from a moment and past it, and no calendar here goes beyond the years 1 to 9999.
FIRST_YEAR, LAST_YEAR = 1970, 9998


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises: ConfigError for none, or where the system has no list."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"'{name}' is no time zone that is known here; write UTC or a name such as Europe/Berlin "
            "(a system without any needs the package tzdata)"
        ) from None


def span_of(window: Window, at: datetime) -> Span:
    """The window that a moment lies in: one that ends with it, or the calendar's day, week or month."""
    if window.rolling_s is not None:
        return Span(at - timedelta(seconds=window.rolling_s), at)
    zone = zone_of(window.time_zone)
    day = at.astimezone(zone).date()
    if window.calendar == "day":
        return _days(day, day + timedelta(days=1), zone)
    if window.calendar == "week":
        monday = day - timedelta(days=day.weekday())
        return _days(monday, monday + timedelta(days=7), zone)
    return _month(day.year, day.month, zone)


def month_of(text: str, time_zone: str) -> Span:
    """A calendar month written as 2026-10. Raises: ConfigError for anything else."""
    found = _MONTH.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 12:
        raise ConfigError(f"'{text}' is no month; write it as 2026-10")
    if not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise ConfigError(
            f"'{text}' is no month of {FIRST_YEAR} to {LAST_YEAR}; write it as 2026-10"
        )
    return _month(int(found[1]), int(found[2]), zone_of(time_zone))


def spans_of(maintenance: Maintenance, since: datetime, until: datetime) -> tuple[Span, ...]:
    """When it is between two moments; each time whole, even where it begins before or ends after."""
    if maintenance.weekly is not None:
        found = _weekly(maintenance.weekly, since, until)
    else:
        start, end = maintenance.start, maintenance.end
        found = iter([Span(start, end)] if start is not None and end is not None else [])
    return tuple(span for span in found if span.start < until and span.end > since)


def _month(year: int, month: int, zone: ZoneInfo) -> Span:
    first = date(year, month, 1)
    return _days(first, date(year + month // 12, month % 12 + 1, 1), zone)


def _days(first: date, after: date, zone: ZoneInfo) -> Span:
    return Span(_moment(first, time(), zone), _moment(after, time(), zone))


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A wall clock's time as a moment; one that is there twice is the first of the two.

    One that is left out, where clocks go forward, is the moment at which they do.
    """
    local = datetime.combine(day, clock, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # By the offset before it is too late, by the one after it too early: the change lies between.
    before, after = local.replace(fold=1).astimezone(UTC), moment
    later = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == later:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def _weekly(weekly: Weekly, since: datetime, until: datetime) -> Iterator[Span]:
    zone = zone_of(weekly.time_zone)
    # One that began the day before may last until now.
    day = since.astimezone(zone).date() - timedelta(days=2)
    day += timedelta(days=(weekly.weekday - day.weekday()) % 7)
    last = until.astimezone(zone).date()
    while day <= last:
        over_night = timedelta(days=1 if weekly.end <= weekly.start else 0)
        start = _moment(day, weekly.start, zone)
        end = _moment(day + over_night, weekly.end, zone)
        if start < end:
            yield Span(start, end)
        day += timedelta(days=7)
