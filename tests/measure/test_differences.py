"""Whether one sample is slower than another: against counting everything out, and known tables."""

import random
from itertools import combinations, pairwise, product
from math import comb
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.measure import (
    Shift,
    holm,
    paired_shift,
    shift_between,
    tellable,
    told,
    untold,
    values_needed,
)
from gatewayz.measure.differences import sign_test
from gatewayz.measure.ranks import (
    kth_difference,
    least_p_value,
    most_left_out,
    rank_sum_p_value,
    superiority,
)

FEW = st.lists(st.integers(0, 12).map(float), min_size=1, max_size=6)


def all_differences(a, b):
    return sorted(y - x for x, y in product(a, b))


def u_of(a, b):
    """Mann-Whitney's U by its definition, equal values a half."""
    return sum((y > x) + (y == x) / 2 for x, y in product(a, b))


@settings(deadline=None)
@given(FEW, FEW)
def test_the_kth_difference_is_the_kth_of_all_written_out(a, b):
    every = all_differences(a, b)

    found = [kth_difference(sorted(a), sorted(b), k + 1) for k in range(len(every))]

    assert found == every


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=7), FEW)
def test_any_floats_are_found_to_the_last_bit(a, b):
    every = all_differences(a, b)

    assert kth_difference(sorted(a), sorted(b), len(every)) == every[-1]
    assert kth_difference(sorted(a), sorted(b), 1) == every[0]


@settings(deadline=None)
@given(FEW, FEW)
def test_the_p_value_is_the_share_of_all_splits_that_are_as_far_off(a, b):
    pooled, size = [*a, *b], len(a)
    middle = len(a) * len(b) / 2
    off = abs(u_of(a, b) - middle)
    as_far = 0
    for chosen in combinations(range(len(pooled)), size):
        one = [pooled[i] for i in chosen]
        other = [pooled[i] for i in range(len(pooled)) if i not in chosen]
        as_far += abs(u_of(one, other) - middle) >= off - 1e-9

    assert rank_sum_p_value(sorted(a), sorted(b)) == pytest.approx(as_far / comb(len(pooled), size))


@pytest.mark.parametrize(
    ("n", "m", "critical"),
    # Critical values of U at 0.05, two-sided (Mann and Whitney 1947 as extended by Auble 1953):
    # U at or below it is significant. The interval leaves out one difference more.
    [(4, 4, 0), (5, 5, 2), (5, 8, 6), (6, 6, 5), (7, 9, 12), (8, 8, 13), (10, 10, 23), (12, 15, 49),
     (15, 15, 64), (20, 20, 127)],
)  # fmt: skip
def test_as_many_differences_are_left_out_as_the_tables_say(n, m, critical):
    assert most_left_out(n, m, 0.025) == critical + 1
    assert most_left_out(m, n, 0.025) == critical + 1


def test_as_much_is_left_out_as_just_fits():
    assert most_left_out(3, 3, 0.05) == 1  # one order of twenty
    assert most_left_out(3, 3, 0.049) == 0


def test_three_against_three_can_show_nothing():
    found = shift_between([1.0, 2.0, 3.0], [7.0, 8.0, 9.0])

    assert (found.value, found.enough, found.low, found.high) == (6.0, False, None, None)
    assert told(found) == "too few"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("places", "off"),
    [(0, 0.02), (1, 0.01), (9, 0.01)],  # most values equal to others, some, and none
)
def test_the_normal_approximation_says_nearly_what_counting_out_says(seed, places, off):
    drawn = random.Random(seed)
    a = sorted(round(drawn.gauss(0, 1), places) for _ in range(20))
    b = sorted(round(drawn.gauss(0.5, 1), places) for _ in range(20))

    counted, near = rank_sum_p_value(a, b), rank_sum_p_value(a, b, by_counting=False)
    assert near == pytest.approx(counted, abs=off)


def test_the_places_change_little_where_the_approximation_begins():
    counted, near = most_left_out(36, 36, 0.025), most_left_out(36, 39, 0.025)

    assert counted < near < counted + 3 * 24  # each value more makes 36 differences more


def test_a_known_shift_lies_in_nineteen_of_twenty_intervals():
    drawn = random.Random(11)
    hits = 0
    for _ in range(400):
        a = [drawn.expovariate(1) for _ in range(12)]
        b = [drawn.expovariate(1) + 0.7 for _ in range(14)]
        found = shift_between(a, b)
        hits += found.low <= 0.7 <= found.high

    assert 0.92 <= hits / 400 <= 0.99


