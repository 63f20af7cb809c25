"""Requests that the backend served, as results of the one question whether they were answered.

What probes find and what customers meet are judged by the same engine; this is the adapter between the
two. docs/sla.md, "By real requests", says in words how a request counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from gatewayz.core import Culprit, Outcome
from gatewayz.core.availability import Assessment, Standing
from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
from gatewayz.core.objectives import TRAFFIC
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.served import ServedRequest
from gatewayz.core.statuses import is_of_the_request

# Requests of so long a time are one round: incidents and alerts are told of rounds, not of requests.
ROUND_S: Final = 300
# The client left before its answer was out; nobody knows how that would have ended.
_LEFT_FIRST: Final = 499
# What the caller asked for is not to be had, whoever says so: probes tell whether a model is gone.
_CALLERS_KINDS: Final = frozenset(
    {
        "permission-model-not-in-plan",
        "model-not-found",
        "endpoint-not-found",
        "no-endpoint-supports-feature",
        "moderation-block",
    }
)
# A bug of the backend's, and what it cut off as it was told to stop.
_OWN_KINDS: Final = frozenset({"internal-error", "server-stopping"})
# In words for requests, where those for probes would be wrong.
_STANDINGS: Final[Mapping[Standing, Standing]] = {
    Standing.SKIPPED: Standing.LEFT_FIRST,
    Standing.PROBE: Standing.CALLER,
}
_MADE_UP: Final = {Standing.CALLER}


def request_results(served: Iterable[ServedRequest]) -> Iterator[ProbeResult]:
    """A result for each request that a gateway was chosen for, in their order.

    Its run is the five minutes (UTC) in which it came, its repeat the how-manieth it was there. An answer
    has its latency, from the request's arrival to the answer's end, and no other time.
    """
    numbers: Counter[tuple[int, str, str]] = Counter()
    for one in served:
        if not one.gateway or not one.model:
            continue
        slot = int(one.started_at.timestamp()) // ROUND_S
        place = slot, one.gateway, one.model
        outcome, culprit = _found(one)
        passed = outcome is Outcome.PASSED
        yield ProbeResult(
            at=one.started_at,
            gateway=one.gateway,
            model=one.model,
            probe=TRAFFIC,
            outcome=outcome,
            way="api",
            repeat=numbers[place],
            run_id=f"{TRAFFIC} {slot}",
            kind="" if passed else one.kind,
            failure_class="" if passed else one.failure_class,
            culprit=culprit,
            reason="the client left first" if outcome is Outcome.SKIPPED else "",
            latency_s=one.total_s if passed else None,
        )
        numbers[place] += 1


def in_words_of_requests(found: Iterable[Assessment]) -> tuple[Assessment, ...]:
    """Assessments of such results, with what was left out named as it is of requests.

    Where nothing but the caller's doing is known of a target it is left out: names that somebody made up
    are no models.
    """
    named = (replace(one, tally=replace(one.tally, excluded=_renamed(one))) for one in found)
    return tuple(one for one in named if one.tally.counted or set(one.tally.excluded) != _MADE_UP)


def _renamed(one: Assessment) -> dict[Standing, int]:
    named = {_STANDINGS.get(standing, standing): n for standing, n in one.tally.excluded.items()}
    return dict(sorted(named.items()))


def _found(one: ServedRequest) -> tuple[Outcome, Culprit | None]:
    """How a request ended, and on whose side it lies that it failed; None: nobody knows."""
    if one.status == _LEFT_FIRST:
        return Outcome.SKIPPED, None
    if one.status < 400 and not one.kind and not one.failure_class:
        return Outcome.PASSED, None
    return Outcome.FAILED, _culprit(one)


def _culprit(one: ServedRequest) -> Culprit | None:
    if is_of_the_request(one.status, one.failure_class, one.kind) or one.kind in _CALLERS_KINDS:
        return Culprit.PROBE
    if one.kind in _OWN_KINDS:
        return Culprit.BACKEND
    if not one.attempts:
        # Nobody was asked, so it was the backend's own word.
        return Culprit.PROBE if one.status < 500 else Culprit.BACKEND
    if one.failure_class == "rate-limit" and one.upstream_s is None:
        # No provider answered so: the caller's own key has a limit here.
        return Culprit.PROBE
    known = KINDS.get(one.kind)
    return known.culprit if known is not None else CLASS_CULPRITS.get(one.failure_class)
