"""From catalogues to cases, and the verdict over a catalogue that could not be read."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from gatewayz.client import Listing, is_loopback
from gatewayz.core import (
    CATALOG_PROBE,
    Case,
    Culprit,
    Failure,
    Model,
    Observation,
    Outcome,
    Probe,
    Verdict,
    Way,
    judge,
)
from gatewayz.core.attempt import FaultName, Phase
from gatewayz.core.failures import classify, failure, retry_of
from gatewayz.core.judge import skipped, unknown
from gatewayz.core.kinds import KINDS
from gatewayz.runner.order import Executor, Lane, RollCall, Selection

_UNREACHED = (FaultName.DNS, FaultName.REFUSED, FaultName.UNREACHABLE, FaultName.TIMEOUT)
# A hint longer than this is not worth waiting for before a list is read once more.
_LONGEST_PAUSE_S = 5.0
_PAUSE_S = 0.5

Listings = Mapping[tuple[str, Way], Listing]


def chosen_models(listing: Listing, selection: Selection) -> tuple[Model, ...]:
    """The models of a listing that a selection picks."""
    return selection.choose(listing.models)


def _none_chosen(listed: int, selection: Selection) -> str:
    """Why a selection picks none of so many models."""
    left_out = f" after leaving out {', '.join(selection.exclude)}" if selection.exclude else ""
    if selection.models == "all" or selection.models.isdecimal():
        return f"none of {listed} models is left{left_out}"
    return f"none of {listed} models matches '{selection.models}'{left_out}"


def plan_gateway(
    order: RollCall, lanes: Sequence[Lane], chosen: Mapping[Way, tuple[Model, ...]]
) -> tuple[Case, ...]:
    """One gateway's cases on all its ways, each way's in the catalogue's order.

    Where both ways list models, both are asked the direct way's, so that a difference between
    them is not one of lists.
    """
    if chosen.get("direct") and chosen.get("api"):
        chosen = {**chosen, "api": chosen["direct"]}
    cases = [
        Case(gateway=lane.name, probe=probe.name, model=model, way=lane.way, repeat=repeat)
        for repeat in range(order.repeat)
        for lane in lanes
        for model in chosen.get(lane.way, ())
        for probe in order.probes
    ]
    if order.only is not None:
        cases = [case for case in cases if case.id in order.only]
    return tuple(cases)


def not_offered(case: Case, probe: Probe) -> str:
    """Why a case is not run although it is planned; "" when nothing speaks against it.

    Only what the catalogue denies counts: of what it does not speak, the question itself tells.
    """
    model = case.model
    missing = sorted(probe.needs & model.lacks) if model is not None else []
    return f"not offered: its catalogue lists no {', '.join(missing)}" if missing else ""


def order_of_start(order: RollCall, cases: Sequence[Case]) -> tuple[Case, ...]:
    """One gateway's cases as they will be started.

    On one way that is the catalogue's order. On two it is random by seed, so that neither way
    always goes first.
    """
    started = list(cases)
    if len({case.way for case in cases}) > 1:
        random.Random(f"{order.seed}/{cases[0].gateway}").shuffle(started)
    return tuple(started)


def plan(order: RollCall, listings: Listings) -> tuple[Case, ...]:
    """Every case of a run, from catalogues that were read before."""
    cases: list[Case] = []
    for lanes in by_gateway(order.lanes).values():
        chosen: dict[Way, tuple[Model, ...]] = {}
        for lane in lanes:
            listing = listings.get((lane.name, lane.way))
            if not lane.skip and listing is not None:
                chosen[lane.way] = chosen_models(listing, order.selection)
        cases += plan_gateway(order, lanes, chosen)
    return tuple(cases)


def by_gateway(lanes: Sequence[Lane]) -> dict[str, list[Lane]]:
    """Lanes grouped by gateway, in the order given."""
    groups: dict[str, list[Lane]] = {}
    for lane in lanes:
        groups.setdefault(lane.name, []).append(lane)
    return groups


async def read_catalogs(
    lanes: Sequence[Lane], executor: Executor
) -> dict[tuple[str, Way], Listing]:
    """The catalogues of all lanes that are not skipped, fetched side by side."""
    wanted = [lane for lane in lanes if not lane.skip]
    found = await asyncio.gather(*(read_listing(lane, executor) for lane in wanted))
    return {(lane.name, lane.way): got for lane, got in zip(wanted, found, strict=True)}


async def read_listing(lane: Lane, executor: Executor) -> Listing:
    """A lane's models.

    A list that cannot be read is fetched once more, since one lost packet must not cost a gateway.
    """
    listing = await executor.list_models(lane.gateway)
    if listing.complete or listing.models:
        return listing
    pause_s = _pause_before_another(lane, listing)
    if pause_s is None or pause_s > _LONGEST_PAUSE_S:
        return listing
    await asyncio.sleep(pause_s)
    return await executor.list_models(lane.gateway)


def judge_listing(lane: Lane, listing: Listing, selection: Selection) -> Verdict | None:
    """The verdict over a catalogue, None when it gives models to test."""
    case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
    seen = Observation(case=case, attempts=listing.attempts[-1:])
    if lane.way == "api" and not listing.models and _never_answered(listing):
        return _unreachable(lane, seen)
    if chosen_models(listing, selection):
        return None
    if listing.models:
        return skipped(case, _none_chosen(len(listing.models), selection))
    if listing.complete:
        found = failure("models-empty", _empty_evidence(listing))
        return Verdict(observation=seen, outcome=Outcome.FAILED, failure=found)
    verdict = judge(seen, ((),), lane.gateway.quirks)
    if verdict.failure is not None and verdict.failure.kind == "endpoint-not-found":
        # Chat may work all the same, where models are named.
        found = failure("models-endpoint-missing", verdict.failure.evidence)
        return replace(unknown(case, KINDS[found.label].cause, seen=seen), failure=found)
    if verdict.outcome is Outcome.PASSED:
        name = listing.oddities[0] if listing.oddities else "models-odd-shape"
        evidence = seen.attempts[-1].excerpt if seen.attempts else ""
        found = failure(name, evidence)
        return replace(verdict, outcome=Outcome.FAILED, failure=found, first_outcome=None)
    return verdict


def _unreachable(lane: Lane, seen: Observation) -> Verdict:
    """No verdict over a gateway is possible while the backend in front of it does not answer."""
    found = judge(seen, ((),), lane.gateway.quirks).failure
    return replace(
        unknown(seen.case, f"API is unreachable at {lane.gateway.base_url}", seen=seen),
        failure=replace(found, culprit=Culprit.BACKEND) if found else None,
    )


def our_network(verdict: Verdict) -> Verdict:
    """The same verdict when no host at all could be reached: the fault is on this side."""
    found = verdict.failure
    if found is None:
        return verdict
    ours = Failure(
        kind=found.kind,
        failure_class=found.failure_class,
        culprit=Culprit.NETWORK,
        evidence=found.evidence,
    )
    return replace(
        verdict,
        outcome=Outcome.UNKNOWN,
        failure=ours,
        reason="no gateway can be reached: this machine's network",
    )


def network_trouble(listing: Listing) -> bool:
    """Whether a list was not read because nothing could be reached on the way to its host.

    A refused connection to this machine itself says that a server is down here, not a network.
    """
    last = listing.attempts[-1] if listing.attempts else None
    if last is None or last.status is not None or last.fault is None:
        return False
    if last.fault.name is FaultName.REFUSED and is_loopback(urlsplit(last.url).hostname or ""):
        return False
    return last.fault.name in _UNREACHED and last.fault.phase in (Phase.DNS, Phase.CONNECT)


def host_of(lane: Lane) -> str:
    """Where a lane's gateway is; lanes with the same host say nothing about the network."""
    return urlsplit(lane.gateway.base_url).netloc or lane.name


def _empty_evidence(listing: Listing) -> str:
    if listing.listed:
        return f"none of {listing.listed} listed entries is a chat model"
    return "the list is empty"


def _never_answered(listing: Listing) -> bool:
    return bool(listing.attempts) and listing.attempts[-1].status is None


def _pause_before_another(lane: Lane, listing: Listing) -> float | None:
    """How long to wait before the list is read once more; None when that cannot help."""
    if not listing.attempts or lane.gateway.calls is not None:
        return None
    last = listing.attempts[-1]
    found = classify(last, lane.gateway.quirks)
    if found is None or retry_of(found) == "no":
        return None
    if last.fault is not None and last.fault.name is FaultName.TIMEOUT:
        return None  # it took its whole time already
    hint = last.error.retry_after_s if last.error is not None else None
    return _PAUSE_S if hint is None else hint
