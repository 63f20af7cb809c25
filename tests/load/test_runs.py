"""Whole runs against the simulator: what is counted, judged, measured and compared."""

import asyncio
import json

import pytest

from gatewayz.core import RunStatus
from gatewayz.core.codec import dumps, loads
from gatewayz.core.load import LoadResult
from gatewayz.load import OneProcess, Search, StopRules, run_load
from gatewayz.load.objectives import read_objectives
from gatewayz.load.order import Bill, Leave
from gatewayz.load.shapes import Bounds
from gatewayz.simulator import running

# Neither thinks before it answers: of a thought alone nothing is delivered.
GROQ, XAI = "groq/llama-3.3-70b-versatile", "xai/grok-4.20-0309-non-reasoning"


@pytest.fixture
def bench(order, at_simulator):
    """The result of load on models of a simulator."""

    def run(simulator, names, *more, **settings):
        aims, client = at_simulator(simulator, *names)
        told = order(*more, aims=aims, **settings)
        return asyncio.run(run_load(told, OneProcess(told, client)))

    return run


def test_each_answer_is_measured_and_nothing_is_made_up(bench, quick):
    result = bench(quick, [GROQ], "2", bounds=Bounds(requests=12), max_tokens=20)
    (line,) = result.lines

    assert (line.sent, line.passed, line.failures, line.unfinished) == (12, 12, 0, 0)
    assert line.output_tokens == 240
    assert line.token_sources == {"usage": 12}
    assert line.chunks == 240
    assert line.cost_usd is None
    assert line.metrics["ttft"].count + sum(line.metrics["ttft"].missing.values()) == 12
    assert 0.005 <= line.metrics["ttft"].smallest < 1
    gaps = line.metrics["icl"]  # an answer that a busy machine read at once has none
    assert gaps.count == (12 - sum(gaps.missing.values())) * 19 > 0
    assert line.metrics["tls"].count == 0
    assert sum(line.metrics["tls"].missing.values()) == 12
    assert line.metrics["latency"].quantiles["p95"].enough is False
    assert line.requests_per_s == pytest.approx(12 / line.elapsed_s)
    assert result.status is RunStatus.FINISHED
    assert loads(LoadResult, dumps(result)) == result


def test_faults_are_counted_by_label_and_stay_in_the_denominator(bench):
    rules = [
        {"gateway": "groq", "fault": "rate-limit", "nth": [2, 5]},
        {"gateway": "groq", "fault": "reset-mid-body", "nth": [7]},
        {"gateway": "groq", "fault": "stream-no-content", "nth": [9]},
    ]
    with running(seed=3, latency_s=0.002, gap_s=0.0, faults=rules) as simulator:
        result = bench(
            simulator, [GROQ], "1", bounds=Bounds(requests=20), stop=StopRules(max_errors=1.0)
        )
    (line,) = result.lines

    assert line.failed == {"rate-limit": 2, "reset-mid-body": 1, "stream-no-content": 1}
    assert (line.sent, line.passed) == (20, 16)
    assert line.metrics["ttft"].count == 16  # speed is told of delivered answers only
    by_label = {failure.label: failure for failure in result.failures}
    assert by_label["rate-limit"].culprit == "rate limit"
    assert by_label["rate-limit"].count == 2
    assert len(by_label["rate-limit"].examples) == 2
    assert by_label["rate-limit"].examples[0].observation.last.status == 429
    assert sum(moment.failed for moment in line.series) == 4
    assert sum(moment.passed for moment in line.series) == 16


def test_a_run_in_which_too_much_fails_ends(bench, quick):
    result = bench(
        quick, ["groq/fault/rate-limit"], "2", bounds=Bounds(requests=500),
        stop=StopRules(max_errors=0.1, least_ended=10),
    )  # fmt: skip

    assert result.stopped_why == "10 of 10 requests failed, more than 10%"
    assert result.lines[0].sent <= 12
    assert result.lines[0].requests_per_s == 0
    assert "ttft" not in result.lines[0].metrics
    assert len(result.failures[0].examples) == 3


def test_the_warm_up_is_kept_apart_and_shown(bench):
    rules = [{"gateway": "groq", "fault": "rate-limit", "nth": [1]}]
    with running(seed=3, latency_s=0.002, gap_s=0.0, faults=rules) as simulator:
        result = bench(simulator, [GROQ], "2", bounds=Bounds(requests=6), warm_up=3)

    assert (result.warm_up[0].sent, result.warm_up[0].failed) == (3, {"rate-limit": 1})
    assert (result.lines[0].sent, result.lines[0].failed) == (6, {})
    ttft = result.lines[0].metrics["ttft"]
    # Where this machine was busy a time may be its own doing, and is none.
    assert ttft.count > 0
    assert ttft.count + sum(ttft.missing.values()) == 6


