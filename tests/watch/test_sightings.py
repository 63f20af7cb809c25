"""What verdicts and model lists say of whom is watched."""

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    Culprit,
    Finding,
    Model,
    Observation,
    Outcome,
    Verdict,
)
from gatewayz.core.failures import failure
from gatewayz.core.verdict import Failure
from gatewayz.watch import list_sightings, sighting
from gatewayz.watch.sightings import level_of


def verdict(outcome, found=None, *, status=200, model="llama", warnings=(), first=None):
    case = Case(gateway="groq", probe="chat", model=Model(id=model) if model else None)
    attempt = Attempt(url="https://api.example/v1", status=status)
    return Verdict(
        observation=Observation(case=case, attempts=(attempt,)),
        outcome=outcome,
        failure=found,
        warnings=warnings,
        first_outcome=first,
    )


def of(culprit):
    return Failure(kind=None, failure_class="server-error", culprit=culprit)


@pytest.mark.parametrize(
    ("culprit", "level"),
    [
        (Culprit.GATEWAY, "bad"), (Culprit.MODEL, "bad"), (Culprit.BACKEND, "bad"),
        (Culprit.FEATURE, "bad"), (Culprit.RATE_LIMIT, "poor"), (Culprit.KEY, "blind"),
        (Culprit.BILLING, "blind"), (Culprit.PROBE, None), (Culprit.NETWORK, None),
    ],
)  # fmt: skip
def test_whose_fault_it_is_decides_what_a_failure_says(culprit, level):
    assert level_of(verdict(Outcome.FAILED, of(culprit)))[0] == level


def test_every_culprit_has_a_say():
    for culprit in Culprit:
        level_of(verdict(Outcome.FAILED, of(culprit)))


def test_skipped_and_unknown_cases_say_nothing():
    assert level_of(verdict(Outcome.SKIPPED))[0] is None
    assert level_of(verdict(Outcome.UNKNOWN, of(Culprit.GATEWAY)))[0] is None


def test_a_backend_of_ones_own_that_is_silent_is_down():
    assert level_of(verdict(Outcome.UNKNOWN, of(Culprit.BACKEND)))[0] == "bad"


def test_a_slow_or_a_second_answer_is_poor_and_an_odd_one_is_good():
    slow = Finding(kind="slow-stream", failure_class="performance", warning=True)
    odd = Finding(kind="usage-missing", warning=True)

    assert level_of(verdict(Outcome.PASSED, warnings=(slow,))) == ("poor", "slow-stream")
    assert level_of(verdict(Outcome.PASSED, warnings=(odd,)))[0] == "good"
    assert level_of(verdict(Outcome.PASSED, first=Outcome.FAILED)) == ("poor", "retried")


def test_the_reason_of_a_poor_answer_is_what_makes_it_poor(watching):
    slow = Finding(kind="slow-stream", failure_class="performance", warning=True, saw="3.0 s")
    odd = Finding(kind="usage-missing", warning=True, saw="none")
    late = verdict(Outcome.PASSED, warnings=(odd, slow))
    retried = verdict(Outcome.PASSED, warnings=(odd,), first=Outcome.FAILED, status=500)

    assert sighting(late, watching.noon).reason == "slow-stream: 3.0 s"
    assert (
        sighting(retried, watching.noon).reason == "passed only after another try, after HTTP 500"
    )


def test_a_reason_names_the_status_and_the_kind_and_moves_no_terminal(watching):
    found = failure("model-not-found", "no \x1b[31msuch model")
    seen = sighting(verdict(Outcome.FAILED, found, status=404), watching.noon)

    assert seen.reason.startswith("HTTP 404 model-not-found: no ")
    assert "\x1b" not in seen.reason


def listed(watching, read, names=("a", "b"), watched=("a", "z")):
    target = watching.target("groq", "")
    found = list_sightings(target, read, names, watched, watching.noon)
    return {
        (one.target.model, one.target.probe): one.level.value if one.level else None
        for one in found
    }


def test_a_list_that_was_read_tells_who_is_on_it(watching):
    assert listed(watching, None) == {
        ("", "reachable"): "good", ("", "listed"): "good",
        ("a", "listed"): "good", ("z", "listed"): "poor",
    }  # fmt: skip


def test_a_list_that_was_not_read_says_nothing_of_models(watching):
    broken = verdict(Outcome.FAILED, of(Culprit.GATEWAY), status=404, model=None)

    assert listed(watching, broken) == {("", "reachable"): "good", ("", "listed"): "poor"}


@pytest.mark.parametrize("status", [None, 500, 503])
def test_a_host_that_is_silent_or_in_trouble_is_not_reached(watching, status):
    broken = verdict(Outcome.FAILED, of(Culprit.GATEWAY), status=status, model=None)

    assert listed(watching, broken)["", "reachable"] == "bad"


def test_a_refused_key_does_not_tell_whether_a_host_is_well(watching):
    refused = verdict(Outcome.FAILED, of(Culprit.KEY), status=401, model=None)

    assert listed(watching, refused)["", "reachable"] == "blind"
