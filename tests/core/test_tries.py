"""What several tries at one question say together."""

from dataclasses import replace

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    ChatRequest,
    ErrorBody,
    FaultName,
    Model,
    Observation,
    Outcome,
    Phase,
    Reply,
    Timing,
    WireFault,
)
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge

LISTED = Model(id="Acme/Big-70B", listed=True)
ABSENT = "The model does not exist or you do not have access to it"


def verdict(*attempts, model=LISTED, model_id=""):
    case = Case(gateway="g", probe="chat", model=model)
    request = ChatRequest(messages=(), model_id=model_id)
    seen = Observation(case=case, request=request, attempts=attempts)
    return judge(seen, ((),), Quirks())


def answered(asked="", total_s=None):
    reply = Reply(text="hi", finish_reason="stop")
    return Attempt(status=200, asked=asked, reply=reply, timing=Timing(total_s=total_s))


def refused(status=404, message="The model does not exist", *, asked="", total_s=None, **error):
    return Attempt(
        status=status, asked=asked, had_key=True, body_bytes=40, timing=Timing(total_s=total_s),
        error=ErrorBody(message=message, shape="error", **error),
    )  # fmt: skip


def warnings(found):
    return [finding.kind for finding in found.warnings]


def test_a_listed_model_that_is_refused_again_and_again_is_not_servable():
    assert verdict(refused()).failure.kind == "model-not-found"
    assert verdict(refused(), refused()).failure.kind == "listed-not-servable"


def test_a_model_that_no_list_names_is_only_not_found():
    for model in (Model(id="x"), Model(id="x", listed=False), None):
        assert verdict(refused(), refused(), model=model).failure.kind == "model-not-found"


def test_another_failure_before_a_refusal_is_no_second_refusal():
    busy = refused(500, "internal server error")

    assert verdict(busy, refused()).failure.kind == "model-not-found"


def test_of_absent_or_no_access_the_half_counts_that_the_list_allows():
    unlisted = Model(id="x", listed=False)

    assert verdict(refused(message=ABSENT)).failure.kind == "permission-model-not-in-plan"
    assert verdict(refused(message=ABSENT), model=unlisted).failure.kind == "model-not-found"


def test_of_another_spelling_of_a_listed_id_absence_holds():
    other = refused(message=ABSENT, asked="acme/big-70b")

    assert verdict(other).failure.kind == "model-not-found"
    assert verdict(refused(), other).failure.kind == "listed-not-servable"


def test_a_forbidden_model_is_never_an_absent_one():
    forbidden = refused(403, ABSENT)

    assert verdict(forbidden, model=Model(id="x")).failure.kind == "permission-model-not-in-plan"


@pytest.mark.parametrize("asked", ["", LISTED.id])
def test_an_answer_under_the_listed_id_needs_no_word(asked):
    assert warnings(verdict(answered(asked))) == []


def test_an_answer_of_a_model_that_no_list_names_is_told():
    found = verdict(answered(), model=Model(id="x", listed=False))

    assert found.outcome is Outcome.PASSED
    assert warnings(found) == ["servable-not-listed"]


def test_a_made_up_model_that_answers_is_not_held_against_the_list():
    found = verdict(answered("made-up"), model=Model(id="x", listed=False), model_id="made-up")

    assert warnings(found) == []


def test_an_id_that_differs_in_case_alone_is_a_warning():
    found = verdict(answered("acme/big-70b"))

    assert found.outcome is Outcome.PASSED
    assert warnings(found) == ["id-case-mismatch"]


def test_an_id_that_is_another_one_fails_the_list():
    found = verdict(answered("acme/big-70b-v2"))

    assert found.failure.kind == "listed-id-differs"
    assert "acme/big-70b-v2" in found.failure.evidence


def test_what_earlier_tries_met_with_stands_beside_the_answer():
    busy = refused(429, "slow down", total_s=1.0)

    found = verdict(busy, answered(total_s=0.25))

    assert (found.outcome, found.first_outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert warnings(found) == ["rate-limit-no-hint", "retry-masked-latency"]
    assert "all tries took 1.25s, the last 0.25s" in found.warnings[-1].saw


def test_a_failure_that_passed_leaves_only_the_time_it_took():
    assert warnings(verdict(refused(500, "oops"), answered())) == ["retry-masked-latency"]


def test_asking_a_sound_model_in_another_form_is_no_retry():
    first = refused(400, "unsupported parameter", code="unsupported_parameter", param="max_tokens")
    first = replace(first, body={"max_tokens": 5})
    otherwise = replace(answered(), body={"max_completion_tokens": 5})

    assert warnings(verdict(first, otherwise)) == []
    assert warnings(verdict(first, replace(answered(), body=first.body))) == [
        "retry-masked-latency"
    ]


def test_asking_a_model_that_only_streams_for_a_stream_is_no_retry():
    first = refused(400, "This model only supports streaming, set stream to true")

    found = verdict(first, answered())

    assert (found.outcome, warnings(found)) == (Outcome.PASSED, [])


def test_what_an_idle_connection_lost_is_no_retry():
    fault = WireFault(name=FaultName.CLOSED, phase=Phase.HEADERS)
    lost = Attempt(fault=fault, reused_connection=True)

    assert warnings(verdict(lost, answered())) == []
    fresh = replace(lost, reused_connection=False)
    assert warnings(verdict(fresh, answered())) == ["retry-masked-latency"]


def loading(estimate, **more):
    return refused(503, "Model is currently loading", retry_after_s=estimate, **more)


def test_another_failure_between_them_says_that_loading_may_yet_end():
    tries = [loading(20), refused(500, "oops"), loading(20)]

    assert verdict(*tries).failure.kind == "cold-start-503"