def test_the_connections_stand_once_it_is_warm(bench, quick):
    result = bench(quick, [GROQ], "3", bounds=Bounds(requests=12), warm_up=6)

    assert result.warm_up[0].metrics["connect"].count >= 3
    # On a busy machine one may not have come to rest in time.
    assert result.lines[0].metrics["connect"].missing["connection reused"] >= 9


def test_a_run_ends_once_the_median_is_known_well_enough(bench, quick):
    result = bench(
        quick, [GROQ], "4", bounds=Bounds(requests=5000, duration_s=20), max_tokens=3,
        stop=StopRules(until_ci=0.5, ci_metric="ttft"),
    )  # fmt: skip
    found = result.lines[0].metrics["ttft"].quantiles["p50"]

    assert "known to within 50.0%" in result.stopped_why
    assert found.high - found.value <= 0.6 * found.value
    assert result.lines[0].sent < 5000


def stopped(told, instant):
    """The result of an order that is stopped: the first six are quick, and those after never end."""
    asker = instant(takes_s=lambda count: 0.001 if count <= 6 else 600)

    async def go():
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.6, stop.set)
        return await run_load(told, OneProcess(told, lambda: asker), stop=stop)

    return asyncio.run(go())


def test_what_was_measured_is_kept_when_a_run_is_stopped(order, instant):
    result = stopped(order("3", bounds=Bounds(requests=10_000)), instant)
    (line,) = result.lines

    assert result.status is RunStatus.CANCELLED
    assert result.stopped_why == "interrupted"
    assert (line.sent, line.passed, line.unfinished) == (9, 6, 3)


def test_what_was_under_way_as_a_run_was_stopped_takes_its_time_and_is_in_the_series(
    order, instant
):
    (line,) = stopped(order("3", bounds=Bounds(requests=10_000)), instant).lines

    assert line.unfinished == 3
    assert line.elapsed_s > 0.4
    assert line.requests_per_s == pytest.approx(6 / line.elapsed_s)
    assert sum(moment.sent for moment in line.series) == 9
    assert line.series[-1].in_flight == 3
    assert line.series[-1].at_s > 0.4


def test_two_targets_are_compared_with_effect_interval_and_correction(bench):
    latency = {"groq": 0.01, "xai": 0.06}
    with running(seed=3, latency_s=latency, gap_s=0.001) as simulator:
        result = bench(simulator, [GROQ, XAI], "1", bounds=Bounds(requests=15), max_tokens=5)
    told = {one.metric: one for one in result.comparisons}

    assert [line.sent for line in result.lines] == [15, 15]
    assert set(told) == {"ttft", "itl", "latency"}
    assert told["ttft"].told == "slower"
    assert told["ttft"].shift.low - 0.005 <= 0.05 <= told["ttft"].shift.high + 0.01
    assert told["ttft"].p_adjusted >= told["ttft"].shift.p_value
    assert "xai/" in told["ttft"].words.split(" is slower than ")[0]


def test_too_few_are_compared_with_no_verdict(bench, quick):
    result = bench(quick, [GROQ, XAI], "1", bounds=Bounds(requests=2), max_tokens=5)

    assert {one.told for one in result.comparisons} == {"too few"}


def test_whole_answers_have_no_first_token_and_say_why(bench, quick):
    result = bench(quick, [GROQ], "2", bounds=Bounds(requests=8), stream=False)
    (line,) = result.lines

    assert line.passed == 8
    assert line.metrics["ttft"].missing == {"not streamed": 8}
    assert line.metrics["latency"].count == 8
    assert line.metrics["icl"].count == 0
    assert line.metrics["icl"].missing == {"not streamed": 8}


def test_without_usage_no_tokens_are_told_and_chunks_are_no_tokens(bench):
    rules = [{"gateway": "groq", "fault": "usage-missing"}]
    with running(seed=3, latency_s=0.002, gap_s=0.002, faults=rules) as simulator:
        result = bench(simulator, [GROQ], "2", bounds=Bounds(requests=6), max_tokens=9)
    (line,) = result.lines

    assert line.output_tokens is None
    assert line.output_tokens_per_s is None
    assert line.token_sources == {"": 6}
    assert line.chunks == 54
    assert line.metrics["itl"].count == line.metrics["e2e_rate"].count == 0
    assert line.metrics["e2e_rate"].missing == {"usage is missing": 6}


def test_a_search_finds_the_knee_that_was_planted(order, instant, run, answered):
    # Up to five at once all are quick, beyond that everyone waits for the rest.
    class Knee(instant):
        async def attempt(self, *_args, **_more):
            self.at_once += 1
            await asyncio.sleep(0.003)
            takes_s = 0.004 if self.at_once <= 5 else 0.08
            await asyncio.sleep(takes_s)
            self.at_once -= 1
            return answered(takes_s)

    objectives = read_objectives("latency_p50=30ms", "--slo")
    told = order(
        "1", bounds=Bounds(requests=30, duration_s=5), objectives=objectives,
        search=Search(low=1, high=32),
    )  # fmt: skip
    result = run(told, Knee())

    assert result.most[0].level == 5
    assert result.most[0].beyond == 6
    assert [line.stage for line in result.lines] == list(range(len(result.lines)))


