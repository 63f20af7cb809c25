"""One tier of a watch as a roll call: the runner asks, its events become sightings."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from gatewayz.cli.roll_call import Called, call
from gatewayz.cli.watch_budget import Budget
from gatewayz.cli.watch_models import WatchedModels
from gatewayz.cli.watch_plan import ANSWER_TOKENS
from gatewayz.client import HttpClient, Listing
from gatewayz.config import Settings
from gatewayz.core import Ask, Case, Model, Outcome, Run, RunStatus, StoreError, Verdict
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.globs import is_meant_by
from gatewayz.core.watching import LISTED, DaySpent, Place, Target
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

# The probes whose answer is one word.
_SHORT = frozenset({"chat", "streaming"})
# So often what a round has taken is written down while it goes on.
_NOTE_S = 2.0


@dataclass(slots=True, kw_only=True)
class Asking:
    """Puts tiers through the runner, to the `models` that are watched.

    `order` is what a roll call of these settings would be. `note` keeps what has been spent by now.
    `down` names the gateways that are down as a whole, `warn` tells whom it would be silent of.
    """

    settings: Settings
    order: RollCall
    client: HttpClient
    store: Store
    budget: Budget
    models: WatchedModels
    now: Callable[[], datetime]
    note: Callable[[DaySpent], None] = lambda _spent: None
    down: Callable[[], frozenset[str]] = frozenset
    warn: Callable[[str], None] = lambda _line: None
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

    def _missing(self) -> list[Lane]:
        """The lanes whose models are not known yet."""
        return [lane for lane in self._lanes() if (lane.name, lane.way) not in self.models]

    def _lanes(self) -> list[Lane]:
        return [lane for lane in self.order.lanes if not lane.skip]

    async def _lists(self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event) -> Seen:
        places = None if only is None else {target.place for target in only}
        lanes = [
            lane for lane in self._lanes() if places is None or (lane.name, lane.way) in places
        ]
        read, called = await self._read(lanes, stop)
        found = [
            seen
            for event in read
            for seen in list_sightings(
                Target(gateway=event.gateway, way=event.way),
                _of_the_list(event),
                (model.id for model in event.models),
                [model.id for model in self.models.of((event.gateway, event.way))],
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
            if place not in self.models and LISTED in tier.probes:
                for model in self.models.known(place):
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
            if warning := await self.models.take((event.gateway, event.way), event.models):
                self.warn(warning)
        return read, called

    async def _questions(
        self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event
    ) -> Seen:
        listings = self._listings(tier, only)
        lanes = tuple(lane for lane in self._lanes() if (lane.name, lane.way) in listings)
        ledger = await asyncio.to_thread(self.budget.of, self.now(), self._shares())
        if not lanes:
            return Seen(watched=self.models.ids, spent=self.budget.spent)
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
        for gateway, way in self.models.ids:
            chosen = tuple(
                model
                for model in self.models.of((gateway, way))
                if _is_meant(tier, gateway, model.id)
                and (wanted is None or (gateway, way, model.id) in wanted)
            )
            if chosen:
                found[gateway, way] = Listing(models=chosen, listed=len(chosen))
        return found

    def _shares(self) -> dict[str, float]:
        """Of each gateway that is down, its share of all that is watched."""
        watched = Counter[str]()
        for (gateway, _way), ids in self.models.ids.items():
            watched[gateway] += len(ids)
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
            watched=self.models.ids,
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
    listing = listings.get(target.place)
    models = listing.models if listing is not None else ()
    found = next((model for model in models if model.id == target.model), Model(id=target.model))
    return Case(gateway=target.gateway, probe=target.probe, model=found, way=target.way)
