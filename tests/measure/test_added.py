"""What the backend adds: from pairs of answers with known times to the words of the summary."""

import random
from dataclasses import replace

import pytest

from gatewayz.core import Attempt, Case, Model, Observation, Outcome, Timing, Verdict
from gatewayz.core.codec import from_json, to_json
from gatewayz.core.summary import Summary
from gatewayz.measure import summarize
from gatewayz.measure.added import added_times

OWN = "x-gatewayz-overhead-us"
BEHIND = "x-gatewayz-upstream-connection"


def one(way, repeat, first_s, *, model="m", last_s=None, streamed=True, opened=False, headers=None):
    """A verdict over an answer whose first token came after so long."""
    timing = Timing(
        connect_s=0.01 if opened else None, sent_s=0.02, first_byte_s=first_s + 0.02,
        first_token_s=first_s + 0.02 if streamed else None,
        last_content_s=(last_s or first_s) + 0.02, last_byte_s=(last_s or first_s) + 0.02,
    )  # fmt: skip
    attempt = Attempt(
        status=200, streamed=streamed, timing=timing, headers=headers or {},
        reused_connection=not opened,
    )  # fmt: skip
    case = Case(gateway="g", probe="streaming", model=Model(id=model), way=way, repeat=repeat)
    return Verdict(observation=Observation(case=case, attempts=(attempt,)), outcome=Outcome.PASSED)


def pairs(differences, *, base_s=0.5, api=None, **more):
    """Both ways of a question, again and again, the API so much later."""
    found = []
    for repeat, difference in enumerate(differences):
        found.append(one("direct", repeat, base_s + 0.01 * repeat, **more))
        found.append(
            one("api", repeat, base_s + 0.01 * repeat + difference, **{**more, **(api or {})})
        )
    return found


def test_a_known_delay_lies_within_its_interval_though_answers_vary_far_more():
    drawn = random.Random(7)
    met = []
    for repeat in range(20):
        model_s = drawn.uniform(0.2, 3.0)  # what the model takes at that moment, both ways
        met.append(one("direct", repeat, model_s + drawn.uniform(0, 0.01)))
        met.append(one("api", repeat, model_s + 0.04 + drawn.uniform(0, 0.01)))

    (found,) = added_times(met)

    assert found.ttft.interval.low <= 0.04 <= found.ttft.interval.high
    assert found.ttft.median_s == pytest.approx(0.04, abs=0.005)
    assert (found.ttft.pairs, found.ttft.told) == (20, "slower")
    assert (found.gateway, found.model, found.probe) == ("g", "m", "streaming")


def test_equal_ways_show_no_difference():
    (found,) = added_times(pairs([0.01, -0.01, 0.02, -0.02, 0.0, 0.003, -0.003, 0.001]))

    assert found.ttft.told == found.latency.told == "no difference seen"
    assert found.ttft.interval.low < 0 < found.ttft.interval.high


def test_a_backend_that_answers_from_nearer_by_is_faster():
    (found,) = added_times(pairs([-0.1] * 7))

    assert (found.ttft.told, found.ttft.median_s) == ("faster", pytest.approx(-0.1))


@pytest.mark.parametrize(("count", "enough"), [(5, False), (6, True)])
def test_below_six_pairs_there_is_a_median_and_no_interval(count, enough):
    (found,) = added_times(pairs([0.1] * count))

    assert found.ttft.median_s == pytest.approx(0.1)
    assert (found.ttft.interval is not None) == enough
    assert found.ttft.told == ("slower" if enough else "too few")


def test_first_token_and_whole_answer_are_told_apart():
    (found,) = added_times(pairs([0.1] * 6, last_s=5.0))

    assert found.ttft.told == "slower"
    assert (found.latency.told, found.latency.median_s) == ("no difference seen", 0.0)


def test_what_was_not_streamed_has_no_first_token_to_compare():
    (found,) = added_times(pairs([0.1] * 6, streamed=False))

    assert found.ttft is None
    assert found.latency.pairs == 6


