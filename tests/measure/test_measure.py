from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core import (
    CATALOG_PROBE,
    Attempt,
    Case,
    ChatRequest,
    ErrorBody,
    Interval,
    MeasureError,
    Model,
    MustRefuse,
    Observation,
    Outcome,
    Timing,
    Verdict,
)
from gatewayz.core.attempt import FaultName, Phase, WireFault
from gatewayz.core.failures import failure
from gatewayz.core.summary import Percentiles
from gatewayz.measure import (
    gaps,
    latency_s,
    left_in,
    percentiles,
    summarize,
    ttft_s,
    waited_s,
)


def test_the_first_token_is_counted_from_the_request_being_sent():
    stream = Attempt(streamed=True, timing=Timing(sent_s=0.2, first_token_s=0.5, total_s=9.0))

    assert ttft_s(stream) == pytest.approx(0.3)
    assert ttft_s(Attempt(timing=Timing(sent_s=0.2, total_s=1.0))) is None


def test_latency_ends_with_the_last_content_of_a_stream_and_the_last_byte_of_an_answer():
    times = Timing(sent_s=0.1, last_content_s=0.5, last_byte_s=0.8, total_s=1.0)

    assert latency_s(Attempt(streamed=True, timing=times)) == pytest.approx(0.4)
    assert latency_s(Attempt(timing=times)) == pytest.approx(0.7)


def test_there_is_no_latency_where_nothing_came_back():
    fault = WireFault(name=FaultName.RESET, phase=Phase.HEADERS)

    assert latency_s(Attempt(fault=fault, timing=Timing(sent_s=0.1, total_s=1.0))) is None


def test_a_time_limit_was_waited_for_whole_and_a_reset_was_not():
    cut = Attempt(streamed=True, timing=Timing(sent_s=0.1, last_content_s=0.3, total_s=2.0))
    stalled = replace(cut, fault=WireFault(name=FaultName.TIMEOUT, phase=Phase.BODY))
    reset = replace(cut, fault=WireFault(name=FaultName.RESET, phase=Phase.BODY))

    assert waited_s(stalled) == pytest.approx(2.0)
    assert waited_s(reset) == pytest.approx(0.2)


def test_gaps_are_one_fewer_than_chunks_and_never_negative():
    assert gaps(Attempt(timing=Timing(chunks_s=(1.0, 1.5, 1.75)))) == (0.5, 0.25)
    assert gaps(Attempt(timing=Timing(chunks_s=(1.0,)))) == ()
    with pytest.raises(MeasureError):
        gaps(Attempt(timing=Timing(chunks_s=(1.0, 0.5))))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_percentiles_are_values_that_were_seen(values):
    found = percentiles(values)

    assert found.count == len(values)
    assert {found.median, found.p95, found.lowest, found.highest} <= set(values)
    assert found.lowest <= found.median <= found.p95 <= found.highest


@pytest.mark.parametrize(
    ("values", "median", "p95"),
    [([1.0], 1, 1), ([1, 2], 1, 2), ([1, 2, 3], 2, 3), (range(1, 101), 50, 95)],
)
def test_percentiles_are_nearest_ranks(values, median, p95):
    found = percentiles(values)

    assert (found.median, found.p95) == (median, p95)


def test_percentiles_have_an_interval_where_the_sample_is_large_enough():
    few, some, many = (percentiles(range(1, count + 1)) for count in (5, 20, 100))

    assert (few.median_interval, few.p95_interval) == (None, None)
    assert (some.median_interval, some.p95_interval) == (Interval(low=6, high=15), None)
    assert many.median_interval == Interval(low=40, high=61)
    assert many.p95_interval == Interval(low=90, high=100)


def test_of_nothing_nothing_is_said():
    assert percentiles([]) == Percentiles()


def verdict(outcome, *, gateway="g", model="m", way="direct", warnings=()):
    case = Case(gateway=gateway, probe="chat", model=Model(id=model), way=way)
    attempt = Attempt(timing=Timing(sent_s=0.0, last_byte_s=1.0, total_s=1.0))
    seen = Observation(case=case, attempts=(attempt,))
    return Verdict(observation=seen, outcome=outcome, warnings=warnings, reason="why")


def test_skipped_and_unknown_stand_beside_the_rate_and_not_in_it():
    met = [verdict(o) for o in (Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED)]

    counts = summarize(met).total

    assert (counts.passed, counts.failed, counts.unknown, counts.skipped) == (1, 1, 1, 1)
    assert (counts.judged, counts.rate) == (2, 0.5)


