"""A provider that says the same to everybody passes no probe that claims more than delivery."""

import asyncio
from collections import Counter

import pytest
from tests.probes.canned import ECHO, answering_all_with
from tests.probes.conftest import Bench

from gatewayz.core import Model, Outcome
from gatewayz.probes import PROBES

SEEDS = range(6)
STORY = "Once upon a time an old ferry crossed the bay, and nobody saw it come back."
COUNTED = ", ".join(map(str, range(1, 17)))
OSLO = [
    {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Oslo", "unit": "celsius"}'},
    }
]
# What each of them says to everybody.
PROVIDERS = {
    "the test answer": {"text": "Test successful"},
    "a story": {"text": STORY},
    "an object": {"text": '{"name": "Bob"}'},
    "a greeting": {"text": "Hello! 👋 How can I help you today?"},
    "a call": {"text": "", "calls": OSLO},
    "numbers to 16": {"text": COUNTED},
    "numbers, cut off": {"text": "1, 2, 3, 4, 5, 6,", "finish_reason": "length", "said": 16},
    "more numbers, cut off": {"text": COUNTED, "finish_reason": "length", "said": 24},
    "three choices": {"text": "Test successful", "choices": 3},
}
# Those whose pass says no more than that something came.
OF_DELIVERY = {"chat", "streaming", "identity", "logprobs"}
OF_REFUSALS = {"wrong_key", "made_up_model", "malformed_body"}
# Their counts give them away besides, which is not what these tests are about.
BESIDE = {"usage-implausible", "usage-inconsistent"}
# A stop text drawn from ten numbers is now and then the one behind what was canned.
LUCK = {("stop_sequences", "numbers to 16"): 1}


@pytest.fixture(scope="module")
def put():
    """Verdicts of a probe over such a provider, one for each seed."""

    def run(probe, provider, seeds=SEEDS):
        async def go(gateway):
            bench = Bench({}, lambda _: None)
            try:
                cases = (bench.asked(probe, gateway, Model(id="falcon-7b"), s) for s in seeds)
                return await asyncio.gather(*cases)
            finally:
                await bench.client.aclose()

        with answering_all_with(**provider) as gateway:
            return asyncio.run(go(gateway))

    return run


def told(verdict):
    """The outcome and the names of what was found."""
    failure = [verdict.failure.label] if verdict.failure else []
    return verdict.outcome, {*failure, *(w.kind for w in verdict.warnings)}


@pytest.mark.parametrize(
    ("probe", "provider", "outcome", "name"),
    [
        ("json_object", {"text": '{"name": "Bob"}'}, Outcome.FAILED, "not-as-asked"),
        ("json_object", {"text": "{}"}, Outcome.FAILED, "not-as-asked"),
        ("determinism", {"text": STORY}, Outcome.FAILED, "stale-cached-answer"),
        ("determinism", {"text": "Paris"}, Outcome.FAILED, "stale-cached-answer"),
        ("determinism", {"text": "Test successful"}, Outcome.FAILED, "stale-cached-answer"),
        ("usage", {"text": "Test successful"}, Outcome.PASSED, "usage-implausible"),
        ("usage", {"text": "Test successful", "prompt_tokens": 110}, Outcome.PASSED,
         "usage-implausible"),
        ("usage", {"text": "Test successful", "prompt_tokens": 900}, Outcome.PASSED,
         "usage-implausible"),
        ("system_prompt", {"text": ECHO}, Outcome.FAILED, "not-as-asked"),
        ("multi_turn", {"text": ECHO}, Outcome.FAILED, "not-as-asked"),
        ("unicode", {"text": "Test successful"}, Outcome.FAILED, "not-as-asked"),
        ("n_choices", {"text": "Test successful", "choices": 2}, Outcome.FAILED, "n-ignored"),
        ("n_choices", {"text": "Test successful", "choices": 3}, Outcome.FAILED, "n-ignored"),
    ],
)  # fmt: skip
def test_a_canned_answer_is_told_by_its_name(put, probe, provider, outcome, name):
    for verdict in put(probe, provider):
        came, names = told(verdict)

        assert (came, name in names) == (outcome, True), (names, verdict.failure)


@pytest.mark.parametrize(
    "refusal",
    [
        (401, "Incorrect API key provided"),
        (404, "The model does not exist"),
        (400, "We could not parse the JSON body of your request."),
        (403, "Forbidden"),
    ],
)
@pytest.mark.parametrize("probe", sorted(OF_REFUSALS))
def test_who_refuses_everything_passes_no_refusal(put, probe, refusal):
    (verdict,) = put(probe, {"refusal": refusal}, seeds=[1])

    assert verdict.outcome is not Outcome.PASSED


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("probe", sorted({*PROBES} - OF_DELIVERY - OF_REFUSALS - {"usage"}))
def test_no_canned_answer_passes_without_a_word(put, probe, provider):
    clean = Counter()
    for verdict in put(probe, PROVIDERS[provider]):
        outcome, names = told(verdict)
        clean[outcome is Outcome.PASSED and not names - BESIDE] += 1

    assert clean[True] <= LUCK.get((probe, provider), 0)
