"""Questions that are wrong on purpose: a passing hiccup is tried again before anything is said."""

import pytest

from gatewayz.core import Outcome
from gatewayz.probes import PROBES

RIGHT = {
    "made_up_model": (404, "The model does not exist"),
    "malformed_body": (400, "unexpected end of JSON input"),
    "wrong_key": (401, "Incorrect API key provided"),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("gatewayz.runner.retries.FIRST_WAIT_S", 0.001)


@pytest.fixture
def verdict_over(memory):
    """The verdict on one probe whose wrong question meets with these answers in turn, the last one
    for ever, and how often that was put. A sound question is answered.
    """

    def ask(probe, *answers, retries=2):
        def answer(gateway, model_id, number):
            if executor.requests[-1].control:
                return memory.good(number)
            status, message = answers[min(number, len(answers)) - 1]
            return memory.refused(status, number, message=message)

        executor = memory.Memory(["m"], answer)
        order = memory.order(memory.lane("g"), probes=(PROBES[probe],), retries=retries)
        seen = memory.run(order, executor)
        return seen.verdicts[0], sum(not request.control for request in executor.requests)

    return ask


@pytest.mark.parametrize("probe", RIGHT)
@pytest.mark.parametrize("hiccup", [(500, "Internal server error"), (500, ""), (503, "overloaded")])
def test_a_hiccup_before_the_right_refusal_is_no_failure(verdict_over, probe, hiccup):
    found, tries = verdict_over(probe, hiccup, RIGHT[probe])

    assert (found.outcome, tries) == (Outcome.PASSED, 2)
    assert found.first_outcome is Outcome.FAILED
    assert "retry-masked-latency" in [warning.kind for warning in found.warnings]


@pytest.mark.parametrize("probe", RIGHT)
def test_a_server_that_breaks_down_each_time_refused_it_as_something_else(verdict_over, probe):
    found, tries = verdict_over(probe, (500, "Internal server error"))

    assert (found.failure.kind, tries) == ("refused-as-something-else", 3)
    assert "server-500-json" in found.failure.evidence


def test_what_another_try_cannot_change_is_not_asked_twice(verdict_over):
    found, tries = verdict_over("wrong_key", RIGHT["made_up_model"])

    assert (found.failure.kind, tries) == ("refused-as-something-else", 1)


def test_without_retries_a_hiccup_is_the_verdict(verdict_over):
    found, tries = verdict_over("wrong_key", (500, "Internal error"), RIGHT["wrong_key"], retries=0)

    assert (found.failure.kind, tries) == ("refused-as-something-else", 1)


def test_what_a_hiccup_hid_is_told(verdict_over):
    found, _ = verdict_over("wrong_key", (500, "Internal error"), RIGHT["made_up_model"])

    assert "model-not-found" in found.failure.evidence


def controls(executor):
    return sum(request.control for request in executor.requests)


@pytest.mark.parametrize("probe", RIGHT)
def test_a_server_that_refuses_a_sound_question_alike_passes_no_refusal(memory, probe):
    status, message = RIGHT[probe]
    executor = memory.Memory(["m"], lambda *_: memory.refused(status, message=message))
    seen = memory.run(memory.order(memory.lane("g"), probes=(PROBES[probe],)), executor)

    (verdict,) = seen.verdicts
    assert verdict.outcome is Outcome.UNKNOWN
    assert "a sound request is refused in the same way" in verdict.reason
    assert controls(executor) == 1


@pytest.mark.parametrize("probe", RIGHT)
@pytest.mark.parametrize("met", [(500, "Internal server error"), (429, "slow down"), (402, "pay")])
def test_a_sound_question_that_meets_with_something_else_shows_the_difference(memory, probe, met):
    def answer(*_):
        status, message = met if executor.requests[-1].control else RIGHT[probe]
        return memory.refused(status, message=message)

    executor = memory.Memory(["m"], answer)
    seen = memory.run(memory.order(memory.lane("g"), probes=(PROBES[probe],)), executor)

    assert seen.verdicts[0].outcome is Outcome.PASSED


@pytest.mark.parametrize("probe", RIGHT)
def test_where_a_sound_question_was_answered_no_other_is_put(memory, probe):
    def answer(*_):
        if executor.requests[-1].must_refuse is None:
            return memory.good()
        status, message = RIGHT[probe]
        return memory.refused(status, message=message)

    executor = memory.Memory(["m"], answer)
    lane = memory.lane("g", concurrency=1)
    seen = memory.run(memory.order(lane, probes=(memory.PROBE, PROBES[probe])), executor)

    assert [v.outcome for v in seen.verdicts] == [Outcome.PASSED] * 2
    assert (len(executor.requests), controls(executor)) == (2, 0)


def test_a_sound_question_that_is_lost_shows_nothing(memory):
    def answer(*_):
        if executor.requests[-1].control:
            return memory.unreached()
        return memory.refused(401, message="Incorrect API key provided")

    executor = memory.Memory(["m"], answer)
    order = memory.order(memory.lane("g"), probes=(PROBES["wrong_key"],), retries=0)
    (verdict,) = memory.run(order, executor).verdicts

    assert verdict.outcome is Outcome.UNKNOWN
    assert "lost on the way" in verdict.reason