@settings(deadline=None)
@given(FEW, FEW)
def test_turning_the_samples_round_turns_the_shift_round(a, b):
    there, back = shift_between(a, b), shift_between(b, a)

    assert there.value == -back.value
    assert there.p_value == pytest.approx(back.p_value)
    assert there.effect == -back.effect
    assert there.value == median(all_differences(a, b))
    if there.enough:
        assert (there.low, there.high) == (-back.high, -back.low)


def test_the_effect_is_one_where_all_are_larger():
    assert superiority([1.0, 2.0], [3.0, 4.0]) == 1.0
    assert superiority([3.0, 4.0], [1.0, 2.0]) == -1.0
    assert superiority([1.0, 2.0], [1.0, 2.0]) == 0.0


def test_ten_thousand_values_a_side_are_compared_without_a_hundred_million_differences():
    drawn = random.Random(3)
    a = [drawn.lognormvariate(0, 0.3) for _ in range(10_000)]

    found = shift_between(a, [value + 0.01 for value in reversed(a)])

    assert found.low < 0.01 < found.high
    assert found.value == pytest.approx(0.01, abs=1e-3)


def test_paired_differences_have_the_interval_of_their_median():
    found = paired_shift([3.0, 1.0, 2.0, 5.0, 4.0, 6.0])

    assert (found.value, found.low, found.high, found.count) == (3.5, 1.0, 6.0, 6)
    assert (found.p_value, found.effect) == (2 / 64, 1.0)
    assert told(found) == "slower"
    assert told(found, better="higher") == "faster"


def test_five_pairs_are_too_few_whatever_they_say():
    found = paired_shift([1.0] * 5)

    assert (found.value, found.enough) == (1.0, False)
    assert told(found) == "too few"


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5).map(float), min_size=6, max_size=40))
def test_an_interval_of_pairs_leaves_zero_out_only_where_the_sign_test_does(differences):
    found = paired_shift(differences)

    if found.low > 0 or found.high < 0:
        assert found.p_value <= 0.05


@pytest.mark.parametrize(
    ("grew", "shrank", "p_value"),
    [
        (0, 0, 1.0),
        (5, 0, 2 / 32),
        (6, 0, 2 / 64),
        (9, 1, 22 / 1024),
        (5, 5, 1.0),
        (1, 9, 22 / 1024),
    ],
)
def test_the_sign_test_counts_coins(grew, shrank, p_value):
    assert sign_test(grew, shrank) == pytest.approx(p_value)


def test_the_sign_test_of_many_pairs_is_near_the_counted_one():
    counted = 2 * sum(comb(1001, n) for n in range(470)) / 2**1001

    assert sign_test(1001 - 469, 469) == pytest.approx(counted, rel=0.02)


def test_of_many_comparisons_each_has_to_be_the_surer():
    # Holm (1979): the smallest times four, the next times three ... and never falling.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


@settings(deadline=None)
@given(FEW, FEW)
def test_no_p_value_is_below_that_of_two_samples_wholly_apart(a, b):
    least = least_p_value(len(a), len(b))

    assert rank_sum_p_value(sorted(a), sorted(b)) >= least / 2  # ties may leave one side of two
    apart = [value + 100 for value in b]
    assert rank_sum_p_value(sorted(a), sorted(apart)) <= least + 1e-12


def test_each_size_has_the_p_value_of_its_two_orders_at_the_ends():
    assert least_p_value(4, 4) == pytest.approx(2 / comb(8, 4))
    assert least_p_value(5, 9) == pytest.approx(2 / comb(14, 5))
    assert least_p_value(1, 1) == 1.0
    for n, m in ((1, 1), (3, 9), (20, 20), (20, 21), (5, 36), (7, 2000), (30, 40)):
        apart = rank_sum_p_value(range(n), range(n, n + m))
        assert least_p_value(n, m) == pytest.approx(apart)


@pytest.mark.parametrize("few", [2, 5, 8, 20, 60])
def test_more_values_on_one_side_make_no_sure_difference_unsure(few):
    sizes = (few, 2 * few, 35, 36, 39, 40, 41, 160, 161, 400, 800, 3000)
    found = [rank_sum_p_value(range(few), range(few, few + many)) for many in sorted(sizes)]

    # The normal approximation begins where it is sure enough for 25,000 comparisons, if not as sure.
    assert all(later <= max(earlier, 2e-6) for earlier, later in pairwise(found))
    assert found[-1] < 2e-6