@pytest.mark.parametrize(
    "cold",
    [
        {"api": {"opened": True}},
        {"opened": True, "api": {"opened": False}},
        {"api": {"headers": {BEHIND: "new"}}},
    ],
)
def test_a_pair_that_opened_a_connection_on_either_way_or_behind_warms_up(cold):
    first = pairs([9.0], **cold)
    rest = pairs([0.0] + [0.1] * 6, api={"headers": {BEHIND: "reused"}})[2:]

    (found,) = added_times([*first, *rest])

    assert (found.warm_up, found.left_out, found.ttft.pairs) == (1, 0, 6)
    assert found.ttft.median_s == pytest.approx(0.1)


def test_where_every_pair_opened_one_there_is_nothing_to_tell():
    (found,) = added_times(pairs([0.1] * 8, opened=True))

    assert (found.ttft, found.latency, found.warm_up) == (None, None, 8)


def test_pairs_that_failed_or_were_retried_are_left_out_and_counted():
    met = pairs([0.1] * 8)
    met[0] = replace(met[0], outcome=Outcome.FAILED)
    retried = met[3].observation
    retried = replace(retried, attempts=(*retried.attempts, replace(retried.attempts[0], number=2)))
    met[3] = replace(met[3], observation=retried)

    (found,) = added_times(met)

    assert (found.left_out, found.warm_up, found.ttft.pairs) == (2, 0, 6)


def test_pairs_that_were_sent_on_neither_way_are_counted_apart_from_those_that_failed():
    met = pairs([0.1] * 9)

    def unsent(verdict):
        seen = replace(verdict.observation, attempts=())
        return replace(verdict, observation=seen, outcome=Outcome.SKIPPED)

    # Of the seventh one way was sent, of the last two none.
    met[13:] = map(unsent, met[13:])

    (found,) = added_times(met)

    assert (found.left_out, found.not_sent, found.ttft.pairs) == (1, 2, 6)


def test_what_the_backend_says_of_itself_stands_beside_it():
    took = [100, 300, 200, 250, 150, 1_000_000]
    met = pairs([0.1] * 6)
    for verdict, microseconds in zip(met[1::2], took, strict=True):
        attempt = replace(verdict.observation.attempts[0], headers={OWN: str(microseconds)})
        place = met.index(verdict)
        met[place] = replace(
            verdict, observation=replace(verdict.observation, attempts=(attempt,))
        )  # fmt: skip

    (found,) = added_times(met)

    assert (found.own_s, found.own_count) == (pytest.approx(0.000225), 6)


@pytest.mark.parametrize("said", ["", "fast", "-5", "1.5", "١٢", "9" * 30 + "x"])
def test_a_header_that_is_no_number_says_nothing(said):
    (found,) = added_times(pairs([0.1] * 6, api={"headers": {OWN: said}}))

    assert (found.own_s, found.own_count) == (None, 0)


def test_several_models_have_a_line_of_all_before_their_own():
    met = [*pairs([0.1] * 6, model="a"), *pairs([0.3] * 6, model="b")]

    found = added_times(met)

    assert [line.model for line in found] == ["", "a", "b"]
    assert found[0].ttft.pairs == 12
    assert found[0].ttft.median_s == pytest.approx(0.2)


def test_without_repeats_or_without_two_ways_nothing_is_said():
    assert added_times(pairs([0.1])) == ()
    assert added_times([one("direct", n, 0.5) for n in range(8)]) == ()
    assert summarize([]).added == ()


def test_a_summary_keeps_it_and_an_older_one_is_read_without():
    summary = summarize(pairs([0.1] * 6))

    kept = to_json(summary)
    assert from_json(Summary, kept) == summary
    del kept["added"]
    for line in kept["gateways"]:
        for name in ("median_interval", "p95_interval"):
            del line["ttft_s"][name]
    old = from_json(Summary, kept)
    assert old.added == ()
    assert old.gateways[0].ttft_s.median == summary.gateways[0].ttft_s.median
