"""What the times of equal questions say together."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core import Attempt, Case, Model, Observation, Outcome, Timing, Verdict
from gatewayz.measure import summarize, timing_findings
from gatewayz.measure.repeats import rank_correlation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answers(*first_tokens, start=None, streamed=True, model="m", outcome=Outcome.PASSED):
    """Verdicts over repeats that took so long, one after the other or at the starts given."""
    found, at = [], 0.0
    for number, seconds in enumerate(first_tokens):
        begun = NOON + timedelta(seconds=at if start is None else start[number])
        timing = Timing(
            sent_s=0.0, first_token_s=seconds if streamed else None, last_content_s=seconds,
            last_byte_s=seconds, total_s=seconds,
        )  # fmt: skip
        attempt = Attempt(status=200, streamed=streamed, started_at=begun, timing=timing)
        case = Case(gateway="g", probe="streaming", model=Model(id=model), repeat=number)
        seen = Observation(case=case, attempts=(attempt,))
        found.append(Verdict(observation=seen, outcome=outcome))
        at += seconds + 0.1
    return found


def kinds(verdicts):
    return [finding.kind for finding in timing_findings(verdicts)]


STEADY = [0.4, 0.5, 0.45, 0.6, 0.5, 0.55, 0.42, 0.5]


@pytest.mark.parametrize(
    "seconds",
    [
        STEADY,
        [0.01, 0.02, 0.01, 0.19, 0.01, 0.01],  # ten times the median, and nobody would notice
        [0.5, 0.7, 1.5, 0.6, 2.0, 0.5, 0.9],  # slower at times, as models are
        [0.9, 0.4, 0.5, 0.8, 0.4, 0.5],  # a first one that is merely the slowest
        [9.0, 0.4, 0.5, 0.4],  # too few to say
    ],
)
def test_ordinary_times_say_nothing(seconds):
    assert kinds(answers(*seconds)) == []


def test_a_spike_is_far_from_the_median_of_the_rest():
    (found,) = timing_findings(answers(*STEADY, 7.0, *STEADY))

    assert (found.kind, found.samples, found.measure) == ("ttft-spike", 17, "first token")
    assert (found.usual_s, found.worst_s) == (0.5, 7.0)
    assert "1 of 17" in found.saw


def test_a_slow_first_call_is_told_apart_from_a_spike():
    (found,) = timing_findings(answers(8.0, *STEADY))

    assert (found.kind, found.worst_s) == ("cold-first-call", 8.0)


def test_whole_answers_are_compared_where_nothing_was_streamed():
    (found,) = timing_findings(answers(8.0, *STEADY, streamed=False))

    assert (found.kind, found.measure) == ("cold-first-call", "whole answer")


def test_what_failed_and_what_another_model_took_does_not_count():
    failed = answers(*[9.0] * 6, outcome=Outcome.FAILED)

    assert kinds([*failed, *answers(*STEADY)]) == []
    assert kinds([v for n in range(8) for v in answers(STEADY[n], model=f"m{n}")]) == []


def test_times_that_grow_with_the_calls_under_way_are_queueing():
    # Six waves of four: each answer waits for those that came just before it.
    starts = [wave * 10 + n * 0.01 for wave in range(6) for n in range(4)]
    waits = [0.3 * (1 + n) for _ in range(6) for n in range(4)]

    (found,) = timing_findings(answers(*waits, start=starts))

    assert found.kind == "queueing-under-load"
    assert found.worst_s > 2 * found.usual_s
    assert "calls under way" in found.saw


def test_times_that_do_not_grow_with_the_load_are_not():
    starts = [wave * 10 + n * 0.01 for wave in range(6) for n in range(4)]

    assert kinds(answers(*[0.5, 0.9, 0.6, 0.7] * 6, start=starts)) == []


def test_the_summary_of_a_run_holds_them():
    assert [f.kind for f in summarize(answers(8.0, *STEADY)).timing] == ["cold-first-call"]


NUMBERS = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=30)


@given(NUMBERS)
def test_a_rank_correlation_is_one_with_itself_and_turns_with_the_order(values):
    varied = len(set(values)) > 1

    assert rank_correlation(values, values) == pytest.approx(1.0 if varied else 0.0)
    assert rank_correlation(values, [-v for v in values]) == pytest.approx(-1.0 if varied else 0.0)
