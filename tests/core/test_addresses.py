"""A bare 404 in view of what else is served at the address."""

import pytest

from gatewayz.core import Attempt, Case, ChatRequest, Model, Observation, Outcome, Reply, Verdict
from gatewayz.core.addresses import Addresses
from gatewayz.core.failures import failure

CHAT = "http://x/v1/chat/completions"


def seen(model, status, url, way, listed):
    case = Case(gateway="g", probe="chat", model=Model(id=model, listed=listed), way=way)
    attempt = Attempt(status=status, url=url, had_key=True, reply=Reply(text="hi"))
    return Observation(case=case, request=ChatRequest(messages=()), attempts=(attempt,))


def served(model="a", url=CHAT, way="direct"):
    return Verdict(observation=seen(model, 200, url, way, True), outcome=Outcome.PASSED)


def lost(model="b", *, status=404, listed=True, kind="endpoint-not-found"):
    found = failure(kind, "Not Found")
    observation = seen(model, status, CHAT, "direct", listed)
    return Verdict(observation=observation, outcome=Outcome.FAILED, failure=found)


def kinds(verdicts):
    return [v.failure.kind if v.failure else "" for v in verdicts]


def test_where_another_model_was_served_the_model_is_missing():
    addresses = Addresses()
    addresses.reached(served())

    assert kinds(addresses.reached(lost())) == ["listed-not-servable"]
    assert kinds(addresses.reached(lost(listed=False))) == ["model-not-found"]


def test_the_first_waits_for_those_after_it():
    addresses = Addresses()
    addresses.expect(v.observation.case for v in (lost("b"), served("a")))

    assert addresses.reached(lost("b")) == ()
    assert kinds(addresses.reached(served("a"))) == ["", "listed-not-servable"]
    assert addresses.rest() == ()


@pytest.mark.parametrize("models", ["ab", "abcdef"])
def test_where_no_model_is_served_it_is_the_route_and_nothing_waits_for_long(models):
    addresses = Addresses()
    addresses.expect(lost(model).observation.case for model in models)

    told = [kinds(addresses.reached(lost(model))) for model in models]

    assert [kind for some in told for kind in some] == ["endpoint-not-found"] * len(models)
    assert all(told[2:])


def test_what_waits_in_vain_is_told_in_the_end():
    addresses = Addresses()
    addresses.expect(lost(model).observation.case for model in "abc")

    assert addresses.reached(lost("a")) == ()
    assert kinds(addresses.rest()) == ["endpoint-not-found"]


@pytest.mark.parametrize(
    "other", [served(url="http://x/v1/models/a"), served(way="api"), served("b")]
)
def test_an_answer_elsewhere_or_by_the_same_model_says_nothing(other):
    addresses = Addresses()
    addresses.reached(other)

    assert kinds(addresses.reached(lost("b"))) == ["endpoint-not-found"]


@pytest.mark.parametrize("refusal", [lost(status=405), lost(kind="model-not-found")])
def test_any_other_refusal_stays_what_it_is(refusal):
    addresses = Addresses()
    addresses.reached(served())

    assert addresses.reached(refusal) == (refusal,)


def test_answers_that_are_told_beforehand_count_too():
    addresses = Addresses()
    addresses.note(served())

    assert kinds(addresses.reached(lost())) == ["listed-not-servable"]
