"""Histograms: as near as they say, and merged as if one had seen it all."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import MeasureError
from gatewayz.measure import quantile_of
from gatewayz.measure.histograms import MOST_EXACT, RELATIVE_ERROR, Histogram
from gatewayz.measure.intervals import rank_of

TIMES = st.lists(st.floats(0, 1e5), min_size=1, max_size=200)


def near(value):
    """Within the error that is promised, and a whisker for floats; under a nanosecond is nothing."""
    return pytest.approx(value, rel=RELATIVE_ERROR * 1.0001, abs=1e-9)


@settings(deadline=None)
@given(TIMES, st.floats(0, 1))
def test_every_quantile_is_within_the_error_of_the_exact_one(values, share):
    ordered = sorted(values)

    found = Histogram(values).quantile(share)

    assert found == near(ordered[rank_of(len(values), share) - 1])
    assert ordered[0] <= found <= ordered[-1]


@settings(deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_merging_is_the_same_as_having_added_all_to_one(parts, drawn):
    whole = Histogram(value for part in parts for value in part)
    drawn.shuffle(parts)
    merged = Histogram()
    for part in parts:
        merged.merge(Histogram(part))

    assert merged == whole
    assert merged.count == whole.count == sum(map(len, parts))
    assert merged.buckets() == whole.buckets()
    assert [merged.quantile(n / 20) for n in range(21)] == [
        whole.quantile(n / 20) for n in range(21)
    ]


@settings(deadline=None)
@given(TIMES)
def test_another_process_reads_what_one_wrote(values):
    written = Histogram(values)

    read = Histogram.from_bytes(written.to_bytes())

    assert read == written
    assert (read.lowest, read.highest) == (min(values), max(values))
    read.add(1.0)
    assert read.count == written.count + 1


@settings(deadline=None)
@given(TIMES, st.floats(0, 1))
def test_of_few_values_every_quantile_is_one_that_was_seen(values, share):
    found = Histogram(values)

    assert found.quantile(share) == sorted(values)[rank_of(len(values), share) - 1]
    assert found.relative_error == 0


def test_many_values_are_kept_in_buckets_and_it_says_so():
    drawn = random.Random(4)
    values = [drawn.lognormvariate(-3, 0.6) for _ in range(MOST_EXACT + 1)]
    exact, near_by = Histogram(values[:-1]), Histogram(values)

    assert exact.relative_error == 0
    assert near_by.relative_error == RELATIVE_ERROR
    assert near_by.quantile(0.95) == near(sorted(values)[rank_of(len(values), 0.95) - 1])
    assert len(near_by.to_bytes()) < len(exact.to_bytes()) / 5


@pytest.mark.parametrize("count", [MOST_EXACT, MOST_EXACT + 1])
def test_how_it_is_kept_hangs_on_the_number_of_values_and_not_on_who_had_them(count):
    drawn = random.Random(6)
    values = [drawn.expovariate(50) for _ in range(count)]
    parts = [Histogram(values[at::4]) for at in range(4)]
    forth, back = Histogram(), Histogram()
    for one, other in zip(parts, reversed(parts), strict=True):
        forth.merge(Histogram.from_bytes(one.to_bytes()))
        back.merge(other)

    assert forth == back == Histogram(values)
    assert (forth.relative_error == 0) == (count <= MOST_EXACT)
    assert [forth.quantile(n / 20) for n in range(21)] == [back.quantile(n / 20) for n in range(21)]


def test_the_one_that_is_merged_stays_as_it_is():
    one, other = Histogram([1.0]), Histogram([2.0, 0.0])

    one.merge(other)
    one.add(3.0)

    assert other == Histogram([2.0, 0.0])
    empty = Histogram()
    empty.merge(other)
    empty.add(9.0)
    assert other.count == 2


@settings(deadline=None)
@given(TIMES)
def test_buckets_hold_every_value_in_order(values):
    buckets = Histogram(values).buckets()

    assert sum(bucket.count for bucket in buckets) == len(values)
    assert all(one.high <= other.low * 1.000001 for one, other in itertools.pairwise(buckets))  # fmt: skip
    for value in values:
        held = [b for b in buckets if b.low * 0.999999 <= value <= b.high * 1.000001]
        assert held or value < 1e-9


def test_an_estimate_has_the_interval_of_the_exact_one():
    drawn = random.Random(2)
    values = sorted(drawn.lognormvariate(-3, 0.6) for _ in range(500))

    for share in (0.5, 0.95, 0.99):
        found, exact = Histogram(values).estimate(share), quantile_of(values, share)
        assert (found.count, found.enough) == (exact.count, exact.enough)
        assert found.value == near(exact.value)
        assert (found.low, found.high) == (near(exact.low), near(exact.high))
    assert Histogram(values[:50]).estimate(0.95).enough is False


def test_an_empty_one_has_nothing():
    empty = Histogram()

    assert (empty.count, empty.quantile(0.5), empty.buckets()) == (0, None, ())
    assert empty.estimate(0.5).value is None
    assert empty == Histogram.from_bytes(empty.to_bytes())


@pytest.mark.parametrize("bad", [-1e-9, float("inf"), float("nan")])
def test_what_is_no_time_is_refused(bad):
    with pytest.raises(MeasureError):
        Histogram([bad])


def test_buckets_of_another_kind_are_refused():
    other = Histogram([1.0]).to_bytes().replace(b"0.005", b"0.01")

    with pytest.raises(MeasureError, match="other buckets"):
        Histogram.from_bytes(other)
