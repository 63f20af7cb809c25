"""Buckets of times: the same as the histograms of load runs, and they add up."""

import random

import pytest

from gatewayz.core.buckets import OF_NOTHING, RELATIVE_ERROR, Times, bucket_of, value_of
from gatewayz.measure import histograms

VALUES = [random.Random(5).lognormvariate(-1, 2) for _ in range(2000)]


def test_a_bucket_is_that_of_the_histograms_of_load():
    assert RELATIVE_ERROR == histograms.RELATIVE_ERROR
    for value in VALUES:
        assert bucket_of(value) == histograms._MAPPING.key(value)
        assert value_of(bucket_of(value)) == pytest.approx(
            histograms._MAPPING.value(bucket_of(value))
        )


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.95, 0.999, 1])
def test_a_quantile_is_within_half_a_percent_of_the_exact_one(share):
    exact = sorted(VALUES)[max(1, -int(-share * len(VALUES) // 1)) - 1]

    assert Times.of(VALUES).quantile(share) == pytest.approx(exact, rel=RELATIVE_ERROR * 1.0001)


def test_parts_in_any_order_add_up_to_the_whole():
    one, other = Times.of(VALUES[:700]), Times.of(VALUES[700:])

    assert one + other == other + one == Times.of(VALUES)


def test_nothing_has_a_bucket_of_its_own_below_all_others():
    assert bucket_of(0) == bucket_of(1e-12) == OF_NOTHING < bucket_of(5e-9)
    assert bucket_of(5e-324 * 2**60) >= OF_NOTHING
    assert Times.of([0, 0, 1]).quantile(0.5) == 0.0


def test_how_many_are_at_most_a_value_is_counted():
    assert Times.of([0.1, 0.2, 0.4, 0.8]).at_most(0.3) == 2
    assert Times().quantile(0.5) is None


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
def test_what_is_no_time_is_refused(wrong):
    with pytest.raises(ValueError, match="from 0 on"):
        bucket_of(wrong)
