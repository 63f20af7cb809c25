"""One load run from its start to its result: the warm-up, stage after stage, what ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

from gatewayz.core.load import LoadLine, LoadResult, MostLoad, Sample, Stage
from gatewayz.load.book import Book
from gatewayz.load.crews import Crew
from gatewayz.load.objectives import unsure_words
from gatewayz.load.order import LoadOrder, Progress, StageOrder
from gatewayz.load.search import LOOKS, TIMES_AS_LONG, Finder, step_at
from gatewayz.load.shapes import Bounds, drawn_rate, due_in, for_each, most_requests, stage_at
from gatewayz.load.steady import unsteady
from gatewayz.load.stops import Stops
from gatewayz.measure import quantile_of

# Time for every process to hear of a stage before it begins.
_LEAD_S = 0.05
_WATCH_S = 0.25


async def run_load(
    order: LoadOrder,
    crew: Crew,
    *,
    tell: Callable[[Progress], None] = lambda _: None,
    stop: asyncio.Event | None = None,
) -> LoadResult:
    """Runs an order to its end, or until `stop` is set; what was measured by then is the result.

    `tell` hears several times a second how far it is.
    """
    return await _Conductor(order, crew, tell).run(stop or asyncio.Event())


class _Conductor:
    def __init__(self, order: LoadOrder, crew: Crew, tell: Callable[[Progress], None]) -> None:
        self._order, self._crew, self._tell = order, crew, tell
        self._zero = time.monotonic()
        self._book = Book(order)
        # An interval is waited for in one steady stage only.
        first = for_each(order.shape.stages[0], len(order.aims))
        most = most_requests(first)
        self._stops = Stops(
            order.stop, order.targets, most=None if most is None else -(-most // len(order.aims))
        )
        self._fresh: list[Sample] = []
        self._now: StageOrder | None = None
        self._why = ""
        self._most: list[MostLoad] = []

    async def run(self, stop: asyncio.Event) -> LoadResult:
        self._crew.begin(self._zero, self._take, self._book.show, self._end, self._leave_out)
        work = asyncio.create_task(self._stages_in_turn())
        watch = asyncio.create_task(self._watch())
        stopping = asyncio.create_task(stop.wait())
        cancelled = False
        try:
            await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                cancelled, self._why = True, "interrupted"
                self._crew.halt(now=True)
            await work
            reports = await self._crew.finish()
        finally:
            for task in (work, watch, stopping):
                task.cancel()
            await asyncio.gather(work, watch, stopping, return_exceptions=True)
            self._crew.close()
        lost = self._crew.lost
        why = self._why if cancelled or lost or not self._all_sent() else ""
        nothing = not self._stops.ended and self._book.warmed()
        # Where nobody is left to be asked, that is why, and no cap was used up.
        if why and nothing and not (lost or cancelled or self._book.all_out()):
            why += "; the warm-up took all that there was (--warm-up 0: none)"
        notes = self._short_of(cancelled=cancelled)
        return self._book.result(reports, self._most, why, cancelled=cancelled, notes=notes)

    def _all_sent(self) -> bool:
        """Whether every request that was to be sent is over: then nothing was ended early."""
        most = self._most_of_all()
        return most is not None and self._stops.ended >= most

    def _short_of(self, *, cancelled: bool) -> tuple[str, ...]:
        """The line that the interval which was asked for was not reached."""
        if cancelled or self._order.search is not None:
            return ()
        why = self._stops.not_narrow(partial(self._book.values, 0))
        return (why,) if why else ()

    async def _stages_in_turn(self) -> None:
        await self._warm_up()
        if self._order.search is not None:
            await self._search()
            return
        shape = self._order.shape
        everyone = tuple(range(len(self._order.aims)))
        start = self._soon()
        for stage in shape.stages:
            if self._why:
                return
            drain = shape.kind != "ramp" or stage is shape.stages[-1]
            await self._stage(for_each(stage, len(everyone)), everyone, start=start, drain=drain)
            # A ramp goes on without a pause where its steps are bounded by time.
            on_time = not drain and stage.duration_s is not None and stage.requests is None
            start = start + (stage.duration_s or 0.0) if on_time else self._soon()

    async def _warm_up(self) -> None:
        order = self._order
        if not order.warm_up:
            return
        everyone = tuple(range(len(order.aims)))
        most = order.warm_up * len(everyone)
        first = order.shape.stages[0]
        at_once = first.level if first.unit == "concurrency" else 1
        stage = stage_at(0, min(most, at_once), "concurrency", Bounds(requests=most))
        self._now = StageOrder(stage=stage, start=self._soon(), targets=everyone, warm_up=True)
        await self._crew.stage(self._now)

    async def _stage(
        self, stage: Stage, targets: tuple[int, ...], *, start: float, drain: bool = True
    ) -> None:
        names = [self._order.aims[index].target.name for index in targets]
        self._book.open_stage(stage, names, start - self._zero)
        self._now = StageOrder(stage=stage, start=start, targets=targets, drain=drain)
        await self._crew.stage(self._now)
        self._book.close_stage(stage, time.monotonic() - self._zero)

    async def _search(self) -> None:
        """Tries level after level, each target by itself."""
        order, search = self._order, self._order.search
        if search is None:
            return
        first, number = order.shape.stages[0], 0
        for index, aim in enumerate(order.aims):
            finder, why, target = Finder(search, order.shape.unit), "", aim.target.name
            seen_s = _middle(self._book.warm_latencies(target))
            while (level := finder.next_level()) is not None and not self._ended(target):
                for look in LOOKS:
                    stage = step_at(first, level, number, seen_s, look)
                    await self._stage(stage, (index,), start=self._soon())
                    met, why = self._step(stage, target)
                    number += 1
                    # Queues also swell by chance: what grows is looked at again, for longer.
                    if met is not False or not why or self._ended(target):
                        break
                line = self._book.line(target, stage.index)
                finder.told(level, met, why, unsure_words(line.objectives))
                if met:
                    seen_s = _middle(self._book.values(stage.index, target, "latency"))
            self._most.append(finder.found(target, self._cut(finder, why, target)))

    def _ended(self, target: str) -> str:
        """Why a target is asked no more before all that was to be is: it, or the whole run; else ""."""
        return self._why or self._book.why_out(target)

    def _cut(self, finder: Finder, why: str, target: str) -> str:
        """Why a search ended before it knew, "" where it did know."""
        return self._ended(target) or (why if finder.lost else "")

    def _step(self, stage: Stage, target: str) -> tuple[bool | None, str]:
        """Whether a step kept to all objectives, and why not, or why nothing can be said."""
        if stage.unit == "concurrency":
            met, why = _met(self._book.line(target, stage.index))
            # What was cut short says nothing of its level, unless too much of it failed.
            return (None, "") if met and self._ended(target) else (met, why)
        return self._open_step(stage, target)

    def _open_step(self, stage: Stage, target: str) -> tuple[bool | None, str]:
        due = due_in(stage, self._order.seed, self._book.began(stage.index))
        happened = self._book.happened(target, stage.index)
        # Those that are not over by now, all others being so, were never sent.
        cut = bool(self._ended(target))
        unsent = 0 if cut else max(0, len(due) - len(happened.ended_s))
        met, why = _met(self._book.line(target, stage.index, unsent))
        if met is not True:
            return met, why
        if cut:
            return None, ""
        if growing := unsteady(happened, due, rate=drawn_rate(stage, 1)):
            return False, growing
        slow = _middle(self._book.values(stage.index, target, "latency"))
        if slow is not None and slow * TIMES_AS_LONG / 2 > (stage.duration_s or 0.0):
            return None, f"answers take {slow:.3g} s, too long for a step of so short a time (-d)"
        return True, ""

    def _soon(self) -> float:
        return time.monotonic() + _LEAD_S

    def _take(self, sample: Sample) -> None:
        self._fresh.append(sample)
        self._book.add(sample)
        if sample.warm_up:
            return
        self._stops.add(sample)
        # A search goes beyond what a target bears, and a step that fails is what it looks for.
        if not self._why and self._order.search is None and (why := self._stops.too_many_failed()):
            self._end(why)

    def _leave_out(self, target: str, why: str) -> None:
        self._book.leave_out(target, why)
        self._stops.leave_out(target)

    def _end(self, why: str) -> None:
        self._why = self._why or why
        self._crew.halt()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            if self._now is None:
                continue
            if not self._why and not self._now.warm_up:
                stage = self._now.stage.index
                why = self._stops.narrow_enough(partial(self._book.values, stage))
                if why:
                    self._end(why)
            self._tell(self._progress(self._now))

    def _progress(self, now: StageOrder) -> Progress:
        fresh, self._fresh = self._fresh, []
        warmed, ended = self._book.warmed(), self._stops.ended
        return Progress(
            stage=now.stage,
            warm_up=now.warm_up,
            elapsed_s=time.monotonic() - self._zero,
            ended=ended,
            failed=self._stops.failed,
            in_flight=max(0, self._crew.sent - warmed - ended),
            most=self._most_of_all(),
            fresh=fresh,
        )

    def _most_of_all(self) -> int | None:
        if self._order.search is not None:
            return None
        targets = len(self._order.aims)
        each = [most_requests(for_each(stage, targets)) for stage in self._order.shape.stages]
        known = [one for one in each if one is not None]
        return sum(known) if len(known) == len(each) else None


def _middle(ordered: Sequence[float]) -> float | None:
    return quantile_of(ordered, 0.5).value if ordered else None


def _met(line: LoadLine) -> tuple[bool | None, str]:
    """Whether a line met all objectives, and why nothing can be said where nothing can."""
    if any(one.met is False for one in line.objectives):
        return False, ""
    unsure = next((one for one in line.objectives if one.met is None), None)
    return (True, "") if unsure is None else (None, f"{unsure.objective.text}: {unsure.words}")