def test_a_list_that_failed_is_counted_apart_from_models():
    lost = Case(gateway="g", probe=CATALOG_PROBE)
    lost = Verdict(observation=Observation(case=lost), outcome=Outcome.FAILED)

    counts = summarize([lost, verdict(Outcome.FAILED), verdict(Outcome.PASSED)]).total

    assert (counts.failed, counts.failed_lists, counts.judged) == (1, 1, 2)


def test_a_gateway_whose_list_failed_says_so_in_place_of_a_rate():
    lost = Case(gateway="g", probe=CATALOG_PROBE)
    lost = Verdict(
        observation=Observation(case=lost), outcome=Outcome.FAILED, failure=failure("models-empty")
    )

    (line,) = summarize([lost]).gateways

    assert (line.counts.tag, line.counts.rate) == ("FAIL", None)
    assert line.reason == "its model list failed: models-empty"


def test_a_list_that_failed_both_ways_is_no_pair_of_cases():
    lost = [
        Verdict(
            observation=Observation(case=Case(gateway="g", probe=CATALOG_PROBE, way=way)),
            outcome=Outcome.FAILED,
            failure=failure("overloaded"),
        )
        for way in ("direct", "api")
    ]
    cases = [verdict(Outcome.FAILED), verdict(Outcome.FAILED, way="api")]
    cases = [replace(one, failure=failure("overloaded")) for one in cases]

    shared = summarize([*lost, *cases]).failing_both_ways

    assert [(one.failure, one.cases, one.of_list) for one in shared] == [
        ("overloaded", 1, True),
        ("overloaded", 1, False),
    ]


def test_what_a_stop_left_open_has_its_line_and_is_no_whole_success():
    left = {("g", "direct"): 2, ("h", "direct"): 0}

    summary = summarize([verdict(Outcome.PASSED)], left=left)

    half, untouched = summary.gateways
    assert (half.gateway, half.counts.stopped, half.counts.tag) == ("g", 2, "WARN")
    assert (untouched.gateway, untouched.counts.tag) == ("h", "SKIP")
    assert untouched.reason == "stopped before anything was judged"
    assert (summary.total.stopped, summary.total.tag) == (2, "WARN")
    assert left_in(summary) == left


def test_an_odd_list_whose_models_nobody_asks_was_not_stopped():
    odd = Case(gateway="g", probe=CATALOG_PROBE)
    odd = Verdict(observation=Observation(case=odd), outcome=Outcome.PASSED)

    summary = summarize([odd])

    assert [line.reason for line in summary.gateways] == [""]
    assert left_in(summary) == {}


@pytest.mark.parametrize(
    ("outcomes", "tag", "rate"),
    [("P", "OK", 1.0), ("PF", "WARN", 0.5), ("F", "FAIL", 0.0), ("U", "UNKNOWN", None),
     ("S", "SKIP", None), ("PU", "WARN", 1.0), ("FU", "FAIL", 0.0), ("PS", "OK", 1.0),
     ("", "SKIP", None)],
)  # fmt: skip
def test_a_tag_never_calls_total_failure_ok(outcomes, tag, rate):
    words = {"P": Outcome.PASSED, "F": Outcome.FAILED, "U": Outcome.UNKNOWN, "S": Outcome.SKIPPED}

    counts = summarize([verdict(words[o]) for o in outcomes]).total

    assert (counts.tag, counts.rate) == (tag, rate)


def test_speed_is_over_what_passed_only():
    summary = summarize([verdict(Outcome.PASSED), verdict(Outcome.FAILED, model="n")])

    assert summary.gateways[0].latency_s.count == 1


@pytest.mark.parametrize(
    ("direct", "api", "points_at"),
    [
        (Outcome.PASSED, Outcome.FAILED, "the backend"),
        (Outcome.FAILED, Outcome.PASSED, "the direct way, or a fault that came and went"),
        (Outcome.PASSED, Outcome.PASSED, None),
    ],
)
def test_where_two_ways_differ_it_is_said_whom_that_points_at(direct, api, points_at):
    summary = summarize([verdict(direct), verdict(api, way="api")])

    assert [d.points_at for d in summary.differences] == ([points_at] if points_at else [])