def test_the_most_load_says_by_its_level_what_is_not_sure_of_it(order, run, instant):
    # Six of ten are fast: the median keeps to it, and the interval around it does not.
    told = order(
        "1", bounds=Bounds(requests=10), search=Search(low=1, high=1),
        objectives=read_objectives("latency_p50=30ms", "--slo"),
    )  # fmt: skip
    (most,) = run(told, instant(lambda number: 0.002 if number <= 6 else 0.06)).most

    assert most.level == 1
    assert most.words == (
        "1 at once, the most that was to be tried, "
        "but the interval of latency_p50=30ms reaches beyond it"
    )


def test_the_first_failures_of_all_are_shown_with_no_more_than_was_seen(bench, quick):
    result = bench(
        quick, ["groq/fault/stream-no-content"], "1", bounds=Bounds(requests=5),
        stop=StopRules(max_errors=1.0),
    )  # fmt: skip

    text = dumps(result)
    assert "stream-no-content" in text
    assert quick.variables()["GROQ_API_KEY"] not in text
    assert json.loads(text)["failures"][0]["count"] == 5


class OneAfterTheOther:
    """A server that takes 20 ms for each and has one place: it bears 50 a second."""

    def __init__(self, answered):
        self._answered, self._free_at = answered, 0.0

    async def attempt(self, *_args, **_more):
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._free_at = max(self._free_at, began) + 0.02
        await asyncio.sleep(self._free_at - began)
        return self._answered(loop.time() - began)

    async def aclose(self):
        pass


def test_no_open_search_finds_more_than_is_borne(order, run, answered):
    # So loose that no step of this length would miss it by itself below 90 a second.
    objectives = read_objectives("latency_since_due_p50=900ms", "--slo")
    told = order(
        "40", "rate", bounds=Bounds(requests=30, duration_s=1.2), objectives=objectives,
        search=Search(low=40, high=60),
    )  # fmt: skip
    result = run(told, OneAfterTheOther(answered))
    (most,) = result.most

    assert 40 <= most.level <= 52
    assert most.beyond <= 60
    assert "was too much" in most.words
    assert any("was in no steady state" in note for note in result.notes)
    assert all(line.objectives[0].met for line in result.lines)


def test_a_search_counts_what_was_never_sent(order, run, answered):
    objectives = read_objectives("latency_since_due_p50=900ms", "--slo")
    told = order(
        "200", "rate", bounds=Bounds(requests=30, duration_s=1), objectives=objectives,
        in_flight=2, search=Search(low=200, high=200),
    )  # fmt: skip
    (most,) = run(told, OneAfterTheOther(answered)).most

    # Not for growing: the objective itself is missed.
    assert (most.level, most.words) == (None, "not even 200/s met every objective")


def test_what_was_due_and_not_sent_misses_an_objective(order, run, answered):
    objectives = read_objectives("latency_since_due_p90=5s", "--slo")
    told = order(
        "100", "rate", bounds=Bounds(duration_s=1), in_flight=4, objectives=objectives,
    )  # fmt: skip
    (line,) = run(told, OneAfterTheOther(answered)).lines
    (judged,) = line.objectives

    assert line.unsent > 30
    assert judged.met is False
    assert f"{line.unsent} of 100 due were not sent" in judged.words
    assert "p95" not in line.metrics["latency_since_due"].quantiles


def test_what_was_sent_to_the_last_was_not_ended_early(order, run, instant, answered):
    from gatewayz.core import Attempt

    told = order("1", bounds=Bounds(requests=10), stop=StopRules(max_errors=0.1))
    result = run(told, instant(answer=lambda _count: Attempt(status=500)))

    assert result.lines[0].failures == 10
    assert result.stopped_why == ""


class SoMany:
    """A guard that lets so many requests go, and has no bill."""

    def __init__(self, count):
        self._left = count

    def reserve(self, _aim, _request):
        self._left -= 1
        return Leave("" if self._left >= 0 else "not sent: used up")

    def settle(self, _leave, _aim, _attempt):
        return ""

    def bill(self):
        return Bill()


@pytest.mark.parametrize(("allowed", "told"), [(2, True), (3, False)])
def test_a_warm_up_that_took_all_there_was_is_told(order, instant, allowed, told):
    this = order("1", bounds=Bounds(requests=5), warm_up=2)
    crew = OneProcess(this, instant, guard=lambda _part, _parts: SoMany(allowed))
    result = asyncio.run(run_load(this, crew))

    assert result.lines[0].passed == allowed - 2
    assert result.stopped_why.startswith("not sent: used up")
    assert ("the warm-up took all that there was" in result.stopped_why) is told
