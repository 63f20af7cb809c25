"""Reading a gateway's model list, and the verdict over it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from gatewayz.client import Listing
from gatewayz.core import (
    CATALOG_PROBE,
    Attempt,
    Case,
    Culprit,
    Finding,
    Model,
    Observation,
    Outcome,
    Verdict,
    Way,
)
from gatewayz.core.attempt import Reply
from gatewayz.core.failures import failure
from gatewayz.core.judge import judge, skipped, unknown
from gatewayz.core.kinds import KINDS
from gatewayz.core.refusals import not_set_up
from gatewayz.core.wire_faults import went_stale
from gatewayz.runner import retries
from gatewayz.runner.order import Executor, Lane, Reading, Selection

_NAMED = 3


async def read_catalogs(
    lanes: Sequence[Lane], executor: Executor, reading: Reading | None = None
) -> dict[tuple[str, Way], Listing]:
    """The catalogues of all lanes that are not skipped, fetched side by side."""
    wanted = [lane for lane in lanes if not lane.skip]
    found = await asyncio.gather(
        *(read_listing(lane, executor, reading or Reading()) for lane in wanted)
    )
    return {(lane.name, lane.way): got for lane, got in zip(wanted, found, strict=True)}


async def read_listing(
    lane: Lane,
    executor: Executor,
    reading: Reading,
    may_wait: Callable[[float], bool] = lambda _: True,
) -> Listing:
    """A lane's models.

    A list that cannot be read is asked for again as any case is, as long as `may_wait` allows the
    pause; with `look_twice` a sound one too, to see whether it stays the same.
    """
    listing = await _until_settled(lane, executor, reading, may_wait)
    if reading.look_twice and listing.complete and listing.models:
        return _compared(listing, await executor.list_models(lane.gateway))
    return listing


async def _until_settled(
    lane: Lane, executor: Executor, reading: Reading, may_wait: Callable[[float], bool]
) -> Listing:
    """The list at the first reading that gives any, else at the last that may help."""
    rng = random.Random(f"{reading.seed}/{lane.way}/{lane.name}")
    earlier: tuple[Attempt, ...] = ()
    waited_s, anew = 0.0, 0
    while True:
        number = len(earlier) + 1
        listing = await executor.list_models(lane.gateway)
        numbered = tuple(replace(attempt, number=number) for attempt in listing.attempts)
        listing = replace(listing, attempts=numbered, earlier=earlier)
        if listing.complete or listing.models or not numbered:
            return listing
        wait_s: float | None = 0.0
        if went_stale(numbered[-1]) and not anew:
            anew += 1
        else:
            wait_s = retries.decide(
                judge(_seen(lane, listing), ((),), lane.gateway.quirks),
                numbered[-1],
                quirks=lane.gateway.quirks,
                retries=reading.retries,
                looks=anew,
                waited_s=waited_s,
                budget_s=reading.retry_budget_s,
                rng=rng,
            ).wait_s
        if wait_s is None or not may_wait(wait_s):
            return listing
        await asyncio.sleep(wait_s)
        waited_s += wait_s
        earlier += numbered[-1:]


def _seen(lane: Lane, listing: Listing) -> Observation:
    """A list's case, with the call that settled it after those of readings that failed."""
    case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
    return Observation(case=case, attempts=(*listing.earlier, *listing.attempts[-1:]))


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
    seen = _seen(lane, listing)
    case = seen.case
    if lane.way == "api" and not listing.models and _never_answered(listing):
        return _unreachable(lane, seen)
    if left_out := without_gateway(lane, listing):
        return skipped(case, left_out)
    if selection.choose(listing.models):
        return None
    if listing.models:
        return skipped(case, _none_chosen(len(listing.models), selection))
    if listing.complete and listing.listed > listing.dropped:
        evidence = f"none of {listing.listed} listed entries is a chat model"
        found = failure("non-chat-listed", evidence)
        verdict = Verdict(observation=seen, outcome=Outcome.SKIPPED, failure=found)
        return replace(verdict, reason=f"{evidence}: there is nothing to chat with")
    if listing.complete:
        found = failure("models-empty", "the list is empty")
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
        reply = attempt.reply or Reply()
        odd = (name for name in reply.oddities if KINDS[name].verdict == "W")
        found |= {name: reply.sights.get(name) or "one page of it" for name in odd}
    warnings = tuple(
        Finding(kind=kind, failure_class=KINDS[kind].failure_class, saw=saw, warning=True)
        for kind, saw in found.items()
        if saw
    )
    seen, first = _seen(lane, listing), None
    if listing.earlier:
        of_tries = judge(seen, ((),), lane.gateway.quirks)
        first = of_tries.first_outcome
        warnings += tuple(w for w in of_tries.warnings if w.kind not in found)
    if not warnings:
        return None
    return Verdict(observation=seen, outcome=Outcome.PASSED, warnings=warnings, first_outcome=first)


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


def _never_answered(listing: Listing) -> bool:
    return bool(listing.attempts) and listing.attempts[-1].status is None
