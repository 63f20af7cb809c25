"""`gatewayz models --match`: one model behind several gateways, whatever they call it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from glob import escape
from typing import TYPE_CHECKING

from gatewayz.core import ConfigError, Model, Outcome, Way
from gatewayz.core.canonical import Canonical, canonical
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.load_past import PastLoad
from gatewayz.core.text import visible
from gatewayz.measure import Typical, typical
from gatewayz.money import Quote

if TYPE_CHECKING:
    from gatewayz.runner import Lane
    from gatewayz.store import Store, StoredVerdict

# What is put to a model for a plain answer; only of these the speed is told, since a long prompt or
# a picture takes its own time.
_PLAIN = ("chat", "streaming")
SPEEDS = ("ttft", "decode_rate", "latency")
_NEAREST = 6
_LIKE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one gateway lists, on one way.

    `read_at` is None for a list that was read just now; of a stored one it is when that was, and
    `why_stored` says why it is not read anew.
    """

    gateway: str
    way: Way
    models: tuple[Model, ...]
    read_at: datetime | None = None
    why_stored: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """How one question to a model ended last."""

    probe: str
    outcome: Outcome
    label: str
    at: datetime
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One model of one gateway under one id: what it costs, and what was found of it.

    `speeds` are medians over plain answers that passed; `plain` counts the plain questions that
    were judged, passed or not. `under_load` is what the last load run measured, a stage each.
    `priced_by` is who tells the price, with its date, where the gateway's own list does not.
    """

    shelf: Shelf
    model: Model
    named: Canonical
    tested: tuple[Tested, ...] = ()
    speeds: Mapping[str, Typical]
    plain: int = 0
    under_load: tuple[PastLoad, ...] = ()
    priced_by: str = ""

    @property
    def delivers(self) -> bool | None:
        """Whether a plain answer came the last time; None where nothing is known."""
        plain = [one for one in self.tested if one.probe in _PLAIN]
        judged = [one for one in plain if one.outcome in (Outcome.PASSED, Outcome.FAILED)]
        return any(one.outcome is Outcome.PASSED for one in judged) if judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a name came to: the offers of it, and the models that are near and not the same.

    `apart` are names of the same family, generation and size, and those that differ by their generation
    alone where one of the two tells none; those of most gateways come first. `nearest` are spelled like
    it. Each comes with the gateways that have it; `nearest` only where nothing matches.
    """

    named: Canonical
    offers: tuple[Offer, ...] = ()
    apart: Mapping[str, tuple[str, ...]]
    nearest: Mapping[str, tuple[str, ...]]
    listed: int = 0
    gateways: int = 0


AskPrice = Callable[[Shelf, Model], Quote]


def _nobody_tells(_shelf: Shelf, _model: Model) -> Quote:
    return Quote()


def wanted_name(asked: str) -> Canonical:
    """What a user means by a name. Raises: ConfigError for a pattern."""
    if not asked.strip() or any(mark in asked for mark in "*?["):
        raise ConfigError(
            f"--match '{visible(asked)}': give a name, such as llama-3.3-70b; "
            "--models takes patterns"
        )
    return canonical(asked, asked=True)


def shelves(
    lanes: Sequence[Lane],
    read: Mapping[str, Sequence[Model]],
    unread: Mapping[str, str],
    store: Store,
) -> list[Shelf]:
    """What each gateway lists: read just now, else as it is stored.

    `read` has the lists that came, `unread` why others did not, both by gateway.
    """
    found = []
    for lane in lanes:
        if lane.name in read:
            models = tuple(read[lane.name])
            found.append(Shelf(gateway=lane.name, way=lane.way, models=models))
        elif (why := unread.get(lane.name, lane.skip)) and (
            kept := store.catalog(catalog_name(lane.name, lane.way))
        ):
            found.append(
                Shelf(
                    gateway=lane.name,
                    way=lane.way,
                    models=kept.models,
                    read_at=kept.fetched_at,
                    why_stored=why,
                )
            )
    return found