@pytest.mark.parametrize("few", [2, 5, 7, 12, 20])
def test_two_values_alike_make_no_sure_difference_unsure(few):
    for many in (20, 35, 41, 100, 158, 160, 300, 1000):
        found = rank_sum_p_value([1.0] * 2 + [1.5] * (few - 2), [*range(2, many + 1), 5.0])

        # Ties within one sample take nothing from two that lie wholly apart; as above beyond.
        least = least_p_value(few, many)
        assert least * 0.999 <= found <= max(least * 1.001, 1e-8)


def test_values_that_are_mostly_alike_are_counted_out_however_many():
    for many in (394, 396, 5000):
        # Three of five lie above all others: C(n, 2) of C(n, 5) orders are as far off, n being all but the three.
        found = rank_sum_p_value([0.2] * 3 + [0.1] * 2, [0.1] * many)
        assert found == pytest.approx(comb(many + 2, 2) / comb(many + 5, 5))


@pytest.mark.parametrize(("few", "many"), [(2, 39), (2, 900), (5, 36), (5, 300), (30, 300)])
def test_ties_make_no_p_value_smaller_than_any_can_be(few, many):
    found = rank_sum_p_value([1.0] * few, [2.0] * many)

    assert found >= least_p_value(few, many) / 2
    assert found == rank_sum_p_value([2.0] * many, [1.0] * few)


@pytest.mark.parametrize(
    ("sizes", "able"),
    [
        ([(4, 4)], [0]),
        ([(4, 4)] * 2, []),  # 2 / 70, twice
        ([(5, 5)] * 6, [0, 1, 2, 3, 4, 5]),  # 2 / 252, six times
        ([(5, 5)] * 7, []),
        # What can tell nothing burdens nobody: with it they would be seven.
        ([(5, 5)] * 6 + [(4, 4)], [0, 1, 2, 3, 4, 5]),
        ([(3, 3)] * 50 + [(5, 5), (40, 40)], [50, 51]),
        # Which six of twenty were taken would be chance, so it is none.
        ([(5, 5)] * 20 + [(40, 40)], [20]),
        ([(0, 0), (0, 9), (6, 6)], [2]),
        ([], []),
    ],
)
def test_what_can_tell_nothing_among_so_many_is_too_few_and_counts_for_nobody(sizes, able):
    assert list(tellable(sizes)) == able


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_whoever_can_tell_is_told_when_wholly_apart_whatever_the_others_show(sizes):
    able = tellable(sizes)

    for one in able:
        p_values = [least_p_value(*sizes[n]) if n == one else 1.0 for n in able]
        assert holm(p_values)[able.index(one)] <= 0.05 + 1e-12


def test_as_many_values_are_needed_as_let_all_comparisons_tell():
    assert [values_needed(many) for many in (1, 2, 6, 7, 23, 24)] == [4, 5, 5, 6, 6, 7]


def test_of_equal_samples_as_few_are_told_apart_as_is_allowed():
    drawn = random.Random(8)
    sizes = [(5, 5), (6, 6), (7, 7), (4, 4), (12, 5)]
    wrong = 0
    for _ in range(400):
        pairs = [
            ([drawn.random() for _ in range(n)], [drawn.random() for _ in range(m)])
            for n, m in sizes
        ]
        able = tellable(sizes)
        wrong += min(holm([shift_between(*pairs[n]).p_value for n in able])) <= 0.05

    assert wrong / 400 <= 0.07


def test_of_too_few_only_their_number_is_told():
    assert untold(3) == Shift(None, None, None, None, None, 3, enough=False)


@pytest.mark.parametrize(
    ("value", "p_value", "p_adjusted", "floor", "word"),
    [
        (0.5, 0.01, None, 0.0, "slower"),
        (-0.5, 0.01, None, 0.0, "faster"),
        (0.5, 0.2, None, 0.0, "no difference seen"),
        (0.5, 0.01, 0.2, 0.0, "no difference seen"),
        (0.5, 0.01, 0.02, 1.0, "no difference seen"),
        (0.0, 0.01, None, 0.0, "no difference seen"),
    ],
)
def test_a_difference_is_told_where_it_is_sure_and_large_enough(
    value, p_value, p_adjusted, floor, word
):
    found = Shift(value, value - 0.1, value + 0.1, p_value, 0.5, 20, enough=True)

    assert told(found, p_adjusted, floor) == word


def test_empty_samples_say_nothing():
    for found in (shift_between([], [1.0]), paired_shift([])):
        assert found.value is None
        assert told(found) == "too few"
