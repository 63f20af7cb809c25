"""Samples to lines: exact, whoever told them, and nothing that is not known."""

import itertools
import random
from dataclasses import replace

import pytest

from gatewayz.core.load import Sample, Target
from gatewayz.load.book import Book
from gatewayz.load.comparisons import compare
from gatewayz.load.objectives import read_objectives
from gatewayz.load.order import StopRules
from gatewayz.load.self_check import Beside, self_check
from gatewayz.load.series import width_for
from gatewayz.load.shapes import Bounds
from gatewayz.load.stops import Stops, reach_of
from gatewayz.load.tally import Tally, line_of
from gatewayz.measure.histograms import Histogram


def sample(number=0, *, latency=0.1, failure="", **more):
    values = {} if failure else {"ttft": latency / 2, "latency": latency}
    begins = number * 0.05
    return Sample(
        target="t", turn=number, sent_s=begins, intended_s=begins, ended_s=begins + latency,
        failure=failure, culprit="the gateway" if failure else "", values=values, **more,
    )  # fmt: skip


def drawn(count, seed=1):
    rng = random.Random(seed)
    return [
        sample(
            number,
            latency=rng.lognormvariate(-2, 0.5),
            failure="timeout" if rng.random() < 0.1 else "",
            input_tokens=10,
            output_tokens=rng.randrange(20, 50),
            token_source="usage",
        )
        for number in range(count)
    ]


def line(samples, *, gaps=(), objectives=(), **more):
    tally = Tally()
    for one in samples:
        tally.add(one, objectives)
    for gap in gaps:
        tally.gaps.add(gap)
    return line_of(
        tally, target="t", stage=0, title="", started_s=0.0, objectives=objectives, **more
    )


def test_the_order_in_which_processes_tell_changes_nothing():
    samples = drawn(300)
    mixed = [one for part in range(3) for one in samples[part::3]]

    assert line(mixed).metrics == line(samples).metrics
    assert line(mixed).failed == line(samples).failed
    assert line(mixed).series == line(samples).series
    assert line(mixed).output_tokens == line(samples).output_tokens


def test_gaps_of_processes_add_up_to_those_of_one():
    rng = random.Random(5)
    gaps = [rng.expovariate(50) for _ in range(3000)]
    merged = Histogram()
    for part in range(3):
        merged.merge(Histogram.from_bytes(Histogram(gaps[part::3]).to_bytes()))

    assert merged == Histogram(gaps)


def test_no_percentile_lies_above_the_largest_value_seen():
    found = line([sample(n, latency=0.1 * (n + 1)) for n in range(3)]).metrics["latency"]

    assert found.largest == pytest.approx(0.3)
    assert found.quantiles["p99"].value == found.largest
    assert not found.quantiles["p99"].enough


def test_failures_count_in_the_denominator_and_not_in_the_speed():
    found = line([sample(0), sample(1, failure="timeout"), sample(2, failure="reset")])

    assert (found.sent, found.passed, found.failures) == (3, 1, 2)
    assert found.metrics["latency"].count == 1
    assert found.requests_per_s == pytest.approx(1 / found.elapsed_s)


def test_nothing_is_zero_that_is_not_known():
    nothing = line([])
    failed = line([sample(0, failure="timeout")])

    assert (nothing.requests_per_s, nothing.output_tokens, nothing.cost_usd) == (None, None, None)
    assert (nothing.elapsed_s, nothing.metrics) == (None, {})
    assert (failed.output_tokens_per_s, failed.goodput_per_s) == (None, None)


def test_what_could_not_be_measured_has_its_reason():
    found = line([sample(0), sample(1, missing={"itl": "usage is missing"})])

    assert found.metrics["itl"].count == 0
    assert found.metrics["itl"].missing == {"usage is missing": 1}


def test_what_was_estimated_stays_marked_as_such():
    share = "by its share of the text"
    samples = [sample(0, estimated={"latency": share}), sample(1)]

    found = line(samples).metrics

    assert found["latency"].estimated == {share: 1}
    assert found["ttft"].estimated == {}


def test_gaps_between_chunks_that_came_together_are_counted():
    gaps = line([sample(0)], gaps=[0.0, 0.02, 0.0, 0.0213]).metrics["icl"]

    assert (gaps.count, gaps.together, gaps.relative_error) == (4, 2, 0)
    assert gaps.quantiles["p90"].value == 0.0213


def test_money_has_no_dust_of_sums():
    found = line([sample(n, cost_usd=0.1) for n in range(3)])

    assert found.cost_usd == 0.3


