"""A watch at the command line: signals, the lease, what is printed, the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gatewayz.cli.complaints import complain
from gatewayz.cli.exits import CANCELLED, OK, UNJUDGED
from gatewayz.cli.growth import tidy
from gatewayz.cli.lanes import choose, key_warnings
from gatewayz.cli.loop import run_loop
from gatewayz.cli.network import client_for
from gatewayz.cli.orders import order_for, prices_for
from gatewayz.cli.watch_asking import Asking
from gatewayz.cli.watch_budget import Budget
from gatewayz.cli.watch_models import WatchedModels
from gatewayz.cli.watch_plan import (
    Occasions,
    caps_of_a_day,
    channels_of,
    quietness_of,
    tiers_of,
)
from gatewayz.cli.watch_promises import burning_of, excused_by
from gatewayz.cli.watch_shown import Lines
from gatewayz.cli.watch_state import code_of
from gatewayz.client import HttpClient
from gatewayz.config import Settings
from gatewayz.core import StoreError
from gatewayz.core.objectives import Confirmation
from gatewayz.core.units import show_usd, utc_now
from gatewayz.core.watching import (
    Alarm,
    Condition,
    DaySpent,
    Lease,
    LostLease,
    Place,
    WatchRecord,
    asked_of,
)
from gatewayz.money import Caps
from gatewayz.reports._wrapping import width_of, wrapped
from gatewayz.runner import RollCall
from gatewayz.store import Store, open_store
from gatewayz.watch import (
    Channel,
    Claim,
    Schedule,
    Tier,
    Watch,
    Watched,
    Watcher,
    deliver,
    this_process,
)
from gatewayz.watch.blindness import Blindness
from gatewayz.watch.flapping import lately
from gatewayz.watch.strays import Strays

# A round that was stopped and the alerts that are due have so long together.
_GRACE_S = 8.0
# For the alerts alone, when the watch ends.
_LAST_ALERTS_S = 3.0
_DELIVER_EVERY_S = 15.0
_TIDY_EVERY_S = 3600.0
# So many results are summed within a second or two, which the end of a watch may wait for.
_SUMMED_AT_ONCE = 5000
# One cycle by hand or by cron is not to take minutes.
_RECHECK_ONCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a watch is run: once or for good, and what it prints."""

    once: bool = False
    verbose: bool = False
    as_json: bool = False
    every: tuple[str, ...] = ()