def match(
    wanted: Canonical, shelves: Sequence[Shelf], store: Store, quote: AskPrice = _nobody_tells
) -> Match:
    """Everything that goes by a canonical name, those that deliver first.

    A date in it leaves out ids with another date. `quote` tells what a model costs whose price is
    not in its gateway's list.
    """
    everything = [
        (shelf, model, canonical(model.id)) for shelf in shelves for model in shelf.models
    ]
    offers = [
        _with_price(_offer(shelf, model, named, store), quote)
        for shelf, model, named in everything
        if named.key == wanted.key and _same_date(named, wanted)
    ]
    others: dict[str, dict[str, None]] = {}
    names: dict[tuple[str, ...], str] = {}
    for shelf, _, named in everything:
        if named.key != wanted.key:
            name = names.setdefault(named.key, named.name)
            others.setdefault(name, {})[shelf.gateway] = None
    known = {named.name: named for _, _, named in everything}
    beside = sorted(
        (name for name in others if _is_beside(known[name], wanted)),
        key=lambda name: (-len(others[name]), name),
    )
    near = [] if offers else _nearest(wanted, [name for name in others if name not in beside])
    return Match(
        named=wanted,
        offers=tuple(sorted(offers, key=_order)),
        apart={name: tuple(others[name]) for name in beside},
        nearest={name: tuple(others[name]) for name in near},
        listed=len(everything),
        gateways=len({shelf.gateway for shelf in shelves}),
    )


def _with_price(offer: Offer, quote: AskPrice) -> Offer:
    """The offer with a price from elsewhere, where its gateway's list has none."""
    price = offer.model.price
    if price.known or price.unreckoned:
        return offer
    found = quote(offer.shelf, offer.model)
    if not found.known:
        return offer
    of_day = f" of {found.as_of}" if found.as_of is not None else ""
    model = replace(offer.model, price=found.price)
    return replace(offer, model=model, priced_by=f"{found.source}{of_day}")


def _is_beside(named: Canonical, wanted: Canonical) -> bool:
    """Whether a name is near enough to be told apart, be it that one of the two tells no generation."""
    if named.root == wanted.root:
        return True
    return named.line == wanted.line and not (named.number and wanted.number)


def _same_date(named: Canonical, wanted: Canonical) -> bool:
    """An id without a date may be of any; two dates are two snapshots."""
    return not (named.snapshot and wanted.snapshot) or named.snapshot == wanted.snapshot


def _order(offer: Offer) -> tuple[int, float, str, str]:
    """Those that deliver, those not tried, those that fail; the cheapest of each first."""
    price = offer.model.price
    cost = price.tokens_only.usd(1_000_000, 1_000_000)
    rank = {True: 0, None: 1, False: 2}[offer.delivers]
    whole = float("inf") if cost is None else cost
    return rank, whole, offer.shelf.gateway, offer.model.id


def _offer(shelf: Shelf, model: Model, named: Canonical, store: Store) -> Offer:
    kept = store.verdicts.of(shelf.gateway, model.id, way=shelf.way)
    plain = [one.verdict for one in kept if one.verdict.observation.case.probe in _PLAIN]
    judged = [v for v in plain if v.outcome in (Outcome.PASSED, Outcome.FAILED)]
    passed = [v.observation.last for v in judged if v.outcome is Outcome.PASSED]
    attempts = [attempt for attempt in passed if attempt is not None]
    return Offer(
        shelf=shelf,
        model=model,
        named=named,
        tested=tuple(_last_of_each(kept)),
        speeds={name: typical(name, attempts) for name in SPEEDS},
        plain=len(judged),
        under_load=_last_load(shelf, model, store),
    )


def _last_load(shelf: Shelf, model: Model, store: Store) -> tuple[PastLoad, ...]:
    """The stages of the last load run with this very model in which anything passed, the least load first."""
    found = store.loads.of(escape(shelf.gateway), escape(model.id), way=shelf.way, limit=1)
    mine = [one for one in found if one.model == model.id and one.line.passed]
    run = store.loads.of_id(mine[0].run_id) if mine else None
    levels = {stage.index: stage.level for stage in run.shape.stages} if run is not None else {}
    return tuple(sorted(mine, key=lambda one: levels.get(one.line.stage, 0.0)))


def _last_of_each(kept: Iterable[StoredVerdict]) -> Iterable[Tested]:
    """How each question ended last, the plain ones first; what was skipped was not asked."""
    last: dict[str, Tested] = {}
    for one in kept:
        verdict = one.verdict
        probe = verdict.observation.case.probe
        if verdict.outcome is Outcome.SKIPPED or probe in last:
            continue
        last[probe] = Tested(
            probe=probe,
            outcome=verdict.outcome,
            label=verdict.failure.label if verdict.failure else "",
            at=one.at,
            run_id=one.run_id,
        )
    return sorted(last.values(), key=lambda one: (one.probe not in _PLAIN, one.probe))


def _nearest(wanted: Canonical, names: Sequence[str]) -> list[str]:
    """Names that are spelled like it, of its own family where that has any."""
    start = wanted.name[:3]
    akin = [name for name in names if name.startswith(start)] or list(names)
    return difflib.get_close_matches(wanted.name, akin, n=_NEAREST, cutoff=_LIKE)
