"""The roll call behind one test module: catalogues at collection, calls while the tests run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from gatewayz.cli.lanes import choose, key_warnings
from gatewayz.cli.network import client_for, unreachable_api
from gatewayz.cli.orders import asked_alike, beside_quarantine, order_for
from gatewayz.cli.roll_call import call
from gatewayz.config import Settings, load_settings
from gatewayz.core import (
    CATALOG_PROBE,
    Case,
    Gateway,
    GatewayzError,
    Outcome,
    Verdict,
)
from gatewayz.core.judge import skipped, unknown
from gatewayz.core.remedies import advise
from gatewayz.core.text import excerpt, visible
from gatewayz.runner import (
    Event,
    Lane,
    Listings,
    RollCall,
    VerdictReached,
    judge_listing,
    plan,
    read_catalogs,
)
from gatewayz.store import open_store

_END_S = 2.0
_NOTHING = Case(gateway="nothing", probe="to-test")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldVerdict(Verdict):
    """A verdict, and in `told` what a person is told about it: what happened and what to do.

    `quarantined` says why it is to fail nobody's job, "" where it counts.
    """

    told: str = ""
    quarantined: str = ""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One test: its case, and the verdict where that is known without a call."""

    case: Case
    id: str
    verdict: Verdict | None = None


class ModuleRoll:
    """The roll call of one test module.

    `planned` are its tests, never none. `problems` are lines on client files that cannot be used.
    """

    def __init__(
        self,
        *,
        test_config: Mapping[str, Any],
        gateway_info: Mapping[str, object] | None,
        flags: Mapping[str, Any],
        folder: Path,
    ) -> None:
        self._settings = load_settings(flags=flags, test_config=test_config, folder=folder)
        chosen = choose(self._settings, gateway_info)
        self._order = order_for(self._settings, chosen)
        self._listings: Listings = {}
        self.problems = (*chosen.problems, *key_warnings(self._order.lanes, self._settings))
        self.planned = self._plan()
        self._runs: list[_Run] = []
        self._waiting: dict[tuple[str, str], Future[Verdict]] = {}
        self._looked_up = False

    def verdict(self, wanted: Planned, together: Iterable[Planned]) -> ToldVerdict:
        """The verdict of one test, once it is reached; `together` is run with it, side by side."""
        if wanted.verdict is not None:
            return self._told(wanted.verdict)
        if _place(wanted.case) not in self._waiting:
            self._start([one.case for one in together if one.verdict is None] or [wanted.case])
        return self._told(self._waiting[_place(wanted.case)].result())

    def end(self) -> None:
        """Ends what is still under way; what is judged is kept."""
        for run in self._runs:
            run.end()

    def _plan(self) -> tuple[Planned, ...]:
        order = self._order
        reached, self._listings = asyncio.run(_read(self._settings, order))
        found: list[Planned] = []
        for lane in order.lanes:
            verdict = self._verdict_before(lane, reached)
            if verdict is not None:
                found.append(self._as_planned(verdict.observation.case, verdict))
        found += [self._as_planned(case) for case in plan(order, asked_alike(self._listings))]
        if not found:
            verdict = unknown(_NOTHING, "no gateway to test: GATEWAY_INFO names none")
            found.append(Planned(case=_NOTHING, id=_NOTHING.id, verdict=verdict))
        return tuple(found)

    def _verdict_before(self, lane: Lane, unreachable: str) -> Verdict | None:
        """The verdict over a gateway whose models cannot be tested; None when they can."""
        case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
        if lane.skip:
            return skipped(case, lane.skip)
        if lane.way == "api" and unreachable:
            return unknown(case, unreachable)
        listing = self._listings[lane.name, lane.way]
        return judge_listing(lane, listing, self._order.selection)

    def _as_planned(self, case: Case, verdict: Verdict | None = None) -> Planned:
        both = len(self._settings.ways) > 1
        return Planned(case=case, id=f"{case.id}-{case.way}" if both else case.id, verdict=verdict)

    def _start(self, cases: list[Case]) -> None:
        waiting: dict[tuple[str, str], Future[Verdict]] = {_place(c): Future() for c in cases}
        lanes = {(case.gateway, case.way) for case in cases}
        order = replace(
            self._apart(),
            lanes=tuple(lane for lane in self._order.lanes if (lane.name, lane.way) in lanes),
            only=frozenset(case.id for case in cases),
        )
        self._waiting |= waiting
        self._runs.append(_Run(self._settings, order, self._listings, waiting))

    def _apart(self) -> RollCall:
        """The order with what is in quarantine, which is looked up once. Raises: StoreError."""
        if not self._looked_up:
            with closing(open_store(self._settings.store)) as store:
                self._order = beside_quarantine(self._order, self._settings, store)
            self._looked_up = True
        return self._order

    def _told(self, verdict: Verdict) -> ToldVerdict:
        case = verdict.observation.case
        gateway = next(
            (
                lane.gateway
                for lane in self._order.lanes
                if (lane.name, lane.way) == (case.gateway, case.way)
            ),
            None,
        )
        same = {one.name: getattr(verdict, one.name) for one in fields(Verdict)}
        lines, quarantined = [told(verdict, gateway)], ""
        if verdict.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            apart = self._apart().quarantine
            spared = apart.spared(verdict) if apart else None
            if spared is not None:
                quarantined = visible(spared.told_of(verdict))
            elif apart:
                lines += map(visible, apart.notes([verdict]))
        return ToldVerdict(**same, told="\n".join(lines), quarantined=quarantined)


