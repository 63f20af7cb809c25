"""What a load sends when: levels as they are written, stages, arrivals."""

import itertools
import statistics

import pytest

from gatewayz.core import ConfigError
from gatewayz.load.shapes import (
    Bounds,
    arrivals_of,
    for_each,
    most_requests,
    read_levels,
    shape_of,
    share_of,
    stage_at,
)


def stages(text, unit, **bounds):
    return shape_of(read_levels(text, unit, "--x"), unit, Bounds(**bounds)).stages


def open_stage(rate, **bounds):
    poisson = bounds.pop("poisson", False)
    return stage_at(0, rate, "rate", Bounds(**bounds), poisson=poisson)


def test_one_number_is_a_steady_load():
    (stage,) = stages("4", "concurrency", requests=30)

    assert (stage.level, stage.requests, stage.title) == (4, 30, "4 at once")


def test_two_ends_are_a_ramp_in_even_steps_that_shares_its_bounds():
    found = stages("1..16", "concurrency", requests=80, duration_s=8)

    assert [stage.level for stage in found] == [1, 3, 5, 7, 10, 12, 14, 16]
    assert {stage.duration_s for stage in found} == {1.0}
    assert {stage.requests for stage in found} == {10}


@pytest.mark.parametrize("unit", ["concurrency", "rate"])
@pytest.mark.parametrize("requests", [8, 9, 60, 61, 1000])
def test_a_ramp_has_no_more_requests_than_it_was_given(unit, requests):
    each = [stage.requests for stage in stages("1..8", unit, requests=requests)]

    assert sum(each) == requests
    assert max(each) - min(each) <= 1


def test_a_ramp_of_more_steps_than_requests_is_told():
    with pytest.raises(ConfigError, match="--requests 3: this ramp has 8 steps"):
        stages("1..8", "rate", requests=3)


def test_a_short_ramp_has_each_whole_step_once():
    assert [stage.level for stage in stages("1..3", "concurrency")] == [1, 2, 3]


def test_a_ramp_may_go_down():
    assert [stage.level for stage in stages("3..1", "concurrency")] == [3, 2, 1]


def test_each_closed_step_may_have_a_few_rounds_of_its_own_requests():
    ramp = stages("1..16", "concurrency", requests=30, rounds=3)
    rates = stages("1..16", "rate", requests=30, rounds=3)

    assert [stage.requests for stage in ramp] == [4, 9, 15, 21, 30, 36, 42, 48]
    assert [stage.requests for stage in rates] == [4, 4, 4, 3, 4, 4, 4, 3]
    assert [one.requests for one in stages("1,64", "concurrency", requests=30, rounds=1.5)] == [
        30, 96,
    ]  # fmt: skip


def test_of_a_sweep_each_step_has_the_whole_bounds():
    found = stages("1,2.5,8", "rate", duration_s=5)

    assert [(stage.level, stage.duration_s) for stage in found] == [(1, 5), (2.5, 5), (8, 5)]


@pytest.mark.parametrize(
    "text", ["", "x", "0", "-1", "1..", "1,,2", "1..2..3", "1e9", "99999", "nan"]
)
def test_what_is_no_level_is_told_with_what_to_write(text):
    with pytest.raises(ConfigError, match="--concurrency"):
        read_levels(text, "concurrency", "--concurrency")


def test_half_a_request_at_once_is_told():
    with pytest.raises(ConfigError, match="whole number"):
        read_levels("1.5", "concurrency", "--concurrency")


def test_constant_arrivals_are_even_and_end_with_the_time():
    found = list(arrivals_of(open_stage(4, duration_s=1), seed=1))

    assert found == [0.0, 0.25, 0.5, 0.75]


def test_arrivals_end_with_the_requests():
    assert len(list(arrivals_of(open_stage(4, requests=7), seed=1))) == 7


def test_poisson_arrivals_have_the_rate_and_the_spread_of_chance():
    found = list(arrivals_of(open_stage(50, duration_s=200, poisson=True), seed=7))
    gaps = [b - a for a, b in itertools.pairwise(found)]

    assert len(found) == pytest.approx(10_000, rel=0.04)
    assert statistics.mean(gaps) == pytest.approx(0.02, rel=0.04)
    # An exponential distribution's deviation is its mean; even arrivals would have none.
    assert statistics.stdev(gaps) == pytest.approx(0.02, rel=0.06)


def test_a_seed_decides_the_arrivals():
    stage = open_stage(5, requests=20, poisson=True)

    assert list(arrivals_of(stage, 1)) == list(arrivals_of(stage, 1))
    assert list(arrivals_of(stage, 1)) != list(arrivals_of(stage, 2))


def test_no_more_arrivals_than_are_announced():
    stage = open_stage(30, duration_s=10, poisson=True)
    counts = [len(list(arrivals_of(stage, seed))) for seed in range(200)]

    assert max(counts) <= most_requests(stage)
    assert most_requests(open_stage(30, duration_s=10)) == 300
    assert most_requests(stage_at(0, 4, "concurrency", Bounds(duration_s=5))) is None


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_processes_share_the_requests_at_once(parts):
    assert sum(share_of(5, part, parts) for part in range(parts)) == 5


def test_requests_are_meant_for_each_target():
    assert for_each(open_stage(1, requests=10), 3).requests == 30
