"""How one result counts for one objective; docs/sla.md, "What counts", has the table in words."""

from __future__ import annotations

from collections.abc import Mapping

from gatewayz.core import CATALOG_PROBE, Culprit, Outcome
from gatewayz.core.availability import Standing
from gatewayz.core.objectives import DELIVERY_PROBES, THEIR_FAULTS, Objective
from gatewayz.core.probe_results import ProbeResult

# How the reason begins of what was skipped since a key is missing.
_NO_KEY = "no key"
# Availability where nothing else is said: what bars, badges and promises without `probes` show.
AVAILABILITY = Objective(name="availability", kind="availability", share=0.99)
_FEATURE = Objective(name="feature", kind="feature", share=0.99)
_OF_DELIVERY = frozenset({*DELIVERY_PROBES, CATALOG_PROBE})
# A list with nothing in it says nothing of whether its models answer.
_OF_A_LIST = "catalogue"

_BY_CULPRIT: Mapping[Culprit, Standing] = {
    Culprit.PROBE: Standing.PROBE,
    Culprit.NETWORK: Standing.NETWORK,
    Culprit.KEY: Standing.KEY,
    Culprit.BILLING: Standing.BILLING,
    Culprit.RATE_LIMIT: Standing.RATE_LIMIT,
    Culprit.BACKEND: Standing.BACKEND,
    Culprit.GATEWAY: Standing.GATEWAY,
    Culprit.MODEL: Standing.MODEL,
    Culprit.FEATURE: Standing.FEATURE,
}


def standing_of(result: ProbeResult, objective: Objective, faults: frozenset[Culprit]) -> Standing:
    """How a result outside of any maintenance counts.

    `faults` are the sides whose failures are bad; for a feature's objective the feature is one, too.
    """
    if result.outcome is Outcome.PASSED:
        return _of_a_pass(result, objective)
    if result.outcome is Outcome.SKIPPED:
        return Standing.NO_KEY if result.reason.startswith(_NO_KEY) else Standing.SKIPPED
    culprit = result.culprit
    if result.outcome is Outcome.UNKNOWN or culprit is None or result.failure_class == _OF_A_LIST:
        return Standing.UNKNOWN
    their_own = culprit is Culprit.FEATURE and objective.kind == "feature"
    if culprit in faults or their_own:
        return Standing.BAD if objective.limit is None else Standing.NOT_ANSWERED
    return _BY_CULPRIT[culprit]


def outcome_of(result: ProbeResult) -> Outcome:
    """What a result says of whom it is about: what failed by no fault of theirs is unknown.

    It counts as for an availability, or for the objective of its feature, with nothing promised.
    """
    if result.outcome is not Outcome.FAILED:
        return result.outcome
    objective = AVAILABILITY if result.probe in _OF_DELIVERY else _FEATURE
    is_bad = standing_of(result, objective, THEIR_FAULTS) is Standing.BAD
    return Outcome.FAILED if is_bad else Outcome.UNKNOWN


def value_of(result: ProbeResult, objective: Objective) -> float | None:
    """What an objective with a limit measures of a result: seconds, or tokens per second."""
    if objective.kind == "decode_rate":
        return result.decode_rate
    return result.ttft_s if objective.kind == "ttft" else result.latency_s


def _of_a_pass(result: ProbeResult, objective: Objective) -> Standing:
    limit = objective.limit
    if limit is None:
        return Standing.GOOD
    value = value_of(result, objective)
    if value is None:
        return Standing.NOT_MEASURED
    kept = value >= limit if objective.kind == "decode_rate" else value <= limit
    return Standing.GOOD if kept else Standing.BAD
