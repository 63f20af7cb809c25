"""The watch itself: what is due is asked, what changed is kept and told, then the next is waited for.

Each tier goes by itself: while one waits for a gateway that hangs, the others come round. What they saw
is taken in one after the other. One round of a tier is one record in the store: how all stands, what changed, what is to be told and
when the tier was last begun are written together. What a stop or a crash cuts off leaves nothing
of it, and the tier is due again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from gatewayz.core.watching import (
    LISTS,
    REACHABLE,
    Alarm,
    DaySpent,
    Lease,
    Notice,
    Place,
    Sighting,
    StateChange,
    Target,
    TierMark,
    WatchRecord,
)
from gatewayz.watch.alerting import Quietness, alarms
from gatewayz.watch.blindness import Blindness
from gatewayz.watch.flapping import lately
from gatewayz.watch.promises import Burnt
from gatewayz.watch.schedule import Schedule, Tier
from gatewayz.watch.strays import Strays
from gatewayz.watch.watched import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of asking one tier.

    `planned` are all targets that it was to ask, and `watched` the models of each gateway of which it was
    known which are watched, be it none; `complete` is False when it was stopped before its
    end. `left_out` counts what a cap left out, `why` says which. `resting` counts what was not asked of
    a gateway that is down and has had its share of a cap.
    """

    sightings: tuple[Sighting, ...] = ()
    planned: frozenset[Target] = frozenset()
    watched: Mapping[Place, frozenset[str]] = field(default_factory=dict)
    run_id: str = ""
    complete: bool = True
    left_out: int = 0
    resting: int = 0
    why: str = ""
    spent: DaySpent | None = None


class Prober(Protocol):
    """Whoever can put a tier's questions; the command line makes one of the runner."""

    async def ask(self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event) -> Seen:
        """Asks a tier, or only these targets of it, until it is done or `stop` is set.

        Raises: StoreError.
        """
        ...


class Room(Protocol):
    """Where it is kept; see `gatewayz.store`."""

    def keep(self, lease: Lease, record: WatchRecord) -> None:
        """Keeps one record whole. Raises: LostLease, StoreError; then nothing of it is kept."""
        ...


class Clock(Protocol):
    """The time of day, and waiting."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        ...

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Returns after so long, or as soon as `stop` is set."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a round came to, for whoever shows it."""

    tier: Tier
    at: datetime
    seen: Seen
    changes: tuple[StateChange, ...]
    notices: tuple[Notice, ...]


# Gives what is to be told of objectives at a moment, nothing that it has given before; it is told of
# which gateways an alarm is open.
Burning = Callable[[datetime, frozenset[str]], Awaitable[Burnt]]

_RECHECK = "recheck"
# However long the next tier takes: a clock may have been put forward, or this machine been asleep.
_MOST_WAIT_S = 30.0


