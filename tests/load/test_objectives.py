"""Objectives as they are written, and whether a sample keeps to them."""

import pytest

from gatewayz.core import ConfigError
from gatewayz.load.objectives import (
    judge_objective,
    least_requests,
    needed,
    read_objectives,
)
from gatewayz.measure.intervals import ranks_around


def one(text):
    return read_objectives(text, "--slo")[0]


def test_times_are_durations_and_rates_are_numbers():
    first, second = read_objectives("ttft_p95=800ms, decode_rate_p50=40", "--slo")

    assert (first.metric, first.share, first.limit) == ("ttft", 0.95, 0.8)
    assert (second.metric, second.share, second.limit) == ("decode_rate", 0.5, 40)


@pytest.mark.parametrize(
    "text",
    ["", "ttft", "ttft_p95", "ttft_p95=", "ttft_p100=1s", "ttft_p0=1s", "speed_p95=1s",
     "ttft_p99.999=1s", "ttft_p0.001=1s", "ttft_p95=-1", "ttft_p95=soon", "decode_rate_p50=fast", "icl_p95=1s", "ttft_p95=0"],
)  # fmt: skip
def test_what_is_no_objective_is_told(text):
    with pytest.raises(ConfigError):
        read_objectives(text, "--slo")


def test_a_quantile_needs_as_many_requests_as_bound_it():
    # 1 - 0.95 ** n reaches 0.975 with 72; of a median six are enough.
    assert (needed(0.5), needed(0.95)) == (6, 72)
    assert least_requests(read_objectives("ttft_p50=1s,itl_p95=1s", "--slo")) == 72


@pytest.mark.parametrize("percent", [0.01, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99])
def test_with_one_request_less_there_is_no_interval(percent):
    enough = needed(percent / 100)

    assert ranks_around(enough, percent / 100) is not None
    assert ranks_around(enough - 1, percent / 100) is None


def test_an_objective_is_met_by_its_quantile():
    told = judge_objective(one("ttft_p95=800ms"), [0.1] * 98 + [5.0] * 2, failed=0)

    assert told.met is True
    assert told.estimate.value == 0.1


def test_those_that_failed_are_beyond_any_limit():
    told = judge_objective(one("ttft_p95=800ms"), [0.1] * 90, failed=10)

    assert told.met is False
    assert told.estimate is None


@pytest.mark.parametrize(
    ("values", "failed", "unmeasured", "text", "met"),
    [
        # 5 of 150 failed, half of the others have no value: 3 of 78 stand for them.
        ([0.005] * 73, 5, 72, "itl_p95=50ms", True),
        ([0.005] * 73, 5, 0, "itl_p95=50ms", False),
        # Nobody knows of any that passed.
        ([], 10, 90, "itl_p50=50ms", None),
        ([], 3, 97, "itl_p50=50ms", None),
        # Whatever the others took, more than one in twenty failed.
        ([], 20, 80, "itl_p95=50ms", False),
        ([0.9] * 60, 4, 36, "itl_p95=50ms", False),
        ([0.005] * 80, 0, 20, "itl_p95=50ms", True),
        # However many there are.
        ([], 30, 1300, "itl_p50=50ms", None),
        ([], 90_000, 100_000, "itl_p90=50ms", False),
        ([0.005] * 3000, 0, 0, "itl_p99.9=50ms", None),
        ([0.9] * 3000, 0, 0, "itl_p99.9=50ms", False),
    ],
)
def test_failures_count_against_all_that_passed_and_not_against_those_with_a_value(
    values, failed, unmeasured, text, met
):
    assert judge_objective(one(text), values, failed, unmeasured=unmeasured).met is met


def test_too_few_say_nothing():
    told = judge_objective(one("ttft_p95=800ms"), [0.1] * 20, failed=0)

    assert told.met is None
    assert "20 of the 72" in told.words


def test_few_that_are_far_beyond_say_enough():
    assert judge_objective(one("ttft_p95=800ms"), [0.9] * 5, failed=0).met is False


def test_nothing_measured_says_nothing():
    assert judge_objective(one("ttft_p95=800ms"), [], failed=0).met is None


def test_of_a_rate_the_slow_end_is_asked_about():
    fast = [50.0] * 96 + [10.0] * 4
    slow = [50.0] * 90 + [10.0] * 10

    assert judge_objective(one("decode_rate_p95=40"), fast, failed=0).met is True
    assert judge_objective(one("decode_rate_p95=40"), slow, failed=0).met is False


def test_an_interval_that_reaches_over_the_limit_is_told():
    values = [n / 100 for n in range(1, 101)]

    assert "reaches beyond" in judge_objective(one("latency_p50=500ms"), values, failed=0).words
    assert "reaches within" in judge_objective(one("latency_p50=490ms"), values, failed=0).words


def test_what_was_due_and_not_sent_is_beyond_any_limit():
    told = judge_objective(one("latency_since_due_p90=1s"), [0.1] * 56, failed=0, unsent=44)

    assert told.met is False
    assert told.estimate is None
    assert told.words == "44 of 100 due were not sent"


def test_a_few_that_were_not_sent_are_told_where_the_objective_is_met():
    told = judge_objective(one("latency_since_due_p90=1s"), [0.1] * 98, failed=0, unsent=2)

    assert (told.met, told.words) == (True, "2 of 100 due were not sent")


def test_of_a_rate_too_what_was_not_sent_is_the_slow_end():
    assert judge_objective(one("decode_rate_p90=40"), [50.0] * 50, failed=0, unsent=50).met is False
