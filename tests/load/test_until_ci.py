"""`--until-ci`: however often it is looked at, the interval that ends a run holds as often as it says."""

import random
from bisect import insort

import pytest

from gatewayz.core.estimates import CONFIDENCE
from gatewayz.core.load import Target
from gatewayz.load.order import StopRules
from gatewayz.load.stops import Stops, looks_until, reach_of
from gatewayz.measure import quantile_of

TARGETS = [Target(name=name, gateway="g", model_id="m") for name in ("a", "b")]


def watch(until_ci, *, most=None, targets=1):
    return Stops(StopRules(until_ci=until_ci), TARGETS[:targets], most=most)


def ended_at(draw, until_ci, *, most, seed):
    """The values at which a run ends that looks after each of them; None where it does not."""
    rng, values, stops = random.Random(seed), [], watch(until_ci, most=most)
    for _ in range(most):
        insort(values, draw(rng))
        if stops.narrow_enough(lambda *_: values):
            return values
    return None


@pytest.mark.parametrize(
    ("draw", "median"),
    [
        (lambda rng: rng.lognormvariate(0, 0.3), 1.0),
        (lambda rng: rng.uniform(0.5, 1.5), 1.0),
    ],
)
def test_the_median_is_as_near_as_it_was_asked_for_in_19_of_20_runs_at_least(draw, median):
    ended = [ended_at(draw, 0.1, most=600, seed=seed) for seed in range(200)]
    found = [quantile_of(values, 0.5).value for values in ended if values is not None]

    near = [abs(value - median) <= 0.1 * value for value in found]
    assert len(found) >= 190
    assert sum(near) >= CONFIDENCE * len(near)


def test_it_is_looked_at_only_when_half_as_many_again_have_come():
    assert looks_until(60) == [10, 15, 22, 33, 50]
    looked, values, stops = [], [], watch(0.01, most=60)
    for n in range(60):
        values.append(1.0 + n)
        before = dict(stops._looked)
        stops.narrow_enough(lambda *_: values)
        if stops._looked != before:
            looked.append(len(values))

    assert looked == [10, 15, 22, 33, 50]


def test_each_look_has_its_share_of_what_may_go_wrong():
    few, many, open_ended = (watch(0.05, most=most)._confidence for most in (12, 1000, None))

    assert few == pytest.approx(1 - 0.05 / 2)
    assert many == pytest.approx(1 - 0.05 / (len(looks_until(1000)) + 1))
    assert CONFIDENCE < few < many < open_ended < 0.999


def test_what_is_narrow_at_one_target_waits_for_the_other():
    stops = watch(0.05, targets=2)
    values = {"a": [1.0] * 40, "b": [1.0 + n for n in range(40)]}

    assert stops.narrow_enough(lambda name, _metric: values[name]) == ""
    values["b"] = [1.0] * 60
    assert "known to within 5.0%" in stops.narrow_enough(lambda name, _metric: values[name])


def test_a_plain_interval_that_is_just_narrow_enough_does_not_end_it():
    values = [1 + 0.002 * n for n in range(50)]
    plain = reach_of(values)

    assert watch(plain * 1.05).narrow_enough(lambda *_: values) == ""
    assert "looked at" in watch(plain * 1.05, most=1000).not_narrow(lambda *_: values)


def test_a_target_that_is_asked_no_more_is_not_waited_for():
    stops = watch(0.05, targets=2)
    values = {"a": [], "b": [1.0] * 40}

    assert stops.narrow_enough(lambda name, _metric: values[name]) == ""
    stops.leave_out("a")
    assert "known to within 5.0%" in stops.narrow_enough(lambda name, _metric: values[name])


def test_nothing_is_missed_of_a_target_that_is_asked_no_more():
    values = {"a": [], "b": [1.0, 2.0, 3.0]}
    stops = watch(0.05, targets=2)
    stops.leave_out("a")
    told = stops.not_narrow(lambda name, _metric: values[name])

    assert "at b" in told
    assert "at a" not in told
    stops.leave_out("b")
    assert stops.not_narrow(lambda name, _metric: values[name]) == ""
    assert stops.narrow_enough(lambda name, _metric: values[name]) == ""
