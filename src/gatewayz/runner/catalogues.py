"""Reading a gateway's model list, and the verdict over it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from gatewayz.client import Listing
from gatewayz.core import (
    CATALOG_PROBE,
    Case,
    Culprit,
    Finding,
    Model,
    Observation,
    Outcome,
    Verdict,
    Way,
    judge,
)
from gatewayz.core.attempt import FaultName
from gatewayz.core.failures import classify, failure, retry_of
from gatewayz.core.judge import skipped, unknown
from gatewayz.core.kinds import KINDS
from gatewayz.core.refusals import not_set_up
from gatewayz.runner.order import Executor, Lane, Selection

# A hint longer than this is not worth waiting for before a list is read once more.
_LONGEST_PAUSE_S = 5.0
_PAUSE_S = 0.5
_NAMED = 3


async def read_catalogs(
    lanes: Sequence[Lane], executor: Executor, *, look_twice: bool = False
) -> dict[tuple[str, Way], Listing]:
    """The catalogues of all lanes that are not skipped, fetched side by side."""
    wanted = [lane for lane in lanes if not lane.skip]
    reading = (read_listing(lane, executor, look_twice=look_twice) for lane in wanted)
    found = await asyncio.gather(*reading)
    return {(lane.name, lane.way): got for lane, got in zip(wanted, found, strict=True)}


async def read_listing(lane: Lane, executor: Executor, *, look_twice: bool = False) -> Listing:
    """A lane's models.

    A list that cannot be read is fetched once more, since one lost packet must not cost a gateway;
    with `look_twice` a sound one too, to see whether it stays the same.
    """
    listing = await executor.list_models(lane.gateway)
    if listing.complete or listing.models:
        again = look_twice and listing.complete and bool(listing.models)
        return _compared(listing, await executor.list_models(lane.gateway)) if again else listing
    pause_s = _pause_before_another(lane, listing)
    if pause_s is None or pause_s > _LONGEST_PAUSE_S:
        return listing
    await asyncio.sleep(pause_s)
    return await executor.list_models(lane.gateway)


# On the route of a list there is no model that could be missing.
_NO_LIST = ("endpoint-not-found", "model-not-found")


def _compared(listing: Listing, again: Listing) -> Listing:
    """The first list, with the ids that only one of two readings named."""
    if not again.complete:
        return listing
    one, other = {m.id for m in listing.models}, {m.id for m in again.models}
    return replace(listing, flapping=tuple(sorted(one ^ other)))


def judge_listing(lane: Lane, listing: Listing, selection: Selection) -> Verdict | None:
    """The verdict over a catalogue that gives nothing to test; None when it gives models."""
    case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
    seen = Observation(case=case, attempts=listing.attempts[-1:])
    if lane.way == "api" and not listing.models and _never_answered(listing):
        return _unreachable(lane, seen)
    if left_out := without_gateway(lane, listing):
        return skipped(case, left_out)
    if selection.choose(listing.models):
        return None
    if listing.models:
        return skipped(case, _none_chosen(len(listing.models), selection))
    if listing.complete:
        found = failure("models-empty", _empty_evidence(listing))
        return Verdict(observation=seen, outcome=Outcome.FAILED, failure=found)
    verdict = judge(seen, ((),), lane.gateway.quirks)
    if verdict.failure is not None and verdict.failure.kind in _NO_LIST:
        # Chat may work all the same, where models are named.
        found = failure("models-endpoint-missing", verdict.failure.evidence)
        return replace(unknown(case, KINDS[found.label].cause, seen=seen), failure=found)
    if verdict.outcome is Outcome.PASSED:
        name = listing.oddities[0] if listing.oddities else "models-odd-shape"
        evidence = seen.attempts[-1].excerpt if seen.attempts else ""
        found = failure(name, evidence)
        if KINDS[name].verdict == "W":  # chat may work all the same
            return replace(unknown(case, KINDS[name].cause, seen=seen), failure=found)
        return replace(verdict, outcome=Outcome.FAILED, failure=found, first_outcome=None)
    return verdict


def without_gateway(lane: Lane, listing: Listing) -> str:
    """Why a backend can list nothing of a gateway that it is not set up for, else ""."""
    if lane.way != "api" or not listing.attempts:
        return ""
    return not_set_up(listing.attempts[-1])


def oddities_of(lane: Lane, listing: Listing, chosen: Sequence[Model]) -> Verdict | None:
    """A passed verdict with what was odd about a list that was read; None when nothing was.

    It tests no model, so it counts in no total.
    """
    retiring = [model.id for model in chosen if model.deprecated]
    found = {
        "duplicate-ids": _names(listing.duplicates),
        "models-truncated": listing.cut,
        "models-odd-shape": listing.odd,
        "models-flapping": _names(listing.flapping) and f"{_names(listing.flapping)} came or went",
        "deprecated-model": _names(retiring) and f"{_names(retiring)}, by the list's own words",
    }
    if not listing.complete and listing.models:
        found["models-truncated"] = found["models-truncated"] or "reading broke off after some"
    for attempt in listing.attempts:
        for name in attempt.reply.oddities if attempt.reply is not None else ():
            if KINDS[name].verdict == "W":
                found[name] = f"a page of type '{attempt.content_type}'"
    warnings = tuple(
        Finding(kind=kind, failure_class=KINDS[kind].failure_class, saw=saw, warning=True)
        for kind, saw in found.items()
        if saw
    )
    if not warnings:
        return None
    case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
    seen = Observation(case=case, attempts=listing.attempts[-1:])
    return Verdict(observation=seen, outcome=Outcome.PASSED, warnings=warnings)


def has_answered(listing: Listing) -> bool:
    """Whether the reading of a list got as far as its host, or needed none."""
    return listing.complete or any(attempt.status is not None for attempt in listing.attempts)


def host_of(lane: Lane) -> str:
    """Where a lane's gateway is; lanes with the same host say nothing about the network."""
    return urlsplit(lane.gateway.base_url).netloc or lane.name


def _none_chosen(listed: int, selection: Selection) -> str:
    """Why a selection picks none of so many models."""
    left_out = f" after leaving out {', '.join(selection.exclude)}" if selection.exclude else ""
    if selection.models == "all" or selection.models.isdecimal():
        return f"none of {listed} models is left{left_out}"
    return f"none of {listed} models matches '{selection.models}'{left_out}"


def _names(ids: Sequence[str]) -> str:
    """The first few of them, and how many more."""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return ", ".join(f"'{name[:80]}'" for name in ids[:_NAMED]) + more


def _unreachable(lane: Lane, seen: Observation) -> Verdict:
    """No verdict over a gateway is possible while the backend in front of it does not answer."""
    found = judge(seen, ((),), lane.gateway.quirks).failure
    return replace(
        unknown(seen.case, f"API is unreachable at {lane.gateway.base_url}", seen=seen),
        failure=replace(found, culprit=Culprit.BACKEND) if found else None,
    )


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
