"""What counts as up, as down, and not at all."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from tests.sla.results import AVAILABLE, HOUR, START, at, result, series, sla

from gatewayz.core import Culprit
from gatewayz.core.objectives import Maintenance, Objective, Weekly
from gatewayz.measure.sla import assess, in_maintenance

END = at(24 * 7)


def assessed(results, *slas, **about):
    (one,) = assess(slas or (sla(),), results, **{"at": END, **about})
    return one


def counted(results, *slas, **about):
    tally = assessed(results, *slas, **about).tally
    return {"good": tally.good, "bad": tally.bad, **{k.value: n for k, n in tally.excluded.items()}}


@pytest.mark.parametrize("culprit", ["the gateway", "the model", "the backend"])
def test_a_fault_of_what_is_promised_is_bad(culprit):
    assert counted([result(0, culprit=culprit)]) == {"good": 0, "bad": 1}


@pytest.mark.parametrize(
    "culprit",
    ["our probe", "our network", "the key", "billing or quota", "rate limit", "the feature"],
)
def test_any_other_fault_is_left_out_and_counted_by_its_name(culprit):
    assert counted([result(0, culprit=culprit)]) == {"good": 0, "bad": 0, culprit: 1}


def test_unknown_skipped_and_a_missing_key_are_three_things_and_none_counts():
    results = [
        result(0),
        result(1, "unknown", kind="cold-start-503"),
        result(2, "skipped", reason="not offered: its catalogue lists no tools"),
        result(3, "skipped", reason="no key: set GROQ_API_KEY"),
    ]

    assert counted(results) == {"good": 1, "bad": 0, "no key": 1, "skipped": 1, "unknown": 1}


def test_a_promise_may_count_a_rate_limit_as_down():
    strict = sla(faults=frozenset({Culprit.GATEWAY, Culprit.RATE_LIMIT}))

    assert counted([result(0, culprit="rate limit")], strict) == {"good": 0, "bad": 1}


def test_nothing_that_counts_is_no_data_and_never_100_percent():
    one = assessed([result(0, culprit="our network")])

    assert (one.state, one.tally.share, one.low, one.budget.spent_share) == (
        "no data", None, None, None,
    )  # fmt: skip


def test_other_probes_and_the_other_way_are_not_looked_at():
    results = [
        result(0),
        result(1, probe="json_schema", culprit="the model"),
        result(2, way="api", culprit="the backend"),
    ]

    assert counted(results) == {"good": 1, "bad": 0}


def test_a_feature_has_a_promise_of_its_own_which_its_own_failures_break():
    tools = Objective(name="tool_call", kind="feature", share=0.9, probes=("tool_call",))
    results = [
        result(0, probe="tool_call"),
        result(1, probe="tool_call", culprit="the feature"),
        result(2, probe="tool_call", culprit="our probe"),
        result(3, culprit="the gateway"),  # chat
    ]

    assert counted(results, sla(tools)) == {"good": 1, "bad": 1, "our probe": 1}


def test_times_are_of_answers_alone_and_of_those_that_can_be_measured():
    quick = Objective(name="ttft", kind="ttft", share=0.95, limit=1.5, probes=("chat",))
    results = [
        result(0, ttft_s=1.5),
        result(1, ttft_s=1.501),
        result(2),  # a whole answer has no first token
        result(3, culprit="the gateway"),
        result(4, culprit="the key"),
    ]

    assert counted(results, sla(quick)) == {
        "good": 1, "bad": 1, "not answered": 1, "not measurable": 1, "the key": 1,
    }  # fmt: skip


def test_a_rate_is_bad_below_its_limit_and_shown_is_what_so_many_reached():
    fast = Objective(name="rate", kind="decode_rate", share=0.9, limit=20, probes=("chat",))
    results = [result(hour, decode_rate=float(10 + hour)) for hour in range(20)]
    one = assessed(results, sla(fast))

    assert (one.tally.good, one.tally.bad) == (10, 10)
    assert one.quantile.value == 12.0  # 18 of 20 reach it


@pytest.mark.parametrize(("bad", "state"), [(5, "kept"), (6, "broken")])
def test_a_p95_is_kept_by_95_of_100_and_not_by_94(bad, state):
    quick = Objective(name="ttft", kind="ttft", share=0.95, limit=1.0, probes=("chat",))
    results = [result(hour, ttft_s=2.0 if hour < bad else 0.5) for hour in range(100)]
    one = assessed(results, sla(quick))

    assert one.state == state
    assert (one.quantile.value <= 1.0) == (state == "kept")


def test_announced_maintenance_leaves_out_the_good_and_the_bad_from_its_start_to_before_its_end():
    planned = Maintenance(targets=("groq/*",), start=at(2), end=at(4))
    results = series("ggbgb")

    assert counted(results, maintenance=[planned]) == {"good": 2, "bad": 1, "maintenance": 2}
    assert counted(results, maintenance=[replace(planned, targets=("xai/*",))]) == {
        "good": 3, "bad": 2,
    }  # fmt: skip


def test_announced_times_that_overlap_leave_out_each_result_once():
    planned = [
        Maintenance(start=at(4), end=at(6)),
        Maintenance(start=at(1), end=at(5)),
        Maintenance(start=at(2), end=at(3)),
    ]

    assert counted(series("bbbbbbbb"), maintenance=planned) == {
        "good": 0,
        "bad": 3,
        "maintenance": 5,
    }


def test_weekly_maintenance_goes_by_the_wall_clock_of_its_place_over_midnight_and_summer_time():
    weekly = Weekly(weekday=5, start=time(23), end=time(1), time_zone="Europe/Berlin")
    night = [Maintenance(weekly=weekly)]

    def on(*moment):
        return in_maintenance(
            night, "groq", "llama", START.replace(month=10, day=1) + timedelta(*moment)
        )

    # Saturday 2026-10-24 23:00 in Berlin is 21:00 UTC; a week later, after the change, 22:00.
    assert [bool(on(23, hours * 3600)) for hours in (20, 21, 22, 23)] == [False, True, True, False]
    assert [bool(on(30, hours * 3600)) for hours in (21, 22, 23, 24)] == [False, True, True, False]


def test_a_list_that_cannot_be_read_is_an_outage_of_each_model_it_would_have_told():
    results = [
        result(0),
        result(0, probe="streaming"),
        result(0, model="qwen"),
        result(1, model="", probe="catalogue", culprit="the gateway"),
        result(2),
    ]
    both = replace(AVAILABLE, probes=("chat", "streaming"))
    found = {one.target: one.tally for one in assess([sla(both)], results, at=END)}

    # As many as were asked of the model in the run before: of one model two probes, of one a single one.
    assert (found["groq/llama"].good, found["groq/llama"].bad) == (3, 2)
    assert (found["groq/qwen"].good, found["groq/qwen"].bad) == (1, 1)


def test_a_list_says_nothing_where_its_run_asked_models_all_the_same():
    results = [result(0), result(1, model="", probe="catalogue", culprit="the gateway"), result(1)]

    assert counted(results) == {"good": 2, "bad": 0}


def test_an_empty_list_does_not_say_that_its_models_are_down():
    empty = result(1, model="", probe="catalogue", culprit="the gateway", failure_class="catalogue")

    assert counted([result(0), empty]) == {"good": 1, "bad": 0, "unknown": 1}


def test_a_model_that_was_not_yet_there_or_is_long_gone_is_not_down_with_its_gateway():
    results = [
        result(0),
        result(5, model="new"),
        result(2, model="", probe="catalogue", culprit="the gateway"),
        result(24 * 8, model="", probe="catalogue", culprit="the gateway"),
    ]
    found = assess(
        [sla(window=replace(sla().window, rolling_s=20 * 86400.0))], results, at=at(24 * 9)
    )

    assert {one.target: one.tally.bad for one in found} == {"groq/llama": 1, "groq/new": 0}


def test_every_repeat_and_probe_counts_once_and_each_gateway_is_the_sum_of_its_models():
    results = [result(0, model=name, repeat=n) for name in ("a", "b") for n in range(3)]
    results[0] = result(0, model="a", culprit="the model")
    together = assessed(results, sla(per="gateway"))

    assert together.target == "groq"
    assert (together.tally.good, together.tally.bad, together.rounds) == (5, 1, 1)


def test_targets_are_globs_case_aside_and_one_without_a_slash_is_a_gateway():
    results = [result(0, model="Meta/Llama"), result(0, gateway="xai"), result(0, gateway="novita")]
    found = assess([sla(targets=("GROQ/meta/*", "xai"))], results, at=END)

    assert [one.target for one in found] == ["groq/Meta/Llama", "xai/llama"]


def test_gaps_are_told_as_unwatched_and_our_own_faults_watch_nothing():
    one = assessed(series("g" * 24 + "." * 6 + "oooooo" + "g" * 132))

    assert one.interval_s == 3600
    # Twelve hours between two rounds and the next, less the usual one, both ends of them counted.
    assert one.unwatched_s == 12 * HOUR.total_seconds()