def test_goodput_counts_those_that_met_every_objective_by_themselves():
    objectives = read_objectives("latency_p95=150ms,ttft_p50=60ms", "--slo")
    found = line([sample(n, latency=0.1 * (n % 2 + 1)) for n in range(10)], objectives=objectives)

    assert found.goodput_per_s == pytest.approx(5 / found.elapsed_s)


def test_cost_is_over_those_whose_cost_is_known():
    found = line([sample(0, cost_usd=0.25), sample(1), sample(2, cost_usd=0.5)])

    assert (found.cost_usd, found.costed, found.costed_at_most) == (0.75, 2, 0)


def test_of_how_many_the_cost_is_only_the_most_it_can_be_is_counted():
    most = [sample(n, cost_usd=0.25, cost_at_most=n > 0) for n in range(3)]
    found = line([*most, sample(3, cost_at_most=True)])

    assert (found.costed, found.costed_at_most) == (3, 2)


def test_slices_of_time_hold_every_request_once():
    samples = drawn(400)
    found = line(samples)

    assert sum(moment.sent for moment in found.series) == 400
    assert sum(moment.passed for moment in found.series) == found.passed
    assert sum(moment.failed for moment in found.series) == found.failures
    starts = [moment.at_s for moment in found.series]
    assert all(b - a == pytest.approx(0.5) for a, b in itertools.pairwise(starts))


def test_pictures_have_few_slices_and_few_buckets():
    assert 3600 / width_for(3600) <= 60
    found = line(drawn(3000)).metrics["latency"]
    assert len(found.buckets) <= 61
    assert sum(bucket.count for bucket in found.buckets) == found.count
    assert all(a.high <= b.low * 1.001 for a, b in itertools.pairwise(found.buckets))


def test_a_stage_of_a_set_time_has_lasted_as_long():
    assert line([sample(0)], ended_s=10.0).elapsed_s == 10.0


def test_a_stage_in_which_nothing_was_sent_has_no_time_and_no_rates():
    objectives = read_objectives("latency_p95=1s", "--slo")
    for found in (line([], ended_s=10.0), line([], ended_s=10.0, objectives=objectives)):
        assert (found.sent, found.elapsed_s) == (0, None)
        assert (found.requests_per_s, found.output_tokens_per_s, found.goodput_per_s) == (None,) * 3

    failed = line([sample(0, failure="timeout")], ended_s=10.0)
    assert (failed.elapsed_s, failed.requests_per_s) == (10.0, 0.0)


def climbed(told, *, latency_s):
    """The lines of a closed ramp whose answers all take as long, without a pause between its steps."""
    book, name = Book(told), told.aims[0].target.name
    stages = told.shape.stages
    step_s, ends = stages[0].duration_s, []
    for stage in stages:
        began, over = stage.index * step_s, (stage.index + 1) * step_s
        book.open_stage(stage, [name], began)
        free = sorted([*ends, *[began] * (int(stage.level) - len(ends))])
        while free[0] < over:
            sent = free.pop(0)
            free = sorted([*free, sent + latency_s])
            book.add(
                Sample(
                    target=name, stage=stage.index, intended_s=sent, sent_s=sent,
                    # The next one is sent a moment after this one ended.
                    ended_s=sent + latency_s - 1e-6, values={"latency": latency_s}, output_tokens=10,
                )
            )  # fmt: skip
        ends = free
        book.close_stage(stage, over)
    return [book.line(name, stage.index) for stage in stages]


def test_a_ramp_has_at_each_step_the_rate_of_its_level(order):
    objectives = read_objectives("latency_p50=1s", "--slo")
    told = order("1..4", bounds=Bounds(duration_s=24), objectives=objectives)
    lines = climbed(told, latency_s=0.47)

    for line, level in zip(lines, (1, 2, 3, 4), strict=True):
        assert line.requests_per_s == pytest.approx(level / 0.47, rel=0.08)
        assert line.output_tokens_per_s == pytest.approx(10 * line.requests_per_s)
        assert line.goodput_per_s == line.requests_per_s


def test_no_time_and_no_answer_of_a_ramp_counts_twice(order):
    lines = climbed(order("1..4", bounds=Bounds(duration_s=24)), latency_s=0.47)

    for one, after in itertools.pairwise(lines):
        assert one.started_s + one.elapsed_s == after.started_s
    came = sum(one.requests_per_s * one.elapsed_s for one in lines)
    assert came == pytest.approx(sum(one.passed for one in lines))


