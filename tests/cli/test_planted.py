"""Whether the demo found just what was planted."""

from dataclasses import replace

import pytest

from gatewayz.cli.planted import PLANTED, Comparison
from gatewayz.core import Case, ChatRequest, Model, MustRefuse, Observation, Outcome, Verdict
from gatewayz.core.failures import failure
from gatewayz.simulator import Simulator

WRONG = MustRefuse(classes=("auth",), accepted="wrong-key-accepted", about="key")


def verdict(gateway, model, kind="", *, probe="chat", way="direct", **asked):
    case = Case(gateway=gateway, probe=probe, way=way, model=Model(id=model))
    return Verdict(
        observation=Observation(case=case, request=ChatRequest(messages=(), **asked)),
        outcome=Outcome.FAILED if kind else Outcome.PASSED,
        failure=failure(kind, "words") if kind else None,
    )


def as_planted(way="direct"):
    """One verdict for each plant."""
    return [
        verdict(plant.gateway, plant.model.replace("*", "m"), plant.fault, way=way)
        for plant in PLANTED
    ]


def compared(*verdicts):
    return Comparison(verdicts, Simulator())


def test_each_fault_on_each_way_and_sound_answers_are_as_planted():
    both = [
        *as_planted(),
        *as_planted("api"),
        verdict("groq", "m"),
        verdict("groq", "m", way="api"),
    ]

    found = compared(*both)

    assert found.as_planted
    assert "  portkey / @xai/*: server-error-in-200 (2)" in found.lines()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (verdict("groq", "m", "overloaded"), "groq / m / chat (direct): overloaded, where nothing"),
        (verdict("fireworks", "m"), "fireworks / m / chat (direct): passed, though billing-no-"),
        (verdict("fireworks", "m", "overloaded"), "overloaded, where billing-no-credit was planted"),
        (verdict("local", "tiny", "overloaded"), "local / tiny / chat (direct): overloaded"),
        (verdict("groq", "m", way="api"), "fireworks (api): billing-no-credit was planted and not"),
    ],
)  # fmt: skip
def test_anything_else_is_told_and_is_not_as_planted(more, told):
    found = compared(*as_planted(), more)

    assert not found.as_planted
    assert any(told in line for line in found.lines())


def test_nothing_found_is_not_as_planted():
    assert not compared().as_planted
    assert not compared(verdict("groq", "m")).as_planted


@pytest.mark.parametrize(
    ("missed", "fine"),
    [
        (verdict("fireworks", "m", probe="wrong_key", must_refuse=WRONG), True),
        (verdict("featherless", "moonshotai/m", probe="streaming", stream=True), True),
        (verdict("fireworks", "m", probe="streaming", stream=True), False),
    ],
)
def test_a_fault_that_cannot_come_into_play_is_not_missed(missed, fine):
    assert compared(*as_planted(), missed).as_planted is fine


def test_what_a_model_does_not_offer_is_told_apart_from_what_was_planted():
    cards = Simulator().shelf("groq")
    blind = next(card.id for card in cards if "vision" not in card.features)
    refused = verdict(
        "groq", blind, "no-endpoint-supports-feature", probe="vision", feature="vision"
    )
    small = verdict("local", "tiny", "system-prompt-ignored", probe="system_prompt")
    case = replace(refused.observation.case, gateway="google", model=Model(id=seeing()))
    liar = replace(refused, observation=replace(refused.observation, case=case))

    found = compared(*as_planted(), refused, small)

    assert found.as_planted
    assert "  vision: asked of models that do not offer it (1)" in found.lines()
    assert not compared(*as_planted(), liar).as_planted


def seeing():
    """A model of the simulated Google that reads images."""
    return next(card.id for card in Simulator().shelf("google") if "vision" in card.features)