def told(verdict: Verdict, gateway: Gateway | None) -> str:
    """What happened and what to do, in a line or three."""
    found, last = verdict.failure, verdict.observation.last
    if found is None or verdict.outcome is Outcome.SKIPPED:
        return visible(verdict.reason.split("\n")[0] or verdict.outcome.value)
    status = f"HTTP {last.status} " if last and last.status and last.status != 200 else ""
    evidence = " ".join(excerpt(found.evidence, 200).split())
    advice = advise(verdict, gateway)
    lines = (
        f"{status}{found.label}: {evidence}" if evidence else f"{status}{found.label}",
        f"cause: {verdict.reason or advice.cause}",
        f"remedy: {advice.remedy}",
    )
    return "\n".join(map(visible, lines))


def _place(case: Case) -> tuple[str, str]:
    return (case.id, case.way)


async def _read(settings: Settings, order: RollCall) -> tuple[str, Listings]:
    """Why the API cannot be reached ("" when it can), and the catalogues of the other lanes."""
    unreachable = await unreachable_api(settings) if "api" in settings.ways else ""
    wanted = [lane for lane in order.lanes if not (unreachable and lane.way == "api")]
    client = client_for(settings)
    try:
        return unreachable, await read_catalogs(wanted, client, order.reading)
    finally:
        await client.aclose()


class _Run:
    """A run in a thread of its own, which hands each verdict to whoever waits for it."""

    def __init__(
        self,
        settings: Settings,
        order: RollCall,
        listings: Listings,
        waiting: Mapping[tuple[str, str], Future[Verdict]],
    ) -> None:
        self._settings, self._order = settings, order
        self._listings, self._waiting = listings, waiting
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._work, name="roll call", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stops the run, and waits for it a little."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_END_S)

    def _work(self) -> None:
        problem = "the run ended before this was judged"
        try:
            asyncio.run(self._call())
        except GatewayzError as error:
            problem = str(error)
        except Exception as bug:  # noqa: BLE001 -- told by every test that waits
            problem = f"a bug of ours: {type(bug).__name__}: {bug}"
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(GatewayzError(problem))

    async def _call(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        client = client_for(self._settings)
        store = open_store(self._settings.store)
        try:
            called = await call(
                self._order,
                client=client,
                store=store,
                listeners=(self._hear,),
                stop=self._stop,
                listings=self._listings,
            )
        finally:
            store.close()
            await client.aclose()
        if called.faults:
            raise GatewayzError(called.faults[0])

    def _hear(self, event: Event) -> None:
        if isinstance(event, VerdictReached):
            future = self._waiting.get(_place(event.verdict.observation.case))
            if future is not None and not future.done():
                future.set_result(event.verdict)
