"""Rolling and calendar windows, in time zones and over changes of the clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.core import ConfigError
from gatewayz.core.calendars import month_of, span_of
from gatewayz.core.objectives import Window

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


def test_a_month_can_be_named_and_december_ends_with_the_year():
    span = month_of("2026-12", "UTC")

    assert (span.start, span.end) == (
        datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "october", "0000-01", ""])
def test_what_is_no_month_is_told_with_how_to_write_one(text):
    with pytest.raises(ConfigError, match="write it as 2026-10"):
        month_of(text, "UTC")
