"""One tier of a watch as a roll call: the runner asks, its events become sightings."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Set
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from gatewayz.cli.roll_call import Called, call
from gatewayz.cli.watch_plan import ANSWER_TOKENS
from gatewayz.client import HttpClient, Listing
from gatewayz.config import Settings
from gatewayz.core import Ask, Case, Model, Outcome, Run, RunStatus, StoreError, Verdict, Way
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.globs import is_meant_by
from gatewayz.core.units import rounded_usd
from gatewayz.core.watching import LISTED, Amounts, DaySpent, Target
from gatewayz.money import Caps, Ledger
from gatewayz.probes._presets import chosen_probes
from gatewayz.runner import CatalogRead, Event, Lane, Pace, RollCall, Selection
from gatewayz.store import Store
from gatewayz.watch import (
    Seen,
    Tier,
    is_not_offered,
    is_of_a_list,
    list_sightings,
    rests,
    sighting,
    target_of,
)

Place = tuple[str, Way]

# A model that has left its gateway's list is asked for this long yet, so that its end is seen.
_GONE_FOR = timedelta(days=1)
# The probes whose answer is one word.
_SHORT = frozenset({"chat", "streaming"})
# So often what a round has taken is written down while it goes on.
_NOTE_S = 2.0
# So much of its share a gateway that is down may have at once; the rest comes evenly over the day, so that
# it is still asked when it is well again.
_AT_ONCE = 0.25


@dataclass(slots=True)
class Budget:
    """What a day may come to. It goes on where the store says that it stood.

    Who is down gets no more than its share, so that all the others can still be asked.
    """

    caps: Caps
    spent_on: Callable[[str], DaySpent]
    _ledger: Ledger = field(default_factory=Ledger)
    _before: DaySpent = field(default_factory=lambda: DaySpent(day=""))
    _while_down: dict[str, Amounts] = field(default_factory=dict)
    # Of those that are down: what had gone to them when they were last given a share.
    _given_at: dict[str, Amounts] = field(default_factory=dict)
    # Tiers that begin at once share one ledger: it is read of the store in threads.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, at: datetime, down: Mapping[str, float] | None = None) -> Ledger:
        """The ledger of a moment's day. `down` has the share of each gateway that is down, 0 to 1.

        Raises: StoreError.
        """
        with self._lock:
            return self._of(at, down or {})

    def _of(self, at: datetime, shares: Mapping[str, float]) -> Ledger:
        day = f"{at:%Y-%m-%d}"
        if day != self._before.day:
            self._before = self.spent_on(day)
            self._while_down, self._given_at = dict(self._before.while_down), {}
            # Who is down all day must not use up what all the others may be asked for.
            gone = self._before
            before = Amounts(calls=gone.calls, tokens=gone.tokens, usd=gone.usd)
            self._ledger = Ledger(self.caps, before, errors_take_nothing=True)
        self._while_down = self._taken_while_down()
        self._given_at = {name: self._taken(name) for name in shares}
        paid_out = _AT_ONCE + (1 - _AT_ONCE) * _gone(at)
        self._ledger.share_out(
            {
                name: _part(self.caps, share * paid_out, self._while_down.get(name, Amounts()))
                for name, share in shares.items()
            }
        )
        return self._ledger

    @property
    def spent(self) -> DaySpent:
        """What the day came to by now."""
        with self._lock:
            taken, before = self._ledger.totals(), self._before
            return DaySpent(
                day=before.day,
                calls=before.calls + taken.calls,
                tokens=before.tokens + taken.tokens,
                usd=rounded_usd(before.usd + taken.usd),
                unpriced_calls=before.unpriced_calls + taken.unpriced_calls,
                while_down=self._taken_while_down(),
            )

    def _taken(self, gateway: str) -> Amounts:
        taken = self._ledger.totals(gateway)
        return Amounts(calls=taken.calls, tokens=taken.tokens, usd=taken.usd)

    def _taken_while_down(self) -> dict[str, Amounts]:
        """What went to gateways that were down, up to now."""
        found = dict(self._while_down)
        for name, then in self._given_at.items():
            now, before = self._taken(name), found.get(name, Amounts())
            found[name] = Amounts(
                calls=before.calls + now.calls - then.calls,
                tokens=before.tokens + now.tokens - then.tokens,
                usd=rounded_usd(before.usd + now.usd - then.usd),
            )
        return found


def _gone(at: datetime) -> float:
    """How much of the day is over, 0 to 1."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return (at - midnight) / timedelta(days=1)