class SystemClock:
    """The time of day. However long a wait is, `stop` ends it."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return utc_now()

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Returns after so long, or as soon as `stop` is set."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()


def watch_here(settings: Settings, manner: Manner) -> int:
    """Watches until it is stopped, or for one cycle; the exit code.

    Raises: GatewayzError for what is found before the first call.
    """
    tiers, channels = tiers_of(settings, manner.every), channels_of(settings)
    chosen = choose(settings)
    order = order_for(settings, chosen)
    caps = caps_of_a_day(settings)
    if caps.usd is not None:
        order = _with_prices(order, settings)
    for line in (*chosen.problems, *key_warnings(order.lanes, settings)):
        _say(f"warning: {line}")
    if all(lane.skip for lane in order.lanes):
        _say(
            "Nothing to watch. Set a key (gatewayz config shows which), or try: gatewayz demo --week"
        )
        return UNJUDGED
    with contextlib.closing(open_store(settings.store)) as store:
        session = _Session(settings, order, store, tiers, channels, caps, manner)
        return run_loop(session.run())


def _with_prices(order: RollCall, settings: Settings) -> RollCall:
    from dataclasses import replace

    return replace(order, prices=prices_for(settings, planning=True))


class _Session:
    def __init__(
        self,
        settings: Settings,
        order: RollCall,
        store: Store,
        tiers: tuple[Tier, ...],
        channels: tuple[Channel, ...],
        caps: Caps,
        manner: Manner,
    ) -> None:
        self._settings, self._order, self._store = settings, order, store
        self._tiers, self._channels, self._caps = tiers, channels, caps
        self._manner = manner
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._signal = 0
        self._lines = Lines(verbose=manner.verbose, as_json=manner.as_json)
        self._claim = Claim(
            room=store.watch.leases, holder=this_process(), clock=time.monotonic, now=utc_now
        )

    async def run(self) -> int:
        """The whole of it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopped, number)
        client = client_for(self._settings)
        try:
            if self._manner.once:
                return await self._once(client)
            self._say_what(self._tiers)
            watcher = self._watcher(lambda lease, ended: self._lead(client, lease, ended))
            await watcher.run(self._stop)
        finally:
            await client.aclose()
        # TERM is how what runs for good is stopped in good order.
        return CANCELLED if self._signal == signal.SIGINT else OK

    def _watcher(self, lead: Callable[[Lease, asyncio.Event], object]) -> Watcher:
        return Watcher(
            claim=self._claim,
            room=self._store.watch.leases,
            clock=self._clock,
            lead=lead,  # type: ignore[arg-type]
            say=_say,
        )

    async def _lead(self, client: HttpClient, lease: Lease, ended: asyncio.Event) -> None:
        watch = await asyncio.to_thread(self._watch, client, lease, self._settings.watch.recheck_s)
        posting = asyncio.create_task(self._post(lease, ended), name="alerts")
        tidying = asyncio.create_task(self._tidy(ended), name="tidying")
        try:
            watching = asyncio.create_task(watch.run(ended), name="watch")
            done, _ = await asyncio.wait((watching, posting), return_when=asyncio.FIRST_COMPLETED)
            ended.set()
            await watching
            if posting in done:
                posting.result()
        finally:
            with contextlib.suppress(TimeoutError, StoreError):
                async with asyncio.timeout(_LAST_ALERTS_S):
                    await posting
            posting.cancel()
            await asyncio.gather(posting, tidying, return_exceptions=True)

    async def _tidy(self, ended: asyncio.Event) -> None:
        """Keeps the store from growing for ever. What cannot be done now is done in an hour."""
        while not ended.is_set():
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(
                    tidy, self._store, self._settings, self._clock.now(), most=_SUMMED_AT_ONCE
                )
            await self._clock.wait(_TIDY_EVERY_S, ended)

    async def _once(self, client: HttpClient) -> int:
        lease = await self._lease_or_leader()
        if lease is None:
            if self._stop.is_set():
                return CANCELLED
            return await asyncio.to_thread(self._code)
        code = UNJUDGED

        async def one_cycle(held: Lease, ended: asyncio.Event) -> None:
            nonlocal code
            pause_s = min(_RECHECK_ONCE_S, self._settings.watch.recheck_s)
            watch = await asyncio.to_thread(self._watch, client, held, pause_s)
            if not await watch.once(ended) and not ended.is_set():
                self._say_when(watch.schedule.next_at(self._clock.now()))
            await self._deliver(held)
            code = await asyncio.to_thread(self._code)

        await self._watcher(one_cycle).held(lease, self._stop)
        if self._signal:
            return CANCELLED if self._signal == signal.SIGINT else 128 + self._signal
        return code

    async def _lease_or_leader(self) -> Lease | None:
        """The lease, as soon as it is sure that nobody else watches; None when somebody does."""
        first = None
        while not self._stop.is_set():
            lease = await asyncio.to_thread(self._claim.attempt)
            if lease is not None:
                return lease
            now = await asyncio.to_thread(self._store.watch.leases.lease)
            if now is not None:
                first = first or now
                if (first.token, first.beat) != (now.token, now.beat):
                    _say(f"nothing to do: {self._claim.leader} watches")
                    return None
            await self._clock.wait(0.5, self._stop)
        return None

    def _watch(self, client: HttpClient, lease: Lease, recheck_s: float) -> Watch:
        """The watch as the store knows it. Raises: StoreError."""
        room, watch = self._store.watch, self._settings.watch
        bad, of = watch.confirm
        conditions, open_alarms, strays = self._as_kept()
        places = self._places
        tiers = {tier.name: tier for tier in self._tiers}
        selection = self._order.selection.told
        covers = frozenset(asked_of(place, selection) for place in places)
        # Of a mark of an older version nobody knows more than who was ever looked at.
        is_new = not places <= {one.target.place for one in conditions}
        watched = Watched(
            conditions,
            rule=Confirmation(bad=bad, of=of, good=watch.recover),
            excused=excused_by(self._settings),
        )
        models = WatchedModels(
            selection=self._order.selection,
            store=self._store,
            now=utc_now,
            known=watched.listed_until,
        )
        asking = Asking(
            settings=self._settings,
            order=self._order,
            client=client,
            store=self._store,
            budget=Budget(self._caps, room.spent),
            models=models,
            now=utc_now,
            note=lambda spent: self._note(lease, spent),
            down=watched.down,
            warn=_say,
        )
        return Watch(
            lease=lease,
            room=room,
            prober=asking,
            schedule=Schedule(
                self._tiers,
                # Who is new to the watch does not wait for a tier that others have just had.
                {
                    mark.tier: mark.at
                    for mark in room.marks()
                    if (tier := tiers.get(mark.tier))
                    and mark.holds_for(tier.asks(covers))
                    and not (is_new and mark.covers is None)
                },
                jitter=watch.jitter,
                seed=self._settings.seed,
            ),
            watched=watched,
            burning=burning_of(self._settings, self._store),
            blindness=Blindness.after(told for told, _ in room.notices(1000)),
            clock=self._clock,
            tell=self._lines,
            channels=tuple(channel.name for channel in self._channels),
            quietness=quietness_of(self._settings),
            open_alarms=open_alarms,
            closed_alarms=lately(room.alarms(1000), self._clock.now()),
            strays=strays,
            covers=covers,
            recheck_s=recheck_s,
            most_rechecks=max(of, watch.recover),
        )

    @property
    def _places(self) -> frozenset[Place]:
        return frozenset((lane.name, lane.way) for lane in self._order.lanes if not lane.skip)

    def _code(self) -> int:
        """What the store knows of those that are watched."""
        conditions, open_alarms, _ = self._as_kept()
        return code_of(conditions, open_alarms)

    def _as_kept(self) -> tuple[tuple[Condition, ...], tuple[Alarm, ...], Strays]:
        """How those stand that are watched, with their alarms, and who else is in the store. Raises: StoreError."""
        room, places = self._store.watch, self._places
        conditions, alarms = room.conditions(), room.alarms(10_000, open_only=True)
        return (
            tuple(one for one in conditions if one.target.place in places),
            tuple(one for one in alarms if one.place in places),
            Strays.beside(places, conditions, alarms),
        )

    def _note(self, lease: Lease, spent: DaySpent) -> None:
        self._store.watch.keep(lease, WatchRecord(spent=spent))

    async def _post(self, lease: Lease, ended: asyncio.Event) -> None:
        """Delivers alerts until the watch ends, and once more then. Raises: StoreError."""
        while not ended.is_set():
            await self._deliver(lease)
            await self._clock.wait(_DELIVER_EVERY_S if self._channels else 3600.0, ended)
        await self._deliver(lease)

    async def _deliver(self, lease: Lease) -> None:
        if self._channels:
            await deliver(self._store.watch, lease, self._channels, utc_now, _say)

    @staticmethod
    def _say_when(due: datetime | None) -> None:
        if due is not None:
            _say(f"Nothing is due before {due:%Y-%m-%d %H:%M:%S} UTC (--show tells how all stands)")

    def _say_what(self, tiers: tuple[Tier, ...]) -> None:
        lanes = [lane for lane in self._order.lanes if not lane.skip]
        names = dict.fromkeys(lane.name for lane in lanes)
        count = f"{len(names)} gateways" if len(names) > 1 else next(iter(names))
        watching = f"Watching {count}: {Occasions(tiers=tiers).told()}"
        for line in wrapped(watching, "", width=width_of(sys.stderr, os.environ)):
            complain(line)
        caps = [
            f"{show_usd(self._caps.usd)}" if self._caps.usd is not None else "",
            f"{self._caps.tokens:,} tokens" if self._caps.tokens is not None else "",
            f"{self._caps.calls:,} calls" if self._caps.calls is not None else "",
        ]
        told = " and ".join(cap for cap in caps if cap)
        _say(f"At most {told} a day (UTC)" if told else "No cap on what a day may cost")
        to = ", ".join(channel.name for channel in self._channels)
        _say(f"Alerts go to {to}" if to else "Alerts go nowhere but here (docs/watching.md)")

    def _stopped(self, number: int) -> None:
        """The first signal ends the watch in order, the second at once."""
        if self._signal:
            os._exit(128 + number)
        self._signal = number
        self._stop.set()
        asyncio.get_running_loop().call_later(_GRACE_S, self._give_up)

    def _give_up(self) -> None:
        _say("stopped; what was kept is whole, and the round that was under way is due again")
        sys.stdout.flush()
        os._exit(128 + self._signal)


def _say(line: str) -> None:
    complain(f"gatewayz: {line}" if line[:1].islower() else line)


__all__ = ["LostLease", "Manner", "SystemClock", "watch_here"]