@dataclass(slots=True, kw_only=True)
class Watch:
    """One leader's watch. All it needs is handed in; `tell` hears of each round after it is kept."""

    lease: Lease
    room: Room
    prober: Prober
    schedule: Schedule
    watched: Watched
    clock: Clock
    tell: Callable[[Told], None]
    channels: tuple[str, ...] = ()
    quietness: Quietness = field(default_factory=Quietness)
    open_alarms: tuple[Alarm, ...] = ()
    closed_alarms: tuple[Alarm, ...] = ()
    burning: Burning | None = None
    blindness: Blindness = field(default_factory=Blindness)
    recheck_s: float = 60.0
    most_rechecks: int = 3
    strays: Strays = field(default_factory=Strays)
    covers: frozenset[str] = frozenset()
    _planned: dict[str, frozenset[Target]] = field(default_factory=dict)
    _recheck_at: datetime | None = None
    _doubted_at: dict[Target, datetime] = field(default_factory=dict)
    _rechecked: Counter[Target] = field(default_factory=Counter)
    _under_way: dict[str, asyncio.Task[int]] = field(default_factory=dict)
    _taking_in: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, stop: asyncio.Event) -> None:
        """Watches until it is stopped, and sets `stop` where it fails. Raises: LostLease, StoreError."""
        while not stop.is_set():
            self._begin(stop)
            waiting = asyncio.create_task(self.clock.wait(self._pause_s(), stop))
            await asyncio.wait(
                (waiting, *self._under_way.values()), return_when=asyncio.FIRST_COMPLETED
            )
            waiting.cancel()
            if any(task.done() and task.exception() for task in self._under_way.values()):
                stop.set()
            elif not stop.is_set():
                self._under_way = {n: one for n, one in self._under_way.items() if not one.done()}
        await self._all()

    async def once(self, stop: asyncio.Event) -> int:
        """What is due now, and what settles doubts about it; how many rounds there were.

        Tiers go one after the other, the most frequent first, so that what is left of a cap is theirs.
        """
        rounds = 0
        for tier in self.schedule.due(self.clock.now(), early=True):
            if stop.is_set():
                return rounds
            rounds += await self._tier(tier, None, stop)
        while self._recheck_at is not None and not stop.is_set():
            await self.clock.wait(_wait_s(self.clock.now(), [self._recheck_at]), stop)
            if self._recheck_is_due() and not stop.is_set():
                rounds += await self._recheck(stop)
        return rounds

    async def round(self, stop: asyncio.Event) -> int:
        """Everything that is due, to its end; how many rounds there were."""
        self._begin(stop)
        return await self._all()

    def _begin(self, stop: asyncio.Event) -> None:
        """Begins what is due and is not under way."""
        now = self.clock.now()
        for tier in self.schedule.due(now):
            if tier.name not in self._under_way:
                self._under_way[tier.name] = asyncio.create_task(
                    self._tier(tier, None, stop), name=f"tier {tier.name}"
                )
        if self._recheck_is_due() and _RECHECK not in self._under_way:
            self._under_way[_RECHECK] = asyncio.create_task(self._recheck(stop), name=_RECHECK)

    async def _all(self) -> int:
        """Waits for what is under way; how many rounds there were. Raises: LostLease, StoreError."""
        under_way, self._under_way = self._under_way, {}
        ended = await asyncio.gather(*under_way.values(), return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return sum(one for one in ended if isinstance(one, int))

    async def _tier(self, tier: Tier, only: frozenset[Target] | None, stop: asyncio.Event) -> int:
        begun = self.clock.now()
        seen = await self.prober.ask(tier, only, stop)
        async with self._taking_in:
            await self._take_in(tier, only, seen, begun, stop)
        return 1

    async def _take_in(
        self,
        tier: Tier,
        only: frozenset[Target] | None,
        seen: Seen,
        begun: datetime,
        stop: asyncio.Event,
    ) -> None:
        now = self.clock.now()
        changes = self.watched.take(seen.sightings, now)
        # With a change of one of its questions a model's are looked at anew, however often they were before.
        moved = {replace(one.target, probe="") for one in changes if one.target.probe}
        for target in [one for one in self._rechecked if replace(one, probe="") in moved]:
            del self._rechecked[target]
        marks: tuple[TierMark, ...] = ()
        forgotten: tuple[Target, ...] = ()
        # A round that ended early though nobody stopped it is over, too: it must not begin at once again.
        if only is None and (seen.complete or not stop.is_set()):
            self.schedule.begin(tier, begun)
            marks = (
                TierMark(
                    tier=tier.name, at=begun, run_id=seen.run_id, covers=tier.asks(self.covers)
                ),
            )
            forgotten, followed = self._forgotten(tier, seen, now)
            changes += followed
            self._rechecked -= Counter(dict.fromkeys(seen.planned, self.most_rechecks))
        stray = self.strays.let_go(now)
        forgotten += tuple(one.target for one in stray.conditions)
        changes += tuple(filter(None, (one.let_go(now) for one in stray.conditions)))
        closed, opened = self.closed_alarms, (*self.open_alarms, *stray.alarms)
        changed, notices = alarms(opened, self.watched, now, self.quietness, closed)
        notices += self.blindness.notices(self.watched.all(), now, seen.why)
        burnt = Burnt()
        if self.burning is not None and not tier.reads_lists_only:
            awake = frozenset(one.gateway for one in self._still_open(changed))
            burnt = await self.burning(now, awake)
            notices += burnt.notices
        record = WatchRecord(
            conditions=self.watched.touched(),
            forgotten=forgotten,
            changes=changes,
            alarms=changed,
            notices=notices,
            channels=self.channels,
            marks=marks,
            spent=seen.spent,
            budgets=burnt.alerts,
        )
        if not record.empty:
            await asyncio.to_thread(self.room.keep, self.lease, record)
        self.open_alarms = self._still_open(changed)
        self.closed_alarms = lately((*closed, *changed), now)
        self._plan_recheck(seen, now)
        self.tell(Told(tier=tier, at=now, seen=seen, changes=changes, notices=notices))

    def _still_open(self, changed: Iterable[Alarm]) -> tuple[Alarm, ...]:
        by_id = {one.id: one for one in (*self.open_alarms, *changed)}
        return tuple(one for one in by_id.values() if one.closed_at is None)

    def _forgotten(
        self, tier: Tier, seen: Seen, at: datetime
    ) -> tuple[tuple[Target, ...], tuple[StateChange, ...]]:
        """Drops what no tier asks any more: models that are watched no more, what a list does not offer any
        more, and the questions of a tier that was switched off.

        A gateway whose list could not be read plans nothing, and keeps what is known of it.
        """
        self._planned[tier.name] = seen.planned
        places = seen.watched.keys() or {target.place for target in seen.planned}
        gone = []
        for one in self.watched.all():
            target = one.target
            if target.probe and (
                self._is_left(target, seen) or self._is_unasked(target, tier, places)
            ):
                gone.append(target)
        return self.watched.forget(gone, at)

    @staticmethod
    def _is_left(target: Target, seen: Seen) -> bool:
        """Whether it is of a model that is not watched any more, by whatever tier it was asked."""
        models = seen.watched.get(target.place)
        return models is not None and bool(target.model) and target.model not in models

    def _is_unasked(self, target: Target, tier: Tier, places: Container[Place]) -> bool:
        """Whether no tier asks it any more, as far as this round of one can tell."""
        asking = [t.name for t in self.schedule.tiers if target.probe in t.probes]
        is_this_tiers = target.model and tier.name in asking
        if target.place not in places or not (is_this_tiers or not asking):
            return False
        known = all(name in self._planned for name in asking)
        return known and not any(target in self._planned.get(name, ()) for name in asking)

    def _plan_recheck(self, seen: Seen, now: datetime) -> None:
        """So long after the first doubt that is open; one that was looked at in this round begins anew."""
        looked_at = {one.target for one in seen.sightings}
        self._doubted_at = {
            target: now if target in looked_at else min(now, self._doubted_at.get(target, now))
            for target in self._doubtful()
        }
        first = min(self._doubted_at.values(), default=None)
        self._recheck_at = None if first is None else first + timedelta(seconds=self.recheck_s)

    def _recheck_is_due(self) -> bool:
        return self._recheck_at is not None and self.clock.now() >= self._recheck_at

    def _doubtful(self) -> frozenset[Target]:
        """What another look would settle, and has not been looked at again too often."""
        return frozenset(
            target
            for target in self.watched.in_doubt()
            if self._rechecked[target] < self.most_rechecks
        )

    async def _recheck(self, stop: asyncio.Event) -> int:
        """Looks again at what is in doubt.

        Where that is a host, a few of its models are asked first: who answers is not down, whatever
        becomes of the list.
        """
        now, rounds = self.clock.now(), 0
        # Those go along that would be due soon; what has only just been doubted must have time to pass.
        long_ago = now - timedelta(seconds=self.recheck_s / 2)
        doubtful = frozenset(one for one, at in self._doubted_at.items() if at <= long_ago)
        self._doubted_at.update(dict.fromkeys(doubtful, now))
        self._recheck_at = None
        self._rechecked.update(doubtful)
        lists = frozenset(target for target in doubtful if target.probe in LISTS)
        places = {target.place for target in lists if target.probe == REACHABLE}
        witnesses = {target for place in places for target in self.watched.witnesses(*place)}
        for only in ((doubtful - lists) | witnesses, lists):
            if only and not stop.is_set():
                probes = tuple(sorted({target.probe for target in only}))
                again = Tier(name=_RECHECK, every_s=self.recheck_s, probes=probes)
                rounds += await self._tier(again, only, stop)
        return rounds

    def _pause_s(self) -> float:
        """Until something is due that is not under way."""
        now, schedule = self.clock.now(), self.schedule
        moments = [
            schedule.due_at(one, now) for one in schedule.tiers if one.name not in self._under_way
        ]
        if self._recheck_at is not None and _RECHECK not in self._under_way:
            moments.append(self._recheck_at)
        return _wait_s(now, moments)


def _wait_s(now: datetime, moments: Iterable[datetime]) -> float:
    """Until the first of some moments, and no longer than is waited at a time."""
    left_s = min(((at - now).total_seconds() for at in moments), default=_MOST_WAIT_S)
    return min(_MOST_WAIT_S, max(0.0, left_s))