def test_the_slices_of_a_ramp_lie_end_to_end_and_hold_what_was_sent_in_the_steps_before(order):
    lines = climbed(order("1..4", bounds=Bounds(duration_s=4)), latency_s=1.9)
    slices = [moment for one in lines for moment in one.series]

    for one, after in itertools.pairwise(slices):
        assert one.at_s + one.width_s == pytest.approx(after.at_s)
    assert [max(moment.in_flight for moment in one.series) for one in lines] == [1, 2, 3, 4]
    assert sum(moment.sent for moment in slices) == sum(one.sent for one in lines)
    assert sum(moment.passed for moment in slices) == sum(one.passed for one in lines)


def test_the_last_slice_of_a_step_is_none_of_next_to_no_time(order):
    # One of 0.01 s would show ten times the rate.
    lines = climbed(order("1..4", bounds=Bounds(duration_s=2.84)), latency_s=0.05)

    for one in lines[:-1]:
        assert len(one.series) == 7
        assert one.series[-1].width_s == pytest.approx(0.11)
        assert one.series[-1].at_s + one.series[-1].width_s == one.started_s + one.elapsed_s


def test_of_whom_a_ramp_asks_no_more_what_comes_back_later_still_counts(order):
    told = order("1..2", bounds=Bounds(duration_s=2))
    book, name = Book(told), told.aims[0].target.name
    first, second = told.shape.stages
    book.open_stage(first, [name], 0.0)
    for ended_s in (0.4, 1.6):
        book.add(Sample(target=name, stage=0, sent_s=0.1, ended_s=ended_s, values={"latency": 0.3}))
    book.leave_out(name, "stopped")
    book.close_stage(first, 1.0)
    book.open_stage(second, [name], 1.0)
    book.close_stage(second, 2.0)
    lines = [book.line(name, stage.index) for stage in told.shape.stages]

    assert [one.elapsed_s for one in lines] == [1.0, pytest.approx(0.6)]
    assert [one.requests_per_s * one.elapsed_s for one in lines] == [1, 1]
    assert [sum(moment.passed for moment in one.series) for one in lines] == [1, 1]


def test_differences_are_corrected_for_how_many_are_looked_at():
    rng = random.Random(2)
    tallies = {}
    for name, base in (("a", 0.10), ("b", 0.10), ("c", 0.13)):
        tally = tallies[name, 0] = Tally()
        for number in range(40):
            tally.add(sample(number, latency=base * rng.uniform(0.95, 1.05)))
    found = {
        (one.first, one.second, one.metric): one for one in compare(tallies, ["a", "b", "c"], [0])
    }

    assert len(found) == 6
    assert all(one.p_adjusted >= one.shift.p_value for one in found.values())
    assert found["a", "b", "latency"].told == "no difference seen"
    assert found["a", "c", "latency"].told == "slower"
    assert "c is slower than a by" in found["a", "c", "latency"].words
    assert found["a", "c", "latency"].shift.low <= 0.03 <= found["a", "c", "latency"].shift.high


def wholly_apart(*, targets, turns, several=0):
    """Each target far slower than the one before, over so few turns; the first `several` over 40."""
    names = [f"t{n}" for n in range(targets)]
    tallies = {(name, 0): Tally() for name in names}
    for place, name in enumerate(names):
        for turn in range(40 if place < several else turns):
            tallies[name, 0].add(sample(turn, latency=0.1 * (place + 1) + turn * 1e-4))
    return [one for one in compare(tallies, names, [0]) if one.metric == "latency"]


def test_what_no_test_could_tell_among_so_many_is_too_few_and_no_difference_is_denied():
    found = wholly_apart(targets=5, turns=5)[0]

    assert found.told == "too few"
    assert found.limits == "5 turns, and 6 are needed for 20 comparisons"
    assert found.words == f"latency: too few requests to compare t1 with t0; {found.limits}"


def test_of_too_few_there_is_no_figure_but_their_number():
    found = wholly_apart(targets=5, turns=5)[0]

    shift = found.shift
    assert (found.p_adjusted, shift.p_value, shift.value, shift.effect) == (None,) * 4
    assert shift.count == 5


def test_with_as_many_turns_as_are_needed_all_are_told():
    assert {one.told for one in wholly_apart(targets=5, turns=6)} == {"slower"}


def test_two_with_too_few_turns_are_no_burden_to_the_others():
    found = wholly_apart(targets=8, turns=3, several=2)

    assert found[0].told == "slower"
    assert {one.told for one in found[1:]} == {"too few"}
    # By two metrics, and the other 54 comparisons count for nothing.
    assert found[0].p_adjusted == pytest.approx(2 * found[0].shift.p_value)


