"""Intervals around percentiles: what they enclose, and when there is none."""

import random
from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import MeasureError
from gatewayz.measure import Estimate, quantile_of
from gatewayz.measure.intervals import rank_of, ranks_around


def share_enclosed(count, share, low, high):
    """How often the quantile lies from the one order statistic to the other, by the definition."""
    return sum(comb(count, n) * share**n * (1 - share) ** (count - n) for n in range(low, high))


@pytest.mark.parametrize(
    ("count", "places"),
    # Hollander, Wolfe and Chicken, table for the sign test at 95 %; n = 5 has no such interval.
    [(5, None), (6, (1, 6)), (7, (1, 7)), (8, (1, 8)), (9, (2, 8)), (10, (2, 9)), (12, (3, 10)),
     (15, (4, 12)), (20, (6, 15)), (25, (8, 18)), (30, (10, 21)), (50, (18, 33)), (100, (40, 61))],
)  # fmt: skip
def test_the_interval_of_a_median_is_the_one_of_the_tables(count, places):
    assert ranks_around(count, 0.5) == places


@pytest.mark.parametrize(
    ("share", "fewest"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368), (0.999, 3688)]
)
def test_a_high_percentile_has_an_interval_from_so_many_values_on(share, fewest):
    assert ranks_around(fewest - 1, share) is None
    assert ranks_around(fewest, share) is not None


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.95])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_an_interval_encloses_as_often_as_it_says_and_is_no_wider_than_that_takes(
    share, confidence
):
    for count in range(2, 150):
        places = ranks_around(count, share, confidence)
        if places is None:
            continue
        low, high = places
        tail = (1 - confidence) / 2

        assert share_enclosed(count, share, low, high) >= confidence - 1e-9
        # One place further in, a side would leave out more than its half.
        assert share_enclosed(count, share, 0, low + 1) > tail - 1e-9
        assert share_enclosed(count, share, high - 1, count + 1) > tail - 1e-9


def test_large_samples_are_counted_out_as_exactly():
    count = 5000
    low, high = ranks_around(count, 0.5)

    ways, below, place = 1, 0, 0
    while 40 * (below + ways) <= 2**count:  # 2.5 % of all
        below += ways
        ways = ways * (count - place) // (place + 1)
        place += 1
    assert (low, high) == (place, count + 1 - place)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=400), st.floats(0, 1))
def test_a_quantile_and_its_interval_are_values_that_were_seen_in_order(values, share):
    ordered = sorted(values)

    found = quantile_of(ordered, share)

    assert found.value in values
    assert found.count == len(values)
    assert found.enough == (found.low is not None) == (found.high is not None)
    if found.enough:
        assert ordered[0] <= found.low <= found.value <= found.high <= ordered[-1]


def test_the_true_median_lies_in_nineteen_of_twenty_intervals():
    drawn = random.Random(5)
    hits = 0
    for _ in range(2000):
        found = quantile_of(sorted(drawn.expovariate(1) for _ in range(15)), 0.5)
        hits += found.low <= 0.6931471805599453 <= found.high

    assert 0.95 <= hits / 2000 <= 0.99  # 15 values give 96.5 %, the next narrower pair 88 %


def test_too_few_values_give_a_value_and_no_interval():
    assert quantile_of([1.0, 2.0, 3.0], 0.95) == Estimate(3.0, None, None, 3, False)
    assert quantile_of([], 0.5) == Estimate(None, None, None, 0, False)


@pytest.mark.parametrize("count", range(1, 60))
def test_a_rank_is_the_first_with_its_share_at_or_below_it(count):
    for percent in range(101):
        first = next(r for r in range(1, count + 1) if 100 * r >= percent * count)

        assert rank_of(count, percent / 100) == first


def test_what_is_no_share_is_refused():
    for share, confidence in product((-0.1, 1.1), (0.95,)):
        with pytest.raises(MeasureError):
            quantile_of([1.0], share, confidence=confidence)
    with pytest.raises(MeasureError):
        quantile_of([1.0], 0.5, confidence=1.0)
