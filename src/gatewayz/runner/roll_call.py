"""The run itself: catalogues, cases, verdicts, told as events.

One task a gateway, and under it as many workers as the gateway allows calls at once. Nothing
here knows a gateway, a probe or a listener by name.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from gatewayz.client import Listing
from gatewayz.core import (
    CATALOG_PROBE,
    Attempt,
    Case,
    ChatRequest,
    Gateway,
    GatewayzError,
    Model,
    Outcome,
    Phase,
    Run,
    RunStatus,
    Spend,
    Summary,
    Verdict,
    Way,
)
from gatewayz.core.addresses import Addresses
from gatewayz.core.hindsight import Hindsight, our_network
from gatewayz.core.judge import of_a_bug, skipped, unknown
from gatewayz.core.pairs import Pairs
from gatewayz.core.preparing import Preparation
from gatewayz.core.refused_keys import Place, place_of, refuses_our_key
from gatewayz.core.spend import spend_together
from gatewayz.core.units import utc_now
from gatewayz.measure import summarize
from gatewayz.money import Ledger, Reservation
from gatewayz.runner.cases import Asker
from gatewayz.runner.catalogues import (
    judge_listing,
    oddities_of,
    read_listing,
)
from gatewayz.runner.events import (
    CasesPlanned,
    CatalogRead,
    Event,
    GatewayFinished,
    RunFinished,
    RunStarted,
    VerdictReached,
)
from gatewayz.runner.network import HostsInUse, ListsRead
from gatewayz.runner.order import Executor, Lane, RollCall
from gatewayz.runner.pacing import Pace
from gatewayz.runner.plan import (
    Listings,
    by_gateway,
    chosen_models,
    not_offered,
    plan_gateway,
    turns,
)
from gatewayz.runner.spending import Purse, accounted, counted_on, spent_before

SPREAD_S = 0.01
# So many cases in a row, retries included, that could not even connect to the backend.
API_IS_GONE_AFTER = 3


async def roll_call(
    order: RollCall,
    *,
    executor: Executor,
    listings: Listings | None = None,
    stop: asyncio.Event | None = None,
    ledger: Ledger | None = None,
) -> AsyncIterator[Event]:
    """Runs an order and tells what happens, from RunStarted to RunFinished.

    `listings` are catalogues read before; gateways without one are asked. Setting `stop` cancels:
    calls under way are dropped, what is judged is kept, and the last event is a RunFinished whose
    run is cancelled. `ledger` is one that other runs draw on as well; None for one of its own, with
    the caps of the order, of which a run that is gone on with has spent some.
    """
    before = spent_before(order)
    ledger = Ledger(order.caps, counted_on(before)) if ledger is None else ledger
    running = _Running(order, executor, dict(listings or {}), ledger, before)
    yield RunStarted(running.run())
    work = asyncio.create_task(running.work(), name="roll call")
    halted = asyncio.create_task((stop or asyncio.Event()).wait(), name="stop")
    for task in (work, halted):
        task.add_done_callback(lambda _: running.changed.set())
    try:
        while not (work.done() or halted.done()):
            await running.changed.wait()
            running.changed.clear()
            while running.events:
                yield running.events.popleft()
        cancelled = not work.done()
        work.cancel()
        await asyncio.wait([work])
        running.end()
        if not work.cancelled():
            work.result()  # a bug of ours is not swallowed
        while running.events:
            yield running.events.popleft()
        running.status = RunStatus.CANCELLED if cancelled else RunStatus.FINISHED
        yield RunFinished(running.run(finished_at=utc_now()))
    finally:
        for task in (work, halted):
            task.cancel()
        await asyncio.gather(work, halted, return_exceptions=True)


class _Running:
    """One run's state."""

    def __init__(
        self,
        order: RollCall,
        executor: Executor,
        listings: dict[tuple[str, Way], Listing],
        ledger: Ledger,
        spent: Spend | None,
    ) -> None:
        self.order = order
        self.executor = executor
        self.events: deque[Event] = deque()
        self.changed = asyncio.Event()
        self.status = RunStatus.RUNNING
        self.slots = asyncio.Semaphore(order.concurrency)
        self._listings = listings
        before = order.resumed or Run(
            id=f"{utc_now():%Y%m%d-%H%M%S}-{uuid4().hex[:6]}", started_at=utc_now()
        )
        self._id, self._started_at = before.id, before.started_at
        self._elapsed_before_s = before.elapsed_s
        self._started = asyncio.get_running_loop().time()
        # What was planned before an interruption stays so, whatever is listed by now.
        self._plan = list(before.plan)
        self._planned_before: dict[str, list[tuple[Case, Model]]] = {}
        for case in before.plan:
            if case.model is not None:
                self._planned_before.setdefault(case.gateway, []).append((case, case.model))
        self._verdicts = list(before.verdicts)
        self._judged_before = {v.observation.case.name: v.outcome for v in before.verdicts}
        self._done: set[str] = set()
        self._asker = Asker(order, executor, self, seed=self._id, tell=self._tell)
        self._hindsight, self._addresses = Hindsight(), Addresses()
        self._pairs = Pairs()
        running = [lane for lane in order.lanes if not lane.skip and not self._is_settled(lane)]
        self._hosts, self._lists = HostsInUse(running), ListsRead(running)
        self._closed_lanes: dict[Place, str] = {}
        # Cases under way, and where a refused key waits for what they say of it.
        self._under_way: Counter[Place] = Counter()
        self._in_doubt: dict[Place, asyncio.Event] = {}
        self._spent_before = spent
        self.purse = Purse(ledger, order.prices, bounds=ledger.caps.on_spending, before=spent)
        self._stopped = ""
        self._api_lost_in_a_row = 0
        self._preparation: Preparation | None = None

    def _is_settled(self, lane: Lane) -> bool:
        """Whether a lane gave nothing to test before the run was interrupted."""
        case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
        return self._judged_before.get(case.name, Outcome.PASSED) is not Outcome.PASSED

    def run(self, finished_at: datetime | None = None) -> Run:
        """The run as it stands."""
        elapsed = self._elapsed_before_s + asyncio.get_running_loop().time() - self._started
        over = finished_at is not None
        lanes = {lane.name: number for number, lane in enumerate(self.order.lanes)}
        last = len(lanes)
        in_order = sorted(self._verdicts, key=lambda v: lanes.get(v.observation.case.gateway, last))
        return Run(
            id=self._id,
            started_at=self._started_at,
            finished_at=finished_at,
            status=self.status,
            plan=tuple(self._plan),
            settings=self.order.settings,
            environment=self.order.environment,
            verdicts=tuple(in_order),
            summary=self._summary(in_order, elapsed) if over else None,
        )

    def _summary(self, verdicts: list[Verdict], elapsed_s: float) -> Summary:
        found = summarize(verdicts, elapsed_s=elapsed_s, left=self._left())
        apart = self.order.quarantine
        notes = (*found.notes, *(apart.notes(verdicts) if apart else ()))
        return replace(found, spend=self._spend(verdicts), notes=notes)

    def _spend(self, verdicts: Sequence[Verdict]) -> Spend | None:
        """What it came to, with what the parts before an interruption did."""
        before = self.order.resumed
        if before is None or self._spent_before is None:
            return self.purse.spend(verdicts)
        judged = {v.observation.case.name for v in before.verdicts[: accounted(before)]}
        own = [v for v in verdicts if v.observation.case.name not in judged]
        return spend_together([self._spent_before, self.purse.spend(own)])

    def _left(self) -> dict[tuple[str, str], int]:
        """What a run that was stopped did not come to; nothing of one that came to its end."""
        if self.status is not RunStatus.CANCELLED:
            return {}
        lanes = [
            (lane.name, lane.way)
            for lane in self.order.lanes
            if not lane.skip and lane.name not in self._done
        ]
        planned = Counter((c.gateway, c.way) for c in self._plan if c.model is not None)
        cases = (verdict.observation.case for verdict in self._verdicts)
        reached = Counter((c.gateway, c.way) for c in cases if c.model is not None)
        return {lane: planned[lane] - reached[lane] for lane in lanes}

    async def work(self) -> None:
        """All gateways, side by side."""
        try:
            async with asyncio.TaskGroup() as group:
                for name, lanes in by_gateway(self.order.lanes).items():
                    group.create_task(self._gateway(name, lanes), name=name)
        except BaseExceptionGroup as several:
            raise _first_of(several) from several
        finally:
            if self._preparation is not None:
                self._preparation.stop()

    async def _gateway(self, name: str, lanes: list[Lane]) -> None:
        """One gateway: its lists, its plan, its cases."""
        lanes = [lane for lane in lanes if not self._is_settled(lane)]
        for lane in lanes:
            if lane.skip:
                case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
                self._reach(skipped(case, lane.skip))
        lanes = [lane for lane in lanes if not lane.skip]
        chosen = dict(
            zip(
                (lane.way for lane in lanes),
                await asyncio.gather(*(self._models(lane) for lane in lanes)),
                strict=True,
            )
        )
        planned = self._planned(name, lanes, chosen) if lanes else ()
        open_cases = tuple(case for case in planned if case.name not in self._judged_before)
        cases = tuple(case for case in open_cases if self._fresh(case) is None)
        asked = {case.way for case in cases}
        self._hosts.done_with(lane for lane in lanes if lane.way not in asked)
        if planned:
            # A case by itself holds up nobody but itself, and has it sooner as it needs it.
            if len(self._plan) > 1 and self._preparation is None:
                self._preparation = Preparation()
            self._pairs.expect(open_cases)
            if not self.order.fail_fast:  # nothing comes after the first failure
                self._addresses.expect(cases)
            self._tell(CasesPlanned(name, planned))
            self._take_over(open_cases)
            await self._cases(lanes, turns(self.order, cases))
        self._done.add(name)
        self._tell(GatewayFinished(name))

    def _planned(
        self, name: str, lanes: Sequence[Lane], chosen: Mapping[Way, tuple[Model, ...]]
    ) -> tuple[Case, ...]:
        """One gateway's cases: as they were before an interruption, and those of lists read since."""
        ways = {lane.way for lane in lanes}
        before = [case for case, _ in self._planned_before.get(name, ()) if case.way in ways]
        settled = {case.way for case in before}
        new = [c for c in plan_gateway(self.order, lanes, chosen) if c.way not in settled]
        self._plan += new
        return (*before, *new)

    def _take_over(self, cases: Iterable[Case]) -> None:
        """Tells the verdicts of earlier runs that still stand for these cases."""
        for verdict in filter(None, map(self._fresh, cases)):
            self._told(self._pairs.reached(verdict))

    def _fresh(self, case: Case) -> Verdict | None:
        """An earlier verdict that still stands: the catalogue says the same of the model."""
        verdict = self.order.fresh.get(case.name)
        same = verdict is not None and verdict.observation.case.model == case.model
        return verdict if same else None

    async def _models(self, lane: Lane) -> tuple[Model, ...]:
        """A lane's chosen models; a list that gives none, or is odd, is judged and told.

        Of a run that goes on they are those it had planned; the list is asked for no more.
        """
        selection = self.order.selection
        before = self._planned_before.get(lane.name, ())
        if chosen_before := dict.fromkeys(m for case, m in before if case.way == lane.way):
            self._lists.read(lane, None)
            return tuple(chosen_before)
        asked_for: Listing | None = None
        try:
            listing = self._listings.get((lane.name, lane.way))
            if listing is None:
                async with self.slots:
                    listing = await read_listing(
                        lane, self.executor, self.order.reading, self._may_wait
                    )
                asked_for = listing
            elif listing.attempts:
                asked_for = listing
        except GatewayzError:
            raise
        except Exception as bug:  # noqa: BLE001 -- it costs this gateway, not the others
            return self._broken_list(lane, bug)
        finally:
            self._lists.read(lane, asked_for)
        if any(attempt.error is not None for attempt in listing.attempts):
            await self.can_judge()
        verdict = judge_listing(lane, listing, selection)
        chosen = chosen_models(listing, selection) if verdict is None else ()
        if verdict is None:
            verdict = oddities_of(lane, listing, chosen)
            # One that was handed in without its calls was never asked for, with whatever key.
            if listing.complete and listing.attempts:
                self._hindsight.list_read((lane.name, lane.way))
        else:
            verdict = await self._lists.whose_fault(lane, listing, verdict)
        self._tell(
            CatalogRead(lane.name, lane.way, listing.listed, listing.models, chosen, verdict)
        )
        if verdict is not None and verdict.observation.case.name not in self._judged_before:
            self._plan.append(verdict.observation.case)
            self._reach(verdict)
        return chosen

    def _broken_list(self, lane: Lane, bug: Exception) -> tuple[Model, ...]:
        """Tells a list whose reading raised: our fault, so nothing is said of the gateway."""
        case = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way)
        verdict = unknown(case, of_a_bug("reading the model list", bug))
        self._tell(CatalogRead(lane.name, lane.way, 0, (), (), verdict))
        self._plan.append(case)
        self._reach(verdict)
        return ()

    async def _cases(self, lanes: list[Lane], planned: tuple[tuple[Case, ...], ...]) -> None:
        by_way = {lane.way: lane for lane in lanes}
        limits, fail_fast = lanes[0].gateway.limits, self.order.fail_fast
        pace = Pace(limits, spread_s=SPREAD_S)
        if self.order.paces is not None:
            pace = self.order.paces.setdefault(lanes[0].name, pace)
        waiting = deque(planned)
        left = Counter(case.way for turn in planned for case in turn)

        async def ask(case: Case) -> None:
            lane = by_way[case.way]
            verdict = await self._asked(case, lane, pace)
            left[case.way] -= 1
            if not left[case.way]:
                self._hosts.done_with([lane])
            settling = self._settle(lane, verdict)
            # What the other way of this very gateway meets with may be what is waited for.
            if len(by_way) > 1 and self._hosts.in_doubt(lane, verdict) and not fail_fast:
                group.create_task(settling)
            else:
                await settling

        async def worker() -> None:
            while waiting:
                for case in waiting.popleft():
                    await ask(case)

        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, min(limits.concurrency, len(waiting)))):
                group.create_task(worker())
        for lane in lanes:
            self._told_in_hindsight(self._hindsight.rest((lane.name, lane.way)))

    async def _asked(self, case: Case, lane: Lane, pace: Pace) -> Verdict:
        """One case, once it is settled whether its key may be good at all."""
        place = place_of(case)
        while place in self._in_doubt:
            await self._in_doubt[place].wait()
        self._under_way[place] += 1
        try:
            async with pace.slots:
                return await self._judged(case, lane, pace)
        finally:
            self._under_way[place] -= 1

    async def _judged(self, case: Case, lane: Lane, pace: Pace) -> Verdict:
        """One case to its verdict, without a call when there is a reason for none."""
        missing = not_offered(case, self._asker.probe_of(case), lane.gateway)
        if missing and not self._stopped:
            return skipped(case, missing)
        verdict = self.not_run(case) or await self._asker.judged(case, lane, pace)
        if case.way == "api":
            self._watch_the_api(verdict)
        return verdict

    async def _settle(self, lane: Lane, verdict: Verdict) -> None:
        """Reaches a verdict, once it is known whether the fault is our network's."""
        ours = await self._hosts.all_lost(lane, verdict)
        self._reach(our_network(verdict) if ours else verdict)
        self._judge_the_key(place_of(verdict.observation.case))

    async def can_judge(self) -> None:
        """Waits until an error can be judged without holding up the loop."""
        if self._preparation is not None:
            await self._preparation.done()

    def not_run(self, case: Case, *, in_s: float = 0.0) -> Verdict | None:
        """The verdict of a case that will not be sent now, or in so long; None when it will."""
        if self._stopped:
            return skipped(case, self._stopped)
        closed = self._closed_lanes.get(place_of(case))
        if closed:
            return skipped(case, closed)
        beyond = self.purse.stopped(case)
        if beyond is not None:
            return beyond
        if case.way == "api" and self._api_lost_in_a_row >= API_IS_GONE_AFTER:
            return unknown(case, "not sent: API is unreachable since the cases before it")
        if not self._may_wait(in_s):
            deadline = self.order.deadline_s
            return unknown(case, f"the run's deadline of {deadline:g}s passed before it")
        return None

    async def leave(
        self, case: Case, gateway: Gateway, request: ChatRequest
    ) -> Reservation | Verdict:
        """What is reserved for a question that may be sent, else the verdict of its case.

        Where only what calls under way may yet come to stands against it, they are waited for.
        """
        while (not_run := self.not_run(case)) is None:
            leave = self.purse.reserve(case, gateway, request)
            if isinstance(leave, Reservation):
                return leave
            if not leave.may_fit:
                return self.purse.left_out(case, leave.reason)
            await self.purse.change()
        return not_run

    def _may_wait(self, seconds: float) -> bool:
        """Whether the run's deadline leaves room for a pause."""
        deadline = self.order.deadline_s
        elapsed = asyncio.get_running_loop().time() - self._started
        return deadline is None or elapsed + seconds < deadline

    async def turn(self, pace: Pace) -> None:
        """Waits for the next allowed start, or for the run's deadline when that comes first."""
        deadline = self.order.deadline_s
        if deadline is None:
            await pace.turn()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._started + deadline):
                await pace.turn()

    def heard(self, lane: Lane, attempt: Attempt) -> None:
        """Takes note of what one attempt says of its host."""
        self._hosts.heard(lane, attempt)

    def _reach(self, verdict: Verdict) -> None:
        """Records a verdict, tells it, and draws what follows for the rest of the run."""
        self._told_in_hindsight(self._hindsight.of(verdict))
        case = verdict.observation.case
        if case.way == "api" and case.model is None:
            self._watch_the_api(verdict)
        if verdict.outcome is not Outcome.FAILED or verdict.failure is None:
            return
        apart = self.order.quarantine
        if self.order.fail_fast and not (apart and apart.spared(verdict)):
            self._stopped = "not sent: stopped after the first failure (--fail-fast)"
        if self.order.stop_on_bad_key and case.model and refuses_our_key(verdict):
            self._in_doubt.setdefault(place_of(case), asyncio.Event())

    def _judge_the_key(self, place: Place) -> None:
        """Ends a lane whose key was refused, once no call is under way that may show it good."""
        if place not in self._in_doubt:
            return
        worked = self._hindsight.key_worked(place)
        if not worked and self._under_way[place]:
            return
        if not worked:
            self._closed_lanes[place] = "not sent: the key was refused"
            self._told_in_hindsight(self._hindsight.rest(place))
        self._in_doubt.pop(place).set()

    def _told_in_hindsight(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            for found in self._addresses.reached(verdict):
                self._told(self._pairs.reached(found))

    def _told(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self._verdicts.append(verdict)
            self._tell(VerdictReached(verdict))

    def end(self) -> None:
        """Tells what waited for a verdict that will not come any more."""
        self._told_in_hindsight(self._hindsight.rest())
        for found in self._addresses.rest():
            self._told(self._pairs.reached(found))
        self._told(self._pairs.rest())

    def _watch_the_api(self, verdict: Verdict) -> None:
        """Counts cases that did not reach the backend: once it is gone, nobody is asked in vain."""
        last = verdict.observation.last
        if last is None:
            return
        lost = last.fault is not None and last.fault.phase in (Phase.DNS, Phase.CONNECT)
        self._api_lost_in_a_row = self._api_lost_in_a_row + 1 if lost else 0

    def _tell(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()


def _first_of(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """One error to raise for several: what the user can mend goes before our own bugs."""
    found: list[BaseException] = []
    waiting = list(several.exceptions)
    while waiting:
        error = waiting.pop(0)
        if isinstance(error, BaseExceptionGroup):
            waiting += error.exceptions
        else:
            found.append(error)
    return next((error for error in found if isinstance(error, GatewayzError)), found[0])