def test_a_faster_target_is_told_by_how_much_and_not_by_minus_how_much():
    tallies = {}
    for name, latency in (("a", 0.2), ("b", 0.1)):
        tally = tallies[name, 0] = Tally()
        for number in range(20):
            tally.add(sample(number, latency=latency + number * 1e-4))
    words = next(one.words for one in compare(tallies, ["a", "b"], [0]) if one.metric == "latency")

    assert words.startswith("latency: b is faster than a by 100 ms (95 %: ")
    assert "-" not in words


def test_what_is_sure_and_small_is_told_as_both():
    tallies = {}
    for name, latency in (("a", 0.2), ("b", 0.2005)):
        tally = tallies[name, 0] = Tally()
        for number in range(40):
            tally.add(sample(number, latency=latency + number * 1e-6))
    found = next(one for one in compare(tallies, ["a", "b"], [0]) if one.metric == "latency")

    assert found.told == "under the floor"
    assert found.floor == pytest.approx(0.02 * 0.2, rel=0.01)
    assert found.words == (
        "latency: a difference under the floor of 4.00 ms between b and a; "
        "+0.500 ms (95 %: +0.495 to +0.505)"
    )


def run_of_two(failing, *, turns=80, early=0.05, late=0.10, since=40, seed=1):
    """Two alike that both get slower in the middle; `failing` says which turns the first fails in."""
    rng = random.Random(seed)
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(turns):
        for name in "ab":
            latency = (early if turn < since else late) * rng.uniform(0.95, 1.05)
            failure = "busy" if name == "a" and failing(turn) else ""
            tallies[name, 0].add(sample(turn, latency=latency, failure=failure))
    return {one.metric: one for one in compare(tallies, ["a", "b"], [0])}


def test_a_slice_tells_the_most_that_were_under_way_in_it():
    samples = drawn(400)
    found = line(samples)

    def under_way(moment):
        return sum(one.sent_s <= moment < one.ended_s for one in samples)

    for one in found.series:
        end = one.at_s + one.width_s
        looked_at = [one.at_s, *(s.sent_s for s in samples if one.at_s <= s.sent_s < end)]
        assert one.in_flight == max(map(under_way, looked_at))
    assert found.series[-1].in_flight > 0


def test_those_under_way_are_counted_up_to_the_last_slice():
    series = line([sample(n, latency=0.32) for n in range(4)]).series

    # They go out every 0.05 s, a slice is 0.1 s long.
    assert [moment.in_flight for moment in series] == [2, 4, 4, 4, 2]


def test_what_one_answers_while_the_other_fails_is_no_difference_between_them():
    found = run_of_two(lambda turn: turn >= 40)["latency"]

    assert found.told == "no difference seen"
    assert abs(found.shift.value) < 0.005
    assert (found.turns, found.of_turns, found.shift.count) == (40, 80, 40)
    assert found.words.endswith("; over the 40 of 80 turns in which both have a value")


def test_two_are_not_compared_where_failures_leave_too_little_and_it_is_said_how_many():
    found = run_of_two(lambda turn: turn >= 2)["latency"]

    assert found.told == "not compared"
    assert found.words == "latency: b and a are not compared: 78 of 80 of a failed"
    assert (found.shift.low, found.shift.high) == (None, None)


def test_no_failure_is_to_blame_where_there_were_too_few_turns_without_it():
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(3):
        for name in ("a", "b"):
            tallies[name, 0].add(sample(turn, failure="busy" if (name, turn) == ("a", 0) else ""))
    found = compare(tallies, ["a", "b"], [0])

    assert {one.told for one in found} == {"too few"}
    assert "failed" not in found[0].words
    assert "are needed" in found[0].limits


@pytest.mark.parametrize("kind", ["closed", "ramp"])
def test_tokens_of_what_failed_are_in_the_sum_and_in_no_rate(kind):
    tally = Tally()
    for number in range(20):
        failure = "reasoning-ate-budget" if number % 2 else ""
        tally.add(sample(number, failure=failure, output_tokens=50 if failure else 2, token_source="usage"))  # fmt: skip
    among = tally.happened if kind == "ramp" else None
    found = line_of(tally, target="t", stage=0, title="", started_s=0.0, ended_s=10.0, among=among)

    assert found.output_tokens == 10 * 50 + 10 * 2
    assert found.output_tokens_per_s == pytest.approx(10 * 2 / 10.0)