def _part(caps: Caps, part: float, taken: Amounts) -> Caps:
    """What a part of each cap leaves to a gateway that has had so much; a call begun is a whole one."""
    return Caps(
        usd=None if caps.usd is None else max(0.0, caps.usd * part - taken.usd),
        tokens=None
        if caps.tokens is None
        else max(0, math.ceil(caps.tokens * part) - taken.tokens),
        calls=None if caps.calls is None else max(0, math.ceil(caps.calls * part) - taken.calls),
    )


@dataclass(slots=True, kw_only=True)
class Asking:
    """Puts tiers through the runner; remembers which models are watched.

    `order` is what a roll call of these settings would be. `note` keeps what has been spent by now.
    `down` names the gateways that are down as a whole, `warn` tells whom it would be silent of.
    `known` has the models of a gateway that the store knows as watched, and since when its list has left one
    out; None: it has not.
    """

    settings: Settings
    order: RollCall
    client: HttpClient
    store: Store
    budget: Budget
    now: Callable[[], datetime]
    note: Callable[[DaySpent], None] = lambda _spent: None
    down: Callable[[], frozenset[str]] = frozenset
    warn: Callable[[str], None] = lambda _line: None
    known: Callable[[Place], Mapping[str, datetime | None]] = lambda _place: {}
    _models: dict[Place, dict[str, Model]] = field(default_factory=dict)
    _left_at: dict[tuple[Place, str], datetime] = field(default_factory=dict)
    _means_none: set[Place] = field(default_factory=set)
    # Tiers go side by side: together they keep to a gateway's limits, and read a list that is missing once.
    _paces: dict[str, Pace] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event) -> Seen:
        """One round of a tier, or only of these targets. Raises: StoreError."""
        if tier.reads_lists_only:
            return await self._lists(tier, only, stop)
        if self._missing():
            async with self._reading:
                if missing := self._missing():
                    await self._read(missing, stop)
        if stop.is_set():
            return Seen(complete=False)
        return await self._questions(tier, only, stop)

    @property
    def watched(self) -> Mapping[Place, tuple[Model, ...]]:
        """The models that are watched, by gateway and way."""
        return {place: tuple(models.values()) for place, models in self._models.items()}

    def _missing(self) -> list[Lane]:
        """The lanes whose models are not known yet."""
        return [lane for lane in self._lanes() if (lane.name, lane.way) not in self._models]

    def _lanes(self) -> list[Lane]:
        return [lane for lane in self.order.lanes if not lane.skip]

    async def _lists(self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event) -> Seen:
        places = None if only is None else {(target.gateway, target.way) for target in only}
        lanes = [
            lane for lane in self._lanes() if places is None or (lane.name, lane.way) in places
        ]
        read, called = await self._read(lanes, stop)
        watched = {place: tuple(models) for place, models in self._models.items()}
        found = [
            seen
            for event in read
            for seen in list_sightings(
                Target(gateway=event.gateway, way=event.way),
                _of_the_list(event),
                (model.id for model in event.models),
                watched.get((event.gateway, event.way), ()),
                self.now(),
            )
            if seen.target.probe in tier.probes
        ]
        return Seen(
            sightings=tuple(found),
            planned=frozenset(
                (*(seen.target for seen in found), *self._not_looked_up(lanes, tier))
            ),
            complete=called.run.status is RunStatus.FINISHED,
        )

    def _not_looked_up(self, lanes: Iterable[Lane], tier: Tier) -> Iterator[Target]:
        """Whether models are on a list that could not be read yet."""
        for lane in lanes:
            place = (lane.name, lane.way)
            if place not in self._models and LISTED in tier.probes:
                for model in self.known(place):
                    yield Target(gateway=lane.name, way=lane.way, model=model, probe=LISTED)

    async def _read(
        self, lanes: Iterable[Lane], stop: asyncio.Event
    ) -> tuple[list[CatalogRead], Called]:
        """Reads lists, and keeps and notes their models. It is no run: no model is asked anything."""
        read: list[CatalogRead] = []

        def note(event: Event) -> None:
            if isinstance(event, CatalogRead):
                read.append(event)

        order = replace(self.order, lanes=tuple(lanes), probes=(), look_twice=False)
        async with _stopped_with(stop) as own:
            called = await call(order, client=self.client, store=None, listeners=[note], stop=own)
        for event in read:
            if event.models:
                name = catalog_name(event.gateway, event.way)
                with suppress(StoreError):  # it is read again soon
                    await asyncio.to_thread(self.store.save_catalog, name, event.models, self.now())
            await self._list_read(event)
        return read, called

    async def _list_read(self, event: CatalogRead) -> None:
        """Takes a list over as what is watched; without one, what the store had, or what is named."""
        place: Place = (event.gateway, event.way)
        models = event.models
        if not models and place not in self._models:
            name = catalog_name(event.gateway, event.way)
            kept = await asyncio.to_thread(self.store.catalog, name)
            models = kept.models if kept is not None else ()
        elif not models:
            return
        before = await self._watched_before(place, {model.id for model in models})
        chosen = self._chosen(place, models, before)
        if chosen or event.models:
            self._models[place] = chosen
        if not chosen and event.models and place not in self._means_none:
            self._means_none.add(place)
            self.warn(
                f"{event.gateway}: of the {len(models)} models on its list the selection "
                f"({self.order.selection.told}) means none, so none of them is watched"
            )

    def _chosen(
        self, place: Place, models: tuple[Model, ...], before: Mapping[str, Model]
    ) -> dict[str, Model]:
        """Who is watched by this list: whoever was `before`, as far as the selection means it, and of a
        number of models others on the places that are free. Who has left the list keeps its place for a day.
        """
        selection = self.order.selection
        listed = {model.id for model in models}
        by_name = {model.id for model in selection.choose(())}  # which are asked, listed or not
        for there in listed:
            self._left_at.pop((place, there), None)
        gone = {}
        for name, model in before.items():
            if name not in listed | by_name and selection.means(model):
                left_at = self._left_at.setdefault((place, name), self.now())
                if self.now() - left_at < _GONE_FOR:
                    gone[name] = replace(model, listed=False)
        found = selection.choose(models, keeping=before.keys(), taken=len(gone))
        return {**{model.id: model for model in found}, **gone}

    async def _watched_before(self, place: Place, listed: Set[str]) -> Mapping[str, Model]:
        """The models that were watched until now, in this process or the one before it."""
        if place in self._models:
            return self._models[place]
        known = self.known(place)
        for model, left_at in known.items():
            if left_at is not None:
                self._left_at.setdefault((place, model), left_at)
        gone = [name for name in known if name not in listed]
        last_asked = await asyncio.to_thread(self._last_asked, place, gone)
        return {name: Model(id=name) for name in known if name in listed} | last_asked

    def _last_asked(self, place: Place, names: Iterable[str]) -> dict[str, Model]:
        """Models as they were when they were last asked: what they offer and cost, no list says any more.

        Who was never asked, or so long ago that nothing is kept of it, is not among them.
        Raises: StoreError.
        """
        gateway, way = place
        found = {}
        for name in names:
            for one in self.store.verdicts.of(gateway, name, way=way, limit=1):
                if (model := one.verdict.observation.case.model) is not None:
                    found[name] = model
        return found

    async def _questions(
        self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event
    ) -> Seen:
        listings = self._listings(tier, only)
        lanes = tuple(lane for lane in self._lanes() if (lane.name, lane.way) in listings)
        ledger = await asyncio.to_thread(self.budget.of, self.now(), self._shares())
        if not lanes:
            return Seen(known=frozenset(self._models), spent=self.budget.spent)
        order = replace(
            self.order,
            lanes=lanes,
            probes=chosen_probes(tier.probes, Path.cwd()),
            ask=self._ask(tier),
            selection=Selection(models="all"),
            repeat=1,
            fail_fast=False,
            look_twice=False,
            paces=self._paces,
            only=None if only is None else frozenset(_case_of(one, listings).id for one in only),
            settings={**self.order.settings, "watch": tier.name},
        )
        noting, calls = _Noting(self.budget, self.note), ledger.totals().calls
        async with _stopped_with(stop) as own:
            called = await call(
                order,
                client=self.client,
                store=self.store,
                listeners=[noting],
                stop=own,
                listings=listings,
                ledger=ledger,
                keeps_lists=False,
            )
        await noting.done()
        if called.faults:
            raise StoreError("; ".join(called.faults))
        run = called.run
        if (
            run.status is RunStatus.CANCELLED
            and not run.verdicts
            and ledger.totals().calls == calls
        ):
            # Stopped before a single question: a run in which nothing was asked tells nobody anything.
            await asyncio.to_thread(self.store.copies.drop_empty, run.id)
            return Seen(complete=False)
        return self._seen(run)

    def _listings(self, tier: Tier, only: frozenset[Target] | None) -> dict[Place, Listing]:
        """What a tier asks, as lists that need not be read."""
        found: dict[Place, Listing] = {}
        wanted = None if only is None else {(t.gateway, t.way, t.model) for t in only}
        for (gateway, way), models in self._models.items():
            chosen = tuple(
                model
                for model in models.values()
                if _is_meant(tier, gateway, model.id)
                and (wanted is None or (gateway, way, model.id) in wanted)
            )
            if chosen:
                found[gateway, way] = Listing(models=chosen, listed=len(chosen))
        return found

    def _shares(self) -> dict[str, float]:
        """Of each gateway that is down, its share of all that is watched."""
        watched = Counter[str]()
        for (gateway, _way), models in self._models.items():
            watched[gateway] += len(models)
        return {name: watched[name] / watched.total() for name in self.down() if watched[name]}

    def _ask(self, tier: Tier) -> Ask:
        ask = self.settings.ask
        is_default = self.settings.origin("max_tokens") == "default"
        if is_default and _SHORT.issuperset(tier.probes):
            return replace(ask, max_tokens=ANSWER_TOKENS)
        return ask

    def _seen(self, run: Run) -> Seen:
        at = self.now()
        answers = [
            one
            for one in run.verdicts
            if not is_of_a_list(one.observation.case) and not is_not_offered(one)
        ]
        nobodys = frozenset(
            target_of(one.observation.case) for one in run.verdicts if is_not_offered(one)
        )
        cases = [verdict for verdict in answers if not rests(verdict)]
        sightings = tuple(sighting(verdict, at, run.id) for verdict in cases)
        unsent = [one.reason for one, s in zip(cases, sightings, strict=True) if s.unasked]
        return Seen(
            sightings=sightings,
            planned=frozenset(target_of(case) for case in run.plan if case.model is not None)
            - nobodys,
            known=frozenset(self._models),
            run_id=run.id,
            complete=run.status is RunStatus.FINISHED,
            left_out=len(unsent),
            resting=len(answers) - len(cases),
            why=unsent[0] if unsent else "",
            spent=self.budget.spent,
        )