@pytest.mark.parametrize(
    ("asked_behind", "points_at"),
    [
        ("", "the direct way alone: the backend refuses it by itself"),
        ("groq", "the direct way, or a fault that came and went"),
    ],
)
def test_a_wrong_request_that_the_backend_refuses_never_reached_the_provider(
    asked_behind, points_at
):
    wanted = MustRefuse(classes=("bad-request",), accepted="malformed-body-accepted", about="body")
    wrong = ChatRequest(messages=(), must_refuse=wanted)
    refusal = Attempt(status=400, error=ErrorBody(message="no JSON", gateway=asked_behind))
    through = verdict(Outcome.PASSED, way="api")
    through = replace(
        through,
        observation=replace(through.observation, request=wrong, attempts=(refusal,)),
    )

    summary = summarize([verdict(Outcome.FAILED), through])

    assert [d.points_at for d in summary.differences] == [points_at]


@pytest.mark.parametrize(
    ("kinds", "points_at"),
    [
        (("tool-call-as-text", "repetition-loop"), "the model, which says something else each time"),
        (("tool-call-as-text", "server-500-json"),
         "the provider, and the backend tells it differently"),
    ],
)  # fmt: skip
def test_a_weakness_that_shows_in_other_words_is_the_models(kinds, points_at):
    pair = [
        replace(verdict(Outcome.FAILED, way=way), failure=failure(kind))
        for way, kind in zip(("direct", "api"), kinds, strict=True)
    ]

    assert [d.points_at for d in summarize(pair).differences] == [points_at]


@pytest.mark.parametrize("attempts", [0, 1])
@pytest.mark.parametrize("way", ["direct", "api"])
def test_what_is_unknown_on_one_way_is_no_difference(way, attempts):
    other = "api" if way == "direct" else "direct"
    open_ = verdict(Outcome.UNKNOWN, way=way)
    seen = replace(open_.observation, attempts=open_.observation.attempts[:attempts])

    summary = summarize([replace(open_, observation=seen), verdict(Outcome.PASSED, way=other)])

    assert summary.differences == ()


@pytest.mark.parametrize("kind", ["billing-no-credit", "rate-limit", "auth-bad-key"])
@pytest.mark.parametrize("way", ["direct", "api"])
@pytest.mark.parametrize("probe", ["chat", CATALOG_PROBE])
def test_a_difference_never_contradicts_a_verdict_that_names_the_account(kind, way, probe):
    told = Attempt(status=402, error=ErrorBody(message="no", gateway="g"))
    failed = replace(verdict(Outcome.FAILED, way=way), failure=failure(kind))
    case = failed.observation.case
    if probe == CATALOG_PROBE:
        case = replace(case, model=None, probe=probe)
    failed = replace(failed, observation=Observation(case=case, attempts=(told,)))
    other = "api" if way == "direct" else "direct"

    (found,) = summarize([failed, verdict(Outcome.PASSED, way=other)]).differences

    assert found.points_at == failed.failure.culprit


def test_what_was_asked_on_one_way_alone_is_no_difference():
    left_out = verdict(Outcome.SKIPPED)
    left_out = replace(left_out, observation=replace(left_out.observation, attempts=()))

    assert summarize([left_out, verdict(Outcome.PASSED, way="api")]).differences == ()


def test_what_fails_alike_both_ways_is_counted_as_the_providers():
    summary = summarize(
        verdict(outcome, model=model, way=way)
        for model, outcome in (("m", Outcome.FAILED), ("n", Outcome.FAILED), ("o", Outcome.PASSED))
        for way in ("direct", "api")
    )

    (shared,) = summary.failing_both_ways
    assert shared.cases == 2
    assert summary.differences == ()
    assert summarize([verdict(Outcome.FAILED)]).failing_both_ways == ()


@pytest.mark.parametrize(
    ("kind", "whom"),
    [
        ("server-500-json", "the backend"),
        ("auth-bad-key", "the backend's key"),
        ("auth-no-key", "the backend's key"),
    ],
)
def test_a_list_that_only_the_backend_cannot_give_points_at_it_or_the_key_that_it_wants(kind, whom):
    lost = Verdict(
        observation=Observation(case=Case(gateway="groq", probe=CATALOG_PROBE, way="api")),
        outcome=Outcome.FAILED,
        failure=failure(kind),
    )
    read = Verdict(
        observation=Observation(case=Case(gateway="groq", probe="chat", model=Model(id="m"))),
        outcome=Outcome.PASSED,
    )
    direct = Observation(case=Case(gateway="groq", probe=CATALOG_PROBE))

    (found,) = summarize([read, lost]).differences
    assert (found.direct, found.api) == ("passed", kind)
    assert (found.probe, found.points_at) == (CATALOG_PROBE, whom)
    assert found.question == "model list"
    assert summarize([lost, replace(lost, observation=direct)]).differences == ()
    assert summarize([lost]).differences == ()
