"""Goodput is over what could be judged, and says of how much nobody can tell."""

import pytest
from tests.loads import a_load

from gatewayz.cli.benched import printed
from gatewayz.core.load import Sample, Target
from gatewayz.load.objectives import keeps_to_all, read_objectives
from gatewayz.load.tally import Tally, line_of

RATE = read_objectives("decode_rate_p50=40", "--slo")
NO_USAGE = {"decode_rate": "usage is missing"}
HELD_UP = {"decode_rate": "our own event loop was held up for 123 ms"}


def sample(rate=None, *, failure="", missing=None):
    values = {} if rate is None else {"decode_rate": rate}
    return Sample(target="t", ended_s=10.0, failure=failure, values=values, missing=missing or {})


def line(*samples, objectives=RATE):
    tally = Tally()
    for one in samples:
        tally.add(one, objectives)
    return line_of(tally, target="t", stage=0, title="", started_s=0.0, objectives=objectives)


def shown(found):
    told = a_load(
        lines=(found,), objectives=RATE, comparisons=(), targets=(
            Target(name="t", gateway="g", model_id="m"),
        ),
    )  # fmt: skip
    text = " ".join(" ".join(printed(told, 200)).split())
    return text[text.index("goodput:") :] if "goodput:" in text else ""


def test_where_nothing_could_be_judged_there_is_no_goodput_and_the_reason():
    found = line(*[sample(missing=NO_USAGE)] * 20)

    assert (found.goodput_per_s, found.good) == (None, None)
    assert found.unjudged == {"decode rate: usage is missing": 20}
    assert shown(found).startswith("goodput: not measurable: decode rate: usage is missing")


def test_what_could_not_be_judged_counts_neither_as_met_nor_as_missed():
    found = line(*[sample(50.0)] * 8, *[sample(20.0)] * 2, *[sample(missing=NO_USAGE)] * 10)

    assert (found.good, found.goodput_per_s) == (8, 0.8)
    assert shown(found).startswith(
        "goodput: at least 0.800/s met every objective, 8 of the 10 that could be judged; "
        "10 could not: decode rate: usage is missing"
    )


def test_what_our_own_loop_falsified_is_not_counted_as_missed():
    found = line(sample(50.0), sample(missing=HELD_UP), sample(missing=NO_USAGE))

    assert found.good == 1
    assert found.unjudged == {
        "decode rate: our own event loop was held up for more than 50 ms": 1,
        "decode rate: usage is missing": 1,
    }


def test_those_that_failed_met_none():
    assert line(*[sample(failure="timeout")] * 3).goodput_per_s == 0.0
    # Of one that passed it is not known, so no more is known of all.
    assert line(sample(failure="timeout"), sample(missing=NO_USAGE)).goodput_per_s is None


def test_where_all_could_be_judged_no_more_is_said():
    assert shown(line(*[sample(50.0)] * 3)).startswith("goodput: 0.300/s met every objective ")
    assert shown(line(*[sample(1.0)] * 3)).startswith("goodput: 0/s met every objective ")


@pytest.mark.parametrize(
    ("values", "met"),
    [({"ttft": 0.7, "decode_rate": 41.0}, True), ({"ttft": 0.7, "decode_rate": 39.0}, False),
     ({"ttft": 0.7}, None), ({"ttft": 0.9}, False), ({}, None)],
)  # fmt: skip
def test_one_request_is_good_missed_or_not_to_be_told(values, met):
    both = read_objectives("ttft_p95=800ms,decode_rate_p50=40", "--slo")

    assert keeps_to_all(both, values) is met
