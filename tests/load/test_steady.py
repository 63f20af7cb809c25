"""An open load that a target does not keep up with is told, and one that it bears is left alone."""

import itertools
import random
import re

import pytest

from gatewayz.core.load import Sample
from gatewayz.load.series import Happened
from gatewayz.load.steady import unsteady


def queued(rate, *, servers=1, takes_s=lambda _rng: 0.1, seconds=10.0, poisson=False, seed=1):
    """What a queue before so many servers makes of arrivals, and when those were due."""
    rng = random.Random(seed)
    due, at = [], 0.0
    while at < seconds:
        due.append(at)
        at += rng.expovariate(rate) if poisson else 1 / rate
    free, happened = [0.0] * servers, Happened()
    for moment in due:
        free.sort()
        free[0] = max(free[0], moment) + takes_s(rng)
        happened.add(Sample(target="t", intended_s=moment, sent_s=moment, ended_s=free[0]))
    return happened, due


@pytest.mark.parametrize("rate", [10.5, 11, 13.25, 20, 100])
def test_a_queue_that_grows_is_told_long_before_it_is_long(rate):
    assert unsteady(*queued(rate))


@pytest.mark.parametrize("rate", [1, 5, 9, 9.9])
def test_what_is_borne_is_steady(rate):
    assert unsteady(*queued(rate)) == ""


def test_it_says_how_much_came_back_of_what_was_due():
    told = unsteady(*queued(20))

    assert re.fullmatch(r"10 a second came back \(at most 12.9\), where (19.9|20) were due", told)


def test_it_says_how_waits_grew():
    told = unsteady(*queued(10.5))

    assert told.startswith("answers came later and later after they were due: from ")


def test_chance_alone_is_seldom_taken_for_growth():
    # Times of many servers hang on nothing: 1 to 3 s each, at random moments.
    answers = [
        unsteady(
            *queued(8, servers=500, takes_s=lambda rng: rng.uniform(1, 3), poisson=True, seed=n)
        )
        for n in range(200)
    ]

    assert sum(map(bool, answers)) <= 8


def drawn(share, *, servers=4, bears=20.0, seconds=20.0, seed=1):
    """What is said of Poisson arrivals at such a share of what the servers bear."""
    rate = share * bears
    happened, due = queued(
        rate, servers=servers, takes_s=lambda _rng: servers / bears, seconds=seconds,
        poisson=True, seed=seed,
    )  # fmt: skip
    return unsteady(happened, due, rate=rate)


def test_a_queue_that_random_arrivals_leave_for_a_while_is_seldom_taken_for_growth():
    told = [bool(drawn(0.9, seed=seed)) for seed in range(100)]

    assert sum(told) <= 8


def test_random_arrivals_beyond_what_is_borne_are_told():
    told = [bool(drawn(1.25, seed=seed)) for seed in range(40)]

    assert sum(told) >= 38


def test_slow_answers_that_are_many_at_once_are_steady():
    assert unsteady(*queued(10, servers=100, takes_s=lambda _: 4.0)) == ""


def test_filling_up_is_no_growth():
    # Slower and slower for two seconds, until as many are under way as there will be.
    takes = itertools.chain((0.1 + 0.02 * n for n in range(20)), itertools.repeat(0.5))

    assert unsteady(*queued(10, servers=50, takes_s=lambda _: next(takes))) == ""


def test_of_too_few_nothing_is_said():
    assert unsteady(Happened(), []) == ""
    assert unsteady(*queued(0.3)) == ""
