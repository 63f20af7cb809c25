"""Requests that are wrong on purpose: a refusal for the right reason is what passes."""

import dataclasses

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    ChatRequest,
    Culprit,
    ErrorBody,
    FaultName,
    Model,
    MustRefuse,
    Observation,
    Outcome,
    Phase,
    Reply,
    WireFault,
)
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge, wants_a_control

KEY = MustRefuse(classes=("auth", "permission"), accepted="wrong-key-accepted", about="key")
BODY = MustRefuse(classes=("bad-request",), accepted="malformed-body-accepted", about="body")


def verdict(attempt, wanted=KEY, way="direct"):
    case = Case(gateway="g", probe="wrong_key", model=Model(id="m"), way=way)
    request = ChatRequest(messages=(), must_refuse=wanted)
    return judge(Observation(case=case, request=request, attempts=(attempt,)), ((),), Quirks())


def refused(status, message, **more):
    return Attempt(
        status=status, had_key=True, body_bytes=20, error=ErrorBody(message=message, shape="error"), **more
    )  # fmt: skip


def test_a_refusal_of_the_right_class_passes():
    assert verdict(refused(401, "Incorrect API key provided")).outcome is Outcome.PASSED
    assert verdict(refused(403, "Forbidden: no access")).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("reply", "saw"), [(Reply(text="hello"), "hello"), (Reply(), "taken without a word")]
)
def test_an_answer_fails_and_is_the_evidence(reply, saw):
    found = verdict(Attempt(status=200, reply=reply))

    assert (found.outcome, found.failure.kind) == (Outcome.FAILED, "wrong-key-accepted")
    assert saw in found.failure.evidence


def test_a_refusal_for_another_reason_fails_and_says_both():
    found = verdict(refused(404, "The model does not exist"))

    assert found.failure.kind == "refused-as-something-else"
    assert "model-not-found (HTTP 404) for auth or permission" in found.failure.evidence
    assert [other.kind for other in found.also] == ["model-not-found"]


@pytest.mark.parametrize("status", [400, 422])
def test_to_a_broken_body_the_status_is_answer_enough(status):
    assert verdict(refused(status, "model not found"), BODY).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("attempt", "kind", "outcome"),
    [
        (refused(503, "overloaded"), "overloaded", Outcome.FAILED),
        (refused(429, "slow down"), "rate-limit-no-hint", Outcome.FAILED),
        (refused(402, "no credit left"), "billing-no-credit", Outcome.FAILED),
    ],
)
def test_a_server_that_is_down_or_limits_us_says_nothing_of_refusals(attempt, kind, outcome):
    found = verdict(attempt)

    assert (found.outcome, found.failure.kind) == (outcome, kind)


def test_a_backend_that_cannot_be_reached_is_named_here_too():
    fault = WireFault(name=FaultName.REFUSED, phase=Phase.CONNECT)

    assert verdict(Attempt(fault=fault), way="api").failure.culprit is Culprit.BACKEND


# Beside a refusal of which nothing shows what it is for, a sound request is put.
NOT_FOUND = refused(404, "Not Found")
PAGE = Attempt(
    status=403, had_key=True, error=ErrorBody(message="<html>403 Forbidden</html>", shape="html")
)
MODEL = MustRefuse(
    classes=("not-found", "permission"), accepted="unknown-model-accepted", about="model"
)
SOUND = Attempt(status=200, reply=Reply(text="hello", finish_reason="stop"))
LOST = Attempt(fault=WireFault(name=FaultName.RESET, phase=Phase.HEADERS))


def with_control(before, beside, wanted=KEY, sound=None):
    """What comes of a refusal and of what the sound request beside it met with."""
    sound = sound or ChatRequest(messages=(), control=True)
    request = ChatRequest(messages=(), must_refuse=wanted)
    attempts = (before, dataclasses.replace(beside, step=1))
    case = Case(gateway="g", probe="wrong", model=Model(id="m"))
    seen = Observation(case=case, request=request, then=(sound,), attempts=attempts)
    return judge(seen, ((), ()), Quirks())


@pytest.mark.parametrize(
    ("attempt", "wanted", "wants"),
    [
        (NOT_FOUND, MODEL, True),
        (PAGE, KEY, True),
        (refused(404, "The model `zeta` does not exist"), MODEL, False),
        (refused(401, "Incorrect API key provided"), KEY, False),
        (SOUND, KEY, False),
        (NOT_FOUND, None, False),
        (None, KEY, False),
    ],
)
def test_a_control_is_wanted_where_a_refusal_gives_no_reason(attempt, wanted, wants):
    request = ChatRequest(messages=(), must_refuse=wanted)
    attempts = () if attempt is None else (attempt,)
    case = Case(gateway="g", probe="p", model=Model(id="m"))
    seen = Observation(case=case, request=request, attempts=attempts)

    assert wants_a_control(seen, Quirks()) is wants


def test_a_bare_refusal_alone_says_nothing():
    found = verdict(NOT_FOUND, MODEL)

    assert (found.outcome, found.failure.kind) == (Outcome.UNKNOWN, "endpoint-not-found")
    assert "and it gives no reason" in found.reason


def test_a_bare_refusal_beside_a_sound_answer_passes_and_warns():
    found = with_control(NOT_FOUND, SOUND, MODEL)

    assert found.outcome is Outcome.PASSED
    assert "a sound request was answered" in found.warnings[0].saw


def test_a_bare_refusal_that_a_sound_request_meets_with_too_is_what_failed():
    found = with_control(NOT_FOUND, NOT_FOUND, MODEL)

    assert (found.outcome, found.failure.kind) == (Outcome.FAILED, "endpoint-not-found")


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (refused(500, "Internal server error"), "refused as well: server-500-json"),
        (LOST, "lost on the way"),
    ],
)
def test_beside_a_bare_refusal_another_failure_shows_nothing(beside, told):
    found = with_control(NOT_FOUND, beside, MODEL)

    assert (found.outcome, told in found.reason) == (Outcome.UNKNOWN, True)


RIGHT = refused(401, "Incorrect API key provided")


@pytest.mark.parametrize(
    ("beside", "outcome", "told"),
    [
        (SOUND, Outcome.PASSED, ""),
        (refused(402, "no credit left"), Outcome.PASSED, ""),
        (RIGHT, Outcome.UNKNOWN, "a sound request is refused in the same way"),
        (LOST, Outcome.UNKNOWN, "a sound request was lost on the way"),
    ],
)
def test_a_sound_request_must_not_meet_with_the_same_refusal(beside, outcome, told):
    found = with_control(RIGHT, beside)

    assert (found.outcome, told in found.reason) == (outcome, True)


def test_a_control_beside_nothing_that_is_wrong_is_no_test():
    assert with_control(SOUND, NOT_FOUND, wanted=None).outcome is Outcome.PASSED
