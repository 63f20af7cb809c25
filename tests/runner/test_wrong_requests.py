"""Questions that are wrong on purpose: a passing hiccup is tried again before anything is said."""

from dataclasses import replace

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


BARE = {
    "made_up_model": (404, "Not Found"),
    "malformed_body": (400, "<html>Bad Request</html>"),
    "wrong_key": (403, "<html>403 Forbidden</html>"),
}


@pytest.fixture
def barely_refused(memory):
    """The verdicts where a wrong request meets with a refusal that gives no reason, and a sound one
    with `sound`; and how many controls were put. With `after` another probe is answered before.
    """

    def ask(probe, sound, after=False):
        def answer(model_id, number, *_):
            if executor.requests[-1].must_refuse is None:
                return sound()
            status, text = BARE[probe]
            refused = memory.refused(status, message=text)
            shape = "html" if text.startswith("<") else "error"
            return replace(refused, error=replace(refused.error, shape=shape))

        executor = memory.Memory(["m"], answer)
        probes = (*((memory.PROBE,) if after else ()), PROBES[probe])
        lane = memory.lane("g", concurrency=1)
        seen = memory.run(memory.order(lane, probes=probes, retries=0), executor)
        return seen.verdicts[-1], controls(executor)

    return ask


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("probe", BARE)
def test_a_refusal_without_a_reason_passes_where_a_sound_question_is_answered(
    barely_refused, memory, probe, after
):
    verdict, count = barely_refused(probe, memory.good, after)

    assert (verdict.outcome, verdict.failure, count) == (Outcome.PASSED, None, 1)
    assert [w.saw for w in verdict.warnings if "a sound request was answered" in w.saw]


@pytest.mark.parametrize("probe", BARE)
def test_what_a_sound_question_meets_with_as_well_is_the_failure(barely_refused, memory, probe):
    status, text = BARE[probe]

    def alike():
        refused = memory.refused(status, message=text)
        shape = "html" if text.startswith("<") else "error"
        return replace(refused, error=replace(refused.error, shape=shape))

    verdict, count = barely_refused(probe, alike)

    assert (verdict.outcome, count) == (Outcome.FAILED, 1)
    assert verdict.failure.label in ("endpoint-not-found", "bad-request", "permission")


@pytest.mark.parametrize("probe", BARE)
@pytest.mark.parametrize("lost", [True, False])
def test_beside_a_sound_question_that_failed_otherwise_it_is_not_known(
    barely_refused, memory, probe, lost
):
    verdict, _ = barely_refused(
        probe, memory.unreached if lost else lambda: memory.refused(500, message="Internal error")
    )

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason.startswith("nothing shows that a refusal is for what was wrong")