def test_a_turn_in_which_both_failed_is_one_turn():
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(4):
        for name in ("a", "b"):
            tallies[name, 0].add(sample(turn, failure="busy" if turn == 0 else ""))
    found = compare(tallies, ["a", "b"], [0])

    assert {one.told for one in found} == {"too few"}


def test_no_failure_is_to_blame_where_most_turns_lack_the_figure_for_another_reason():
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(30):
        failing = sample(turn, failure="busy" if turn == 29 else "")
        lacking = replace(failing, values={**failing.values, "itl": 0.02}) if turn < 3 else failing
        tallies["a", 0].add(lacking)
        tallies["b", 0].add(replace(sample(turn), values={**sample(turn).values, "itl": 0.02}))
    found = {one.metric: one for one in compare(tallies, ["a", "b"], [0])}

    assert found["itl"].told == "too few"
    assert found["itl"].limits.startswith(
        "over the 3 of 30 turns in which both have a value; 3 turns,"
    )


def test_two_that_never_answered_in_one_turn_are_not_compared():
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(40):
        for name, fails in (("a", turn < 20), ("b", turn >= 20)):
            tallies[name, 0].add(sample(turn, failure="busy" if fails else ""))
    found = compare(tallies, ["a", "b"], [0])

    assert {one.told for one in found} == {"not compared"}
    assert found[0].limits == "20 of 40 of a and 20 of 40 of b failed"


def test_a_target_that_was_stopped_halfway_is_compared_over_its_own_half():
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(80):
        for name in "ab" if turn < 40 else "b":
            latency = (0.05 if turn < 40 else 0.10) + turn * 1e-6
            tallies[name, 0].add(sample(turn, latency=latency))
    found = next(one for one in compare(tallies, ["a", "b"], [0]) if one.metric == "latency")

    assert found.told == "no difference seen"
    assert found.turns == 40


def test_a_turn_that_the_end_of_the_run_cut_is_not_worth_a_word():
    tallies = {("a", 0): Tally(), ("b", 0): Tally()}
    for turn in range(20):
        for name in "ab" if turn < 19 else "a":
            tallies[name, 0].add(sample(turn, latency=0.1 + turn * 1e-4))

    assert {one.limits for one in compare(tallies, ["a", "b"], [0])} == {""}


def test_of_two_alike_few_are_told_apart_however_one_of_them_fails():
    # 200 runs at 5 %: ten false ones are expected of each metric, and those of both agree.
    wrong = sum(
        run_of_two(lambda turn, seed=seed: (turn + seed) % 3 == 0, since=turns_before, seed=seed)[
            "latency"
        ].told
        in ("slower", "faster", "under the floor")
        for seed in range(1, 101)
        for turns_before in (20, 60)
    )

    assert wrong <= 20


def stops(**rules):
    return Stops(StopRules(**rules), [Target(name="t", gateway="g", model_id="m")])


def test_a_run_goes_on_while_no_more_fail_than_may():
    watch = stops(max_errors=0.2, least_ended=5)
    told = []
    for failed in (True, True, False, False, False, False):
        watch.add(sample(failure="timeout" if failed else ""))
        told.append(bool(watch.too_many_failed()))

    assert told == [False, False, False, False, True, True]  # 2 of 5, 2 of 6


def test_the_interval_of_the_median_says_when_it_is_enough():
    wide = [0.1 * n for n in range(1, 8)]
    narrow = [1 + 0.001 * n for n in range(30)]
    watch = stops(until_ci=0.05)

    assert reach_of(wide[:4]) is None
    assert watch.narrow_enough(lambda _target, _metric: wide) == ""
    assert "known to within 5.0%" in watch.narrow_enough(lambda _target, _metric: narrow)
    assert stops().narrow_enough(lambda _target, _metric: narrow) == ""


def checked(lag_s=0.0, late_s=0.0, cpu=0.2, *, stop_s=None, wait_s=0.1, gap_s=None, **counted):
    lags = [lag_s] * 1000 + ([] if stop_s is None else [stop_s])
    counts = {"answers": 100, "took_s": 100.0, **counted}
    return self_check(
        processes=1, lag=Histogram(lags), delay=Histogram([late_s] * 100),
        late=Histogram([late_s] * 100), cpu_shares=[cpu],
        beside=Beside(wait_s=wait_s, gap_s=gap_s, **counts),
    )  # fmt: skip


