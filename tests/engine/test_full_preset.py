"""The `full` preset against the real engine, directly and through our backend."""

import pytest
from benchmarks.real_parts.asked import (
    ENGINE_KEY,
    ask,
    backend_before,
    engine_itself,
    through_backend,
)
from tests.tiny_model import BY_LOT, SOUND, WEAK, told, wrong

from gatewayz import engine
from gatewayz.core import Culprit, Outcome
from gatewayz.measure import summarize
from gatewayz.probes import PROBES

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def both(needs_engine):
    """The verdicts of each probe, by way."""
    with engine.running("tiny", api_key=ENGINE_KEY) as url, backend_before(url) as backend:
        return {"direct": ask(engine_itself(url)), "api": ask(through_backend(backend))}


@pytest.fixture(params=["direct", "api"])
def verdicts(both, request):
    return both[request.param]


def test_what_it_can_do_passes_and_what_it_cannot_is_named_and_laid_on_the_model(verdicts):
    assert wrong(verdicts) == []


def test_no_probe_ends_without_a_state_and_a_reason(verdicts):
    assert set(verdicts) == set(PROBES)
    for probe, verdict in verdicts.items():
        assert verdict.outcome is not Outcome.UNKNOWN, (probe, verdict.reason)
        if verdict.outcome is Outcome.SKIPPED:
            assert verdict.reason, probe


def test_a_model_without_eyes_is_not_shown_pictures(verdicts):
    assert verdicts["vision"].outcome is Outcome.SKIPPED
    assert "its catalogue lists no vision" in verdicts["vision"].reason


def test_a_wrong_key_and_a_broken_body_are_refused_for_what_they_are(verdicts):
    for probe in ("wrong_key", "malformed_body"):
        assert verdicts[probe].outcome is Outcome.PASSED, told(verdicts[probe])


def test_an_engine_that_answers_to_any_name_is_told_so(verdicts):
    found = verdicts["made_up_model"].failure

    assert (found.kind, found.culprit) == ("unknown-model-accepted", Culprit.GATEWAY)


def test_each_probe_is_held_to_something(both):
    assert {*SOUND, *WEAK, "vision", "wrong_key", "malformed_body", "made_up_model"} == set(PROBES)


def test_both_ways_agree(both):
    differences = summarize([v for way in both.values() for v in way.values()]).differences

    # A code word drawn by lot may move the model to another wrong answer.
    assert [
        (d.probe, d.direct, d.api)
        for d in differences
        if d.probe not in BY_LOT and not d.points_at.startswith("the model")
    ] == []
