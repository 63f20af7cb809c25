"""From catalogues to cases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gatewayz.client import Listing
from gatewayz.core import Case, Gateway, Model, Probe, Way
from gatewayz.core.pairs import Question, question_of
from gatewayz.core.text import visible
from gatewayz.runner.order import Lane, RollCall, Selection

Listings = Mapping[tuple[str, Way], Listing]


def chosen_models(listing: Listing, selection: Selection) -> tuple[Model, ...]:
    """The models of a listing that a selection picks; several of one name go by their ids alone."""
    chosen = selection.choose(listing.models)
    names = Counter(visible(model.title).casefold() for model in chosen)
    return tuple(
        replace(model, name="") if names[visible(model.title).casefold()] > 1 else model
        for model in chosen
    )


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


def not_offered(case: Case, probe: Probe, gateway: Gateway) -> str:
    """Why a case is not run although it is planned; "" when nothing speaks against it.

    Of a model only what the catalogue denies counts: of what it does not speak, the question itself
    tells.
    """
    if "key" in probe.needs and not gateway.key_required:
        return "not offered: no key is asked for or sent here"
    if "key" in probe.needs and gateway.calls is not None:
        return "not offered: its own functions take no other key"
    model = case.model
    missing = sorted(probe.needs & model.lacks) if model is not None else []
    return f"not offered: its catalogue lists no {', '.join(missing)}" if missing else ""


def turns(order: RollCall, cases: Sequence[Case]) -> tuple[tuple[Case, ...], ...]:
    """One gateway's cases as they will be started: those of one turn are asked one after the other.

    On one way each case is a turn, in the catalogue's order. On two a turn is one question on both,
    so that what the moment does to the one way it does to the other; the order of the turns and the
    order within each are random by seed, so that neither way always goes first.
    """
    if len({case.way for case in cases}) < 2:
        return tuple((case,) for case in cases)
    by_question: dict[Question, list[Case]] = {}
    for case in cases:
        by_question.setdefault(question_of(case), []).append(case)
    drawn = random.Random(f"{order.seed}/{cases[0].gateway}")
    started = list(by_question.values())
    drawn.shuffle(started)
    for turn in started:
        drawn.shuffle(turn)
    return tuple(map(tuple, started))


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