def test_a_client_that_kept_up_says_so_with_its_figures():
    told = checked(lag_s=0.0004, late_s=0.0009)

    assert not told.bottleneck
    assert told.words == (
        "This client kept up: its event loop woke up to 0.4 ms late (p99; at most 0.4 ms), "
        "requests were sent up to 0.9 ms late (p99), CPU 20%"
    )


@pytest.mark.parametrize(
    ("late", "word"),
    [({"lag_s": 0.02}, "event loop woke up to 20 ms late (p99), 20% of the median wait (100.0 ms)"),
     ({"lag_s": 0.02, "gap_s": 0.04}, "20 ms late (p99), 50% of the usual gap between chunks (40.0"),
     ({"lag_s": 0.03, "gap_s": 0.02, "by_kernel": 100}, "longer than the usual gap between chunks (20"),
     ({"late_s": 0.03}, "requests were sent up to 30 ms late (p99), 30% of the median wait (100.0 ms)"),
     ({"stop_s": 0.14, "held_up": 6, "held_up_s": 0.8}, "held up for up to 140.0 ms, during 6 of 100"),
     ({"stop_s": 0.14, "held_up": 2, "held_up_s": 8.0}, "2 of 100 answers (8.0% of their time)"),
     ({"cpu": 0.97}, "busy 97% of the time")],
)  # fmt: skip
def test_a_client_that_did_not_keep_up_says_how(late, word):
    told = checked(**late)

    assert told.bottleneck
    assert word in told.words
    assert "partly its own" in told.words


def test_to_be_late_is_measured_by_what_is_measured():
    assert not checked(lag_s=0.02, wait_s=1.0).bottleneck
    assert checked(lag_s=0.02, wait_s=0.1).bottleneck
    assert not checked(late_s=0.02, wait_s=1.0).bottleneck


def test_what_the_kernel_stamped_is_as_right_in_a_loop_that_is_somewhat_late():
    assert not checked(lag_s=0.012, wait_s=0.02, gap_s=0.02, by_kernel=100).bottleneck
    assert checked(lag_s=0.012, wait_s=0.02, gap_s=0.02, by_kernel=99).bottleneck


def test_a_single_long_stop_is_told_however_rare_it_is():
    told = checked(lag_s=0.0004, stop_s=0.14, held_up=2, held_up_s=0.26, untold=1)

    assert not told.bottleneck
    assert told.words.startswith(
        "This client kept up, but for a moment: its event loop was held up for up to 140.0 ms, "
        "during 2 of 100 answers (0.3% of their time), and what that may have falsified of one answer "
        "is left out; its event loop woke up to 0.4 ms late (p99; at most 140.0 ms)"
    )


def test_a_client_that_was_not_watched_says_nothing():
    told = self_check(
        processes=1, lag=Histogram(), delay=Histogram(), late=Histogram(), cpu_shares=[],
        beside=Beside(),
    )  # fmt: skip

    assert told.cpu_share is None
    assert "not watched" in told.words


def test_times_since_due_have_those_that_were_never_sent_above_all():
    tally = Tally()
    for n in range(60):
        values = {"latency": 0.1, "latency_since_due": 0.1 + n / 100}
        tally.add(Sample(target="t", ended_s=n / 10, values=values))
    tally.unsent = 40
    metrics = line_of(tally, target="t", stage=0, title="", started_s=0.0).metrics

    # The median of all hundred is the fiftieth, and the 95th waits still.
    assert metrics["latency_since_due"].quantiles["p50"].value == pytest.approx(0.59)
    assert set(metrics["latency_since_due"].quantiles) == {"p50"}
    assert metrics["latency_since_due"].missing == {"due and not sent": 40}
    assert set(metrics["latency"].quantiles) == {"p50", "p90", "p95", "p99"}


TARGETS = tuple(Target(name=name, gateway="g", model_id="m") for name in "ab")


def test_an_interval_that_was_asked_for_and_not_reached_is_told():
    stops = Stops(StopRules(until_ci=0.05, ci_metric="ttft"), TARGETS, most=20)
    values = {"a": [0.1, 0.1, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3], "b": []}
    told = stops.not_narrow(lambda name, _metric: values[name])

    assert "not known to within 5%, as was asked for" in told
    assert "at a to within 50.0%" in told
    assert "at b it was not measured" in told
    values["b"] = [0.1, 0.2]
    told = stops.not_narrow(lambda name, _metric: values[name])
    assert "at b there were too few values" in told
    assert stops.not_narrow(lambda *_: [0.1] * 50) == ""
