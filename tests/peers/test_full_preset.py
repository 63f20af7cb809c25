"""The `full` preset through other people's gateways, before the engine and the simulator."""

import pytest
from benchmarks.real_parts.asked import HONEST, NO_KEY, TINY, ask, through_litellm, through_portkey
from tests.tiny_model import told, wrong

from gatewayz.core import Culprit, Outcome

# A peer meets the engine's habit of closing behind a stream, too, and calls that its own failure;
# the next try is served.
RETRIED = {"retry-masked-latency"}


@pytest.fixture(scope="module")
def through(portkey_gateway, litellm_proxy, tiny_engine, simulator):
    """The verdicts of each probe, by peer and by what is behind it."""
    honest = f"{simulator.url}/local/v1"
    return {
        ("portkey", "engine"): ask(through_portkey(portkey_gateway.url, tiny_engine, TINY, NO_KEY)),
        ("portkey", "simulator"): ask(through_portkey(portkey_gateway.url, honest, HONEST, NO_KEY)),
        ("litellm", "engine"): ask(through_litellm(litellm_proxy.url, TINY)),
        ("litellm", "simulator"): ask(through_litellm(litellm_proxy.url, "simulated")),
    }


@pytest.mark.parametrize("peer", ["portkey", "litellm"])
def test_the_tiny_model_is_judged_as_if_nothing_stood_before_it(through, peer):
    assert wrong(through[peer, "engine"], may_warn=RETRIED) == []


@pytest.mark.parametrize(
    ("peer", "own"),
    [("portkey", {"malformed_body"}), ("litellm", {"wrong_key"})],
)
def test_an_honest_model_passes_all_but_what_the_peer_itself_does(through, peer, own):
    verdicts = through[peer, "simulator"]

    failed = {probe for probe, v in verdicts.items() if v.outcome is Outcome.FAILED}
    assert failed == own, {probe: told(verdicts[probe]) for probe in failed}
    for probe, verdict in verdicts.items():
        assert {found.kind for found in verdict.warnings} <= RETRIED, probe
        if probe not in {*own, "wrong_key"}:
            assert verdict.outcome is Outcome.PASSED, (probe, verdict.reason)


@pytest.mark.parametrize("behind", ["engine", "simulator"])
def test_portkey_breaks_down_over_a_broken_body(through, behind):
    found = through["portkey", behind]["malformed_body"].failure

    assert (found.kind, found.culprit) == ("refused-as-something-else", Culprit.GATEWAY)
    assert "HTTP 500" in found.evidence
    assert "Something went wrong" in found.evidence


@pytest.mark.parametrize("behind", ["engine", "simulator"])
def test_litellm_without_a_database_refuses_a_wrong_key_as_a_bad_request(through, behind):
    verdict = through["litellm", behind]["wrong_key"]

    assert verdict.failure.kind == "refused-as-something-else"
    assert verdict.failure.culprit is Culprit.GATEWAY
    assert "HTTP 400" in verdict.failure.evidence
    assert "db" in verdict.failure.evidence.lower()


def test_litellm_knows_its_models_where_the_engine_answers_to_any_name(through):
    portkey, litellm = (through[peer, "engine"]["made_up_model"] for peer in ("portkey", "litellm"))

    assert portkey.failure.kind == "unknown-model-accepted"
    assert litellm.outcome is Outcome.PASSED


def test_a_list_that_says_nothing_of_eyes_leaves_it_to_the_engine_to_refuse(through):
    portkey, litellm = (through[peer, "engine"]["vision"] for peer in ("portkey", "litellm"))

    assert portkey.outcome is Outcome.SKIPPED
    assert litellm.outcome is Outcome.FAILED
    assert litellm.failure.culprit is Culprit.FEATURE
    assert "image input is not supported" in litellm.failure.evidence
