"""Asked both ways, the one answer says whose fault the other is."""

from dataclasses import replace

import pytest

from gatewayz.core import Attempt, Case, Culprit, ErrorBody, Model, Observation, Outcome, Verdict
from gatewayz.core.failures import failure
from gatewayz.core.pairs import Pairs, in_view_of
from gatewayz.core.remedies import advise


def verdict(way, kind="", outcome=None, *, model="m"):
    case = Case(gateway="g", probe="chat", model=Model(id=model), way=way)
    return Verdict(
        observation=Observation(case=case),
        outcome=outcome or (Outcome.FAILED if kind else Outcome.PASSED),
        failure=failure(kind) if kind else None,
    )


def test_what_works_directly_and_fails_through_the_api_is_the_backends_doing():
    seen = in_view_of(verdict("direct"), verdict("api", "server-500-json"))

    assert seen.failure.culprit is Culprit.BACKEND
    assert seen.failure.kind == "server-500-json"


def test_the_backends_own_key_and_limits_stay_what_they_are():
    for kind in ("auth-bad-key", "billing-no-credit", "rate-limit"):
        found = verdict("api", kind)
        assert in_view_of(verdict("direct"), found) == found


def test_what_fails_both_ways_is_left_as_it_is():
    found = verdict("api", "server-500-json")

    assert in_view_of(verdict("direct", "server-500-json"), found) == found


def relayed(kind):
    """A failure through the API that the backend tells of the gateway behind it."""
    error = ErrorBody(message="busy", gateway="g", kind=kind)
    found = verdict("api", kind)
    seen = replace(found.observation, attempts=(Attempt(status=503, error=error),))
    return replace(found, observation=seen)


@pytest.mark.parametrize("kind", ["overloaded", "server-500-json", "first-byte-timeout"])
def test_what_the_gateway_has_for_a_moment_is_not_the_backends_doing(kind):
    found = relayed(kind)

    assert in_view_of(verdict("direct"), found) == found


def test_what_no_moment_explains_is_the_backends_doing_though_a_gateway_said_it():
    for kind in ("unsupported-parameter", "model-not-found", "empty-content", "dns-failure"):
        seen = in_view_of(verdict("direct"), relayed(kind))

        assert seen.failure.culprit is Culprit.BACKEND
        advice = advise(seen)
        assert advice.cause.startswith("Directly the same question was answered")
        assert "the backend that is to be mended" in advice.remedy


def test_what_hangs_both_ways_alike_is_not_the_backends():
    hanging = verdict("api", "first-byte-timeout")
    hanging = replace(hanging, failure=replace(hanging.failure, culprit=Culprit.BACKEND))

    alike = in_view_of(verdict("direct", "first-byte-timeout"), hanging)
    other = in_view_of(verdict("direct", "empty-content"), hanging)

    assert alike.failure.culprit is Culprit.GATEWAY
    assert other.failure.culprit is Culprit.BACKEND


def test_a_failure_through_the_api_waits_for_the_other_way():
    pairs = Pairs()
    api, direct = verdict("api", "empty-content"), verdict("direct")
    pairs.expect(v.observation.case for v in (api, direct))

    assert pairs.reached(api) == ()
    told = pairs.reached(direct)

    assert [v.observation.case.way for v in told] == ["direct", "api"]
    assert told[1].failure.culprit is Culprit.BACKEND
    assert pairs.rest() == ()


def test_whichever_comes_first_the_pair_is_told_alike():
    pairs = Pairs()
    api, direct = verdict("api", "empty-content"), verdict("direct")
    pairs.expect(v.observation.case for v in (api, direct))

    told = (*pairs.reached(direct), *pairs.reached(api))

    assert told[1].failure.culprit is Culprit.BACKEND


def test_nothing_waits_for_what_is_not_planned_and_what_waited_in_vain_is_told():
    pairs = Pairs()
    api = verdict("api", "empty-content")

    assert pairs.reached(api) == (api,)

    pairs.expect([api.observation.case, verdict("direct").observation.case])
    assert pairs.reached(api) == ()
    assert pairs.rest() == (api,)
