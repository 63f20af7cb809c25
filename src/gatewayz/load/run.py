"""One load run from its start to its result: the warm-up, stage after stage, what they say."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from gatewayz.core import RunStatus
from gatewayz.core.load import (
    LoadFailure,
    LoadLine,
    LoadResult,
    MostLoad,
    Sample,
    SelfCheck,
    Stage,
)
from gatewayz.core.units import utc_now
from gatewayz.load.comparisons import compare
from gatewayz.load.crews import Crew
from gatewayz.load.driver import EXAMPLES, WorkReport
from gatewayz.load.order import Example, LoadOrder, Progress, StageOrder
from gatewayz.load.search import Finder
from gatewayz.load.self_check import self_check
from gatewayz.load.shapes import Bounds, for_each, most_requests, stage_at
from gatewayz.load.stops import Stops
from gatewayz.load.tally import Tally, line_of
from gatewayz.measure.histograms import Histogram

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
    conductor = _Conductor(order, crew, tell)
    return await conductor.run(stop or asyncio.Event())


class _Conductor:
    def __init__(self, order: LoadOrder, crew: Crew, tell: Callable[[Progress], None]) -> None:
        self._order, self._crew, self._tell = order, crew, tell
        self._zero = time.monotonic()
        self._began_at: datetime = utc_now()
        self._tallies: dict[tuple[str, int], Tally] = defaultdict(Tally)
        self._warm: dict[str, Tally] = defaultdict(Tally)
        self._warm_ended_s = 0.0
        self._stages: dict[int, Stage] = {}
        self._spans: dict[int, tuple[float, float]] = {}
        self._targets_of: dict[int, tuple[int, ...]] = {}
        self._examples: dict[tuple[str, str], list[Example]] = defaultdict(list)
        self._stops = Stops(order.stop, order.targets)
        self._fresh: list[Sample] = []
        self._now: StageOrder | None = None
        self._why = ""
        self._most: list[MostLoad] = []
        self._totals: Counter[str] = Counter()

    async def run(self, stop: asyncio.Event) -> LoadResult:
        self._crew.begin(self._zero, self._take, self._show)
        work = asyncio.create_task(self._stages_in_turn())
        watch = asyncio.create_task(self._watch())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self._why = "interrupted"
                self._crew.halt(now=True)
            await work
            reports = await self._crew.finish()
        finally:
            for task in (work, watch, stopping):
                task.cancel()
            await asyncio.gather(work, watch, stopping, return_exceptions=True)
        return self._result(reports)

    async def _stages_in_turn(self) -> None:
        await self._warm_up()
        if self._order.search is not None:
            await self._search()
            return
        shape = self._order.shape
        everyone = tuple(range(len(self._order.aims)))
        start = self._soon()
        for stage in shape.stages:
            drain = shape.kind != "ramp" or stage is shape.stages[-1]
            if self._why:
                return
            await self._stage(for_each(stage, len(everyone)), everyone, start=start, drain=drain)
            # A ramp goes on without a pause; its steps are bounded by time, or by requests.
            on_time = not drain and stage.duration_s is not None
            start = start + (stage.duration_s or 0.0) if on_time else self._soon()

    async def _warm_up(self) -> None:
        order = self._order
        if not order.warm_up:
            return
        everyone = tuple(range(len(order.aims)))
        most = order.warm_up * len(everyone)
        first = order.shape.stages[0] if order.shape.stages else None
        at_once = first.level if first is not None and first.unit == "concurrency" else 1
        stage = stage_at(0, min(most, at_once), "concurrency", Bounds(requests=most))
        told = StageOrder(stage=stage, start=self._soon(), targets=everyone, warm_up=True)
        self._now = told
        await self._crew.stage(told)
        self._warm_ended_s = time.monotonic() - self._zero

    async def _stage(
        self, stage: Stage, targets: tuple[int, ...], *, start: float, drain: bool = True
    ) -> None:
        self._stages[stage.index] = stage
        self._targets_of[stage.index] = targets
        for index in targets:
            _ = self._tallies[self._order.aims[index].target.name, stage.index]
        self._now = StageOrder(stage=stage, start=start, targets=targets, drain=drain)
        began = start - self._zero
        self._spans[stage.index] = (began, began)
        await self._crew.stage(self._now)
        self._spans[stage.index] = (began, time.monotonic() - self._zero)

    async def _search(self) -> None:
        """Tries level after level, each target by itself."""
        order, search = self._order, self._order.search
        if search is None:
            return
        bounds = order.shape.stages[0]
        number = 0
        for index, aim in enumerate(order.aims):
            finder = Finder(search, order.shape.unit)
            why = ""
            while (level := finder.next_level()) is not None and not self._why:
                stage = stage_at(
                    number,
                    level,
                    order.shape.unit,
                    Bounds(duration_s=bounds.duration_s, requests=bounds.requests),
                    poisson=bounds.arrivals == "poisson",
                )
                await self._stage(stage, (index,), start=self._soon())
                line = self._line(aim.target.name, number)
                met, why = _met(line)
                finder.told(level, None if self._why else met)
                number += 1
            self._most.append(finder.found(aim.target.name, self._why or why))

    def _soon(self) -> float:
        return time.monotonic() + _LEAD_S

    def _take(self, sample: Sample) -> None:
        self._fresh.append(sample)
        if sample.warm_up:
            self._warm[sample.target].add(sample)
            return
        self._totals["ended"] += 1
        self._totals["failed"] += bool(sample.failure)
        self._tallies[sample.target, sample.stage].add(sample, self._order.objectives)
        self._stops.add(sample)
        if not self._why and (why := self._stops.too_many_failed()):
            self._end(why)

    def _show(self, example: Example) -> None:
        target, verdict = example
        failure = verdict.failure
        label = failure.label if failure is not None else verdict.outcome.value
        kept = self._examples[target, label]
        if len(kept) < EXAMPLES:
            kept.append(example)

    def _end(self, why: str) -> None:
        self._why = why
        self._crew.halt()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            if not self._why and (why := self._stops.narrow_enough(self._current)):
                self._end(why)
            self._report_progress()

    def _current(self, target: str, metric: str) -> list[float]:
        """The values so far of the stage that is running."""
        stage = self._now.stage.index if self._now is not None else 0
        tally = self._tallies.get((target, stage))
        return tally.ordered(metric) if tally is not None else []

    def _report_progress(self) -> None:
        if self._now is None:
            return
        fresh, self._fresh = self._fresh, []
        warm = sum(tally.ended for tally in self._warm.values())
        ended = self._totals["ended"]
        sent = max(self._crew.sent - warm, ended) if not self._now.warm_up else warm
        self._tell(
            Progress(
                stage=self._now.stage,
                warm_up=self._now.warm_up,
                elapsed_s=time.monotonic() - self._zero,
                sent=sent,
                ended=ended,
                failed=self._totals["failed"],
                in_flight=max(0, self._crew.sent - warm - ended),
                most=self._most_of_all(),
                fresh=fresh,
            )
        )

    def _most_of_all(self) -> int | None:
        if self._order.search is not None:
            return None
        each = [most_requests(for_each(s, len(self._order.aims))) for s in self._order.shape.stages]
        known = [one for one in each if one is not None]
        return sum(known) if len(known) == len(each) else None

    def _line(self, target: str, stage: int) -> LoadLine:
        began, ended = self._spans[stage]
        bounds = self._stages[stage]
        # A stage of a set time has lasted as long, also where its last answer came before.
        set_end = None
        if bounds.duration_s is not None and bounds.requests is None and not self._why:
            set_end = min(ended, began + bounds.duration_s)
        return line_of(
            self._tallies[target, stage],
            target=target,
            stage=stage,
            title=bounds.title,
            started_s=began,
            ended_s=set_end,
            objectives=self._order.objectives,
        )

    def _result(self, reports: Sequence[WorkReport]) -> LoadResult:
        order = self._order
        for report in reports:
            self._merge(report)
        names = [target.name for target in order.targets]
        lines = tuple(
            self._line(names[index], stage)
            for stage in self._stages
            for index in self._targets_of[stage]
        )
        interrupted = self._why == "interrupted"
        comparisons = (
            () if order.search is not None else compare(self._tallies, names, tuple(self._stages))
        )
        return LoadResult(
            id=uuid4().hex,
            started_at=self._began_at,
            finished_at=utc_now(),
            status=RunStatus.CANCELLED if interrupted else RunStatus.FINISHED,
            shape=replace(order.shape, stages=tuple(self._stages.values())),
            seed=order.seed,
            settings=order.settings,
            environment=order.environment,
            targets=order.targets,
            warm_up=self._warm_lines(),
            lines=lines,
            comparisons=comparisons,
            objectives=order.objectives,
            most=tuple(self._most),
            self_check=self._self_check(reports, lines),
            failures=self._failures(),
            notes=(*order.notes, *_unsent_note(lines)),
            stopped_why=self._why,
        )

    def _merge(self, report: WorkReport) -> None:
        for (target, stage, warm_up), gaps in report.gaps.items():
            tally = self._warm[target] if warm_up else self._tallies[target, stage]
            tally.gaps.merge(gaps)
        for (target, stage, warm_up), count in report.unsent.items():
            if not warm_up:
                self._tallies[target, stage].unsent += count
        for (target, stage, warm_up), count in report.unfinished.items():
            tally = self._warm[target] if warm_up else self._tallies[target, stage]
            tally.unfinished += count

    def _warm_lines(self) -> tuple[LoadLine, ...]:
        return tuple(
            line_of(self._warm[target.name], target=target.name, stage=0, title="warm-up",
                    started_s=0.0)
            for target in self._order.targets
            if target.name in self._warm
        )  # fmt: skip

    def _self_check(self, reports: Sequence[WorkReport], lines: Sequence[LoadLine]) -> SelfCheck:
        lag, delay = Histogram(), Histogram()
        for report in reports:
            lag.merge(report.lag)
        for tally in self._tallies.values():
            for value in tally.values.get("schedule_delay", ()):
                delay.add(value)
        medians = (
            estimate.value
            for line in lines
            for name in ("ttft", "latency")
            if name in line.metrics
            and (estimate := line.metrics[name].quantiles.get("p50")) is not None
            and estimate.value is not None
        )
        return self_check(
            processes=max(1, len(reports)),
            lag=lag,
            delay=delay,
            cpu_shares=[one.cpu_s / one.wall_s for one in reports if one.wall_s > 0],
            shortest_s=min(medians, default=None),
        )

    def _failures(self) -> tuple[LoadFailure, ...]:
        counts: Counter[tuple[str, str]] = Counter()
        culprits: dict[tuple[str, str], str] = {}
        for (target, _), tally in self._tallies.items():
            for label, count in tally.failed.items():
                counts[target, label] += count
                culprits[target, label] = tally.culprits[label]
        return tuple(
            LoadFailure(
                target=target,
                label=label,
                culprit=culprits[target, label],
                count=count,
                examples=tuple(verdict for _, verdict in self._examples[target, label]),
            )
            for (target, label), count in counts.most_common()
        )


def _met(line: LoadLine) -> tuple[bool | None, str]:
    """Whether a line met all objectives, and why nothing can be said where nothing can."""
    if any(one.met is False for one in line.objectives):
        return False, ""
    unsure = next((one for one in line.objectives if one.met is None), None)
    return (True, "") if unsure is None else (None, f"{unsure.objective.text}: {unsure.words}")


def _unsent_note(lines: Sequence[LoadLine]) -> tuple[str, ...]:
    unsent = sum(line.unsent for line in lines)
    if not unsent:
        return ()
    were = "request was" if unsent == 1 else "requests were"
    return (f"{unsent} {were} due and not sent before the end: more were under way than allowed",)