@asynccontextmanager
async def _stopped_with(stop: asyncio.Event) -> AsyncIterator[asyncio.Event]:
    """An event for one roll call, which sets it at its end; set as well when `stop` is."""
    own = asyncio.Event()

    async def pass_on() -> None:
        await stop.wait()
        own.set()

    passing = asyncio.create_task(pass_on(), name="stop of a round")
    try:
        yield own
    finally:
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)


class _Noting:
    """Writes down what has been spent while a round goes on, so that a crash forgets little."""

    def __init__(self, budget: Budget, note: Callable[[DaySpent], None]) -> None:
        self._budget, self._note = budget, note
        self._at = asyncio.get_running_loop().time()
        self._writing: asyncio.Task[None] | None = None

    def __call__(self, _event: Event) -> None:
        now = asyncio.get_running_loop().time()
        busy = self._writing is not None and not self._writing.done()
        if now - self._at < _NOTE_S or busy:
            return
        self._at = now
        self._writing = asyncio.create_task(asyncio.to_thread(self._note, self._budget.spent))

    async def done(self) -> None:
        """Waits for what is being written. Raises: StoreError."""
        if self._writing is not None:
            await self._writing


def _of_the_list(event: CatalogRead) -> Verdict | None:
    """What is odd about a list; that a selection means none of its models is not."""
    verdict = event.verdict
    is_read = verdict is not None and verdict.outcome is Outcome.SKIPPED and event.models
    return None if is_read else verdict


def _is_meant(tier: Tier, gateway: str, model: str) -> bool:
    name = f"{gateway}/{model}"
    return not tier.targets or any(is_meant_by(glob, name) for glob in tier.targets)


def _case_of(target: Target, listings: Mapping[Place, Listing]) -> Case:
    listing = listings.get((target.gateway, target.way))
    models = listing.models if listing is not None else ()
    found = next((model for model in models if model.id == target.model), Model(id=target.model))
    return Case(gateway=target.gateway, probe=target.probe, model=found, way=target.way)
