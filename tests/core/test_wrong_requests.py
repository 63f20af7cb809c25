"""Requests that are wrong on purpose: a refusal for the right reason is what passes."""

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
    judge,
)
from gatewayz.core.gateway import Quirks

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
