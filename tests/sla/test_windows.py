"""Rolling and calendar windows, in time zones and over changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatewayz.core import ConfigError
from gatewayz.core.calendars import month_of, span_of, spans_of
from gatewayz.core.objectives import Maintenance, Span, Weekly, Window
from gatewayz.measure.sla.slices import slices_of

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)  # a Wednesday


def test_a_rolling_window_ends_now():
    span = span_of(Window(rolling_s=3600.0), NOON)

    assert (span.start, span.end) == (NOON - timedelta(hours=1), NOON)


@pytest.mark.parametrize(
    ("calendar", "start", "end"),
    [
        ("day", "2026-10-13T22:00", "2026-10-14T22:00"),
        ("week", "2026-10-11T22:00", "2026-10-18T22:00"),
        # The clocks go back on October 25: an hour more.
        ("month", "2026-09-30T22:00", "2026-10-31T23:00"),
    ],
)
def test_a_calendar_window_has_the_midnights_of_its_own_place(calendar, start, end):
    span = span_of(Window(calendar=calendar, time_zone="Europe/Berlin"), NOON)

    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in (span.start, span.end)] == [start, end]


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        ((2, 30), (3, 30), ((1, 0), (1, 30))),
        ((2, 45), (3, 15), ((1, 0), (1, 15))),
        ((1, 30), (2, 30), ((0, 30), (1, 0))),
        ((1, 30), (3, 30), ((0, 30), (1, 30))),
        ((2, 10), (2, 50), None),
    ],
)
def test_weekly_times_in_the_hour_that_is_left_out_are_those_of_its_end(begins, ends, expected):
    # In Berlin clocks go from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
    weekly = Weekly(weekday=6, start=time(*begins), end=time(*ends), time_zone="Europe/Berlin")
    sunday = datetime(2026, 3, 29, tzinfo=UTC)
    found = spans_of(Maintenance(weekly=weekly), sunday - timedelta(1), sunday + timedelta(1))

    assert [(one.start, one.end) for one in found] == (
        [tuple(sunday + timedelta(hours=h, minutes=m) for h, m in expected)] if expected else []
    )


def test_a_day_whose_first_hour_is_left_out_begins_where_clocks_go_forward():
    begins = datetime(2026, 4, 23, 22, tzinfo=UTC)
    window = Window(calendar="day", time_zone="Africa/Cairo")

    assert span_of(window, begins + timedelta(hours=5)).start == begins
    assert span_of(window, begins - timedelta(hours=5)).end == begins


def test_a_month_can_be_named_and_december_ends_with_the_year():
    span = month_of("2026-12", "UTC")

    assert (span.start, span.end) == (
        datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-1", "october", "0000-01", "0001-01", "9999-12", ""]
)
def test_what_is_no_month_is_told_with_how_to_write_one(text):
    with pytest.raises(ConfigError, match="write it as 2026-10"):
        month_of(text, "UTC")


@pytest.mark.parametrize(
    ("month", "zone", "days"),
    [
        ("2026-10", "Europe/Berlin", 31), ("2026-03", "Europe/Berlin", 31),
        ("2026-11", "America/New_York", 30), ("2026-04", "Africa/Cairo", 30),
        ("2011-12", "Pacific/Apia", 30), ("2026-02", "UTC", 28),
    ],
)  # fmt: skip
def test_a_month_has_a_part_for_each_of_its_own_days(month, zone, days):
    parts = slices_of((), month_of(month, zone), zone)

    assert len(parts) == days
    local = [one.start.astimezone(ZoneInfo(zone)) for one in parts]
    assert len({one.date() for one in local}) == days
    # Cairo's clocks went on at midnight: there that day began at one.
    assert {one.hour for one in local} <= {0, 1}
    assert local[0].hour == local[1].hour == local[-1].hour == 0


def test_days_of_a_rolling_window_begin_at_midnight_where_the_promise_is():
    span = Span(NOON - timedelta(days=30), NOON)
    parts = slices_of((), span, "Asia/Tokyo")

    assert len(parts) == 31
    assert parts[0].start == span.start
    assert {one.start.hour for one in parts[1:]} == {15}


def test_parts_of_three_hours_keep_to_the_clock_and_hours_are_hours():
    berlin = ZoneInfo("Europe/Berlin")
    week = span_of(
        Window(calendar="week", time_zone="Europe/Berlin"), datetime(2026, 10, 25, 12, tzinfo=UTC)
    )
    day = span_of(
        Window(calendar="day", time_zone="Europe/Berlin"), datetime(2026, 10, 25, 12, tzinfo=UTC)
    )

    parts = slices_of((), week, "Europe/Berlin")
    assert len(parts) == 56
    assert {one.start.astimezone(berlin).hour % 3 for one in parts} == {0}
    assert len(slices_of((), day, "Europe/Berlin")) == 25
