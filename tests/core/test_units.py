"""Numbers as people read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gatewayz.core.units import rounded_usd, show_moment, show_number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (4e-5, "< 0.01"),
        (-4e-5, "> -0.01"),
        (0.0312, "0.031"),
        (4.194, "4.19"),
        (9.996, "10.0"),
        (30.0, "30.0"),
        (99.6, "99.6"),
        (99.96, "100"),
        (2320.4, "2,320"),
        (-1234.5, "-1,234"),
    ],
)
def test_a_number_has_the_digits_that_tell_and_no_exponent(value, shown):
    assert show_number(value) == shown


def test_a_moment_is_shown_in_utc_and_says_so():
    tokyo = datetime(2026, 3, 1, 8, 30, 5, tzinfo=ZoneInfo("Asia/Tokyo"))

    assert show_moment(tokyo) == "2026-02-28 23:30 UTC"
    assert show_moment(tokyo, seconds=True) == "2026-02-28 23:30:05 UTC"


def test_a_difference_has_its_sign_where_it_is_one():
    assert show_number(80.22, sign=True) == "+80.2"
    assert show_number(-0.5, sign=True) == "-0.500"
    assert show_number(0.0, sign=True) == "0"


@pytest.mark.parametrize(
    ("usd", "rounded"),
    [(0.501837000001, 0.501837), (0.1 + 0.2, 0.3), (4.2e-8, 4.2e-8), (0.0, 0.0), (1234.5, 1234.5)],
)
def test_money_keeps_what_is_money_and_no_dust_of_sums(usd, rounded):
    assert rounded_usd(usd) == rounded
