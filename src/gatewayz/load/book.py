"""What a load run keeps while it goes on, and the result that it comes to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from gatewayz.core import RunStatus, Verdict
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
from gatewayz.load.asking import EXAMPLES
from gatewayz.load.bills import audits_of, spend_of, told_of
from gatewayz.load.comparisons import compare
from gatewayz.load.order import Example, LoadOrder
from gatewayz.load.self_check import Beside, self_check
from gatewayz.load.series import Happened
from gatewayz.load.shapes import drawn_rate, due_in
from gatewayz.load.steady import unsteady
from gatewayz.load.tally import Tally, line_of
from gatewayz.load.work_report import WorkReport
from gatewayz.measure.histograms import Histogram

# So many lines of a file are told by their numbers.
_TOLD_LINES = 5


@dataclass(frozen=True, slots=True)
class _Out:
    """Why a target is asked no more, and since which stage: -1 is the warm-up."""

    why: str
    stage: int


class Book:
    """The tallies of a run, by target and stage; the warm-up's lie apart."""

    def __init__(self, order: LoadOrder) -> None:
        self._order = order
        self._began_at: datetime = utc_now()
        self._tallies: dict[tuple[str, int], Tally] = defaultdict(Tally)
        self._warm: dict[str, Tally] = defaultdict(Tally)
        self._stages: dict[int, Stage] = {}
        self._spans: dict[int, tuple[float, float | None]] = {}
        self._targets: dict[int, tuple[str, ...]] = {}
        self._examples: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
        self._out: dict[str, _Out] = {}

    def open_stage(self, stage: Stage, targets: Sequence[str], began_s: float) -> None:
        """A stage begins, for these targets."""
        self._stages[stage.index] = stage
        self._targets[stage.index] = tuple(targets)
        self._spans[stage.index] = (began_s, None)

    def close_stage(self, stage: Stage, ended_s: float) -> None:
        """A stage is over."""
        self._spans[stage.index] = (self._spans[stage.index][0], ended_s)

    def leave_out(self, target: str, why: str) -> None:
        """A target is asked no more: what was found first is why."""
        self._out.setdefault(target, _Out(why, max(self._stages, default=-1)))

    def why_out(self, target: str) -> str:
        """Why a target is asked no more; "" as long as it is."""
        return self._out[target].why if target in self._out else ""

    def all_out(self) -> bool:
        """Whether nobody is left who is asked."""
        return all(target.name in self._out for target in self._order.targets)

    def add(self, sample: Sample) -> None:
        """One request that is over."""
        if sample.warm_up:
            self._warm[sample.target].add(sample)
        else:
            self._tallies[sample.target, sample.stage].add(sample, self._order.objectives)

    def show(self, example: Example) -> None:
        """A verdict to be shown, of those that several processes tell the first few."""
        target, verdict = example
        failure = verdict.failure
        label = failure.label if failure is not None else verdict.outcome.value
        kept = self._examples[target, label]
        if len(kept) < EXAMPLES:
            kept.append(verdict)

    def values(self, stage: int, target: str, metric: str) -> list[float]:
        """A target's values of a metric in a stage so far, in rising order."""
        return self._tallies[target, stage].ordered(metric)

    def warm_latencies(self, target: str) -> list[float]:
        """How long the answers of the warm-up took, in rising order."""
        return self._warm[target].ordered("latency") if target in self._warm else []

    def began(self, stage: int) -> float:
        """When a stage began, in seconds after the run."""
        return self._spans[stage][0]

    def warmed(self) -> int:
        """How many requests of the warm-up are over."""
        return sum(tally.ended for tally in self._warm.values())

    def merge(self, report: WorkReport) -> None:
        """What a process told at its end."""
        for place, gaps in report.gaps.items():
            self._at(place).gaps.merge(gaps)
        for place, count in report.unsent.items():
            self._at(place).unsent += count
        for place, sent_s in report.unfinished.items():
            self._at(place).happened.left_s.extend(sent_s)

    def happened(self, target: str, stage: int) -> Happened:
        """When the requests of a target in a stage were due and over, as far as it is known."""
        return self._tallies[target, stage].happened

    def line(self, target: str, stage: int, unsent: int | None = None) -> LoadLine:
        """What a target came to in a stage, as far as it is known.

        `unsent` is for before the end, when those who send have not told yet what they did not.
        """
        began, ended = self._spans[stage]
        bounds = self._stages[stage]
        # A stage of a set time has lasted as long, also where its last answer came before; but to whom
        # is asked no more it has lasted no longer than what it was asked.
        out = target in self._out and self._out[target].stage <= stage
        by_time = bounds.duration_s is not None and bounds.requests is None and not out
        set_end = None
        if by_time and bounds.duration_s is not None and ended is not None:
            set_end = min(ended, began + bounds.duration_s)
        among, until = (
            (None, None) if self._order.shape.kind != "ramp" else self._over(target, stage)
        )
        # What is under way until the run is stopped takes that time, as if it ended there.
        if (among or self._tallies[target, stage].happened).left_s:
            set_end = ended
        return line_of(
            self._tallies[target, stage],
            target=target,
            stage=stage,
            title=bounds.title,
            started_s=began,
            ended_s=set_end,
            objectives=self._order.objectives,
            unsent=unsent,
            among=among,
            until_s=until,
        )

    def _over(self, target: str, stage: int) -> tuple[Happened, float | None]:
        """A target's requests in all steps of a ramp, and when the next step began; None: it is the last."""
        everything = Happened()
        for (name, _), tally in self._tallies.items():
            if name == target:
                everything.merge(tally.happened)
        return everything, self._spans[stage + 1][0] if stage + 1 in self._spans else None

    def result(
        self,
        reports: Sequence[WorkReport],
        most: Sequence[MostLoad],
        why: str,
        *,
        cancelled: bool,
        notes: Sequence[str] = (),
    ) -> LoadResult:
        """The whole run; `why` it ended before its bounds, "" where it did not."""
        order = self._order
        for report in reports:
            self.merge(report)
        lines = tuple(self._lines())
        names = [target.name for target in order.targets]
        search = order.search is not None
        sent = {line.target for line in lines if line.sent}
        left_out = {name: one.why for name, one in self._out.items() if name not in sent}
        return LoadResult(
            id=f"{self._began_at:%Y%m%d-%H%M%S}-{uuid4().hex[:6]}",
            started_at=self._began_at,
            finished_at=utc_now(),
            status=RunStatus.CANCELLED if cancelled else RunStatus.FINISHED,
            shape=replace(order.shape, stages=tuple(self._stages.values())),
            seed=order.seed,
            settings=order.settings,
            environment=order.environment,
            targets=order.targets,
            warm_up=tuple(self._warm_lines()),
            lines=lines,
            comparisons=() if search else compare(self._tallies, names, tuple(self._stages)),
            objectives=order.objectives,
            most=tuple(most),
            self_check=self._self_check(reports, lines),
            failures=self._failures(),
            notes=(
                *order.notes,
                *_waits(reports),
                *_unsent(lines),
                *self._never_so_many(cancelled=cancelled),
                *self._unsteady(lines, cut=bool(why)),
                *notes,
                *_left_out(left_out, names),
                *_lines_left_out(reports, left_out, order.prompts.file),
                *told_of(reports),
            ),
            left_out=left_out,
            audits=audits_of(reports),
            spend=spend_of(reports),
            stopped_why=why,
        )

    def _at(self, place: tuple[str, int, bool]) -> Tally:
        target, stage, warm_up = place
        return self._warm[target] if warm_up else self._tallies[target, stage]

    def _lines(self) -> Iterator[LoadLine]:
        for stage, targets in self._targets.items():
            for target in targets:
                yield self.line(target, stage)

    def _never_so_many(self, *, cancelled: bool) -> Iterator[str]:
        """Closed stages in which never as many were under way as they are called by.

        Of a run that was `cancelled` there was perhaps no time for so many.
        """
        if self._order.shape.unit != "concurrency" or cancelled:
            return
        everyone = Happened()
        of_stages: dict[int, Happened] = defaultdict(Happened)
        for (_, index), tally in self._tallies.items():
            everyone.merge(tally.happened)
            of_stages[index].merge(tally.happened)
        for index, stage in self._stages.items():
            # Of those before it some may be under way still; of one in which nothing was sent there is
            # nothing to say.
            most = of_stages[index].most_at_once(everyone)
            if 0 < most < stage.level:
                yield f"{stage.title}: no more than {most} were really under way at once"

    def _unsteady(self, lines: Sequence[LoadLine], *, cut: bool) -> Iterator[str]:
        """Open stages whose figures hang on how long they went on; a ramp is none by itself.

        Of a run that was `cut` short, what was due later says nothing.
        """
        if self._order.shape.unit != "rate" or self._order.shape.kind == "ramp":
            return
        for line in lines:
            # Where an objective is missed, a search says no more of a level.
            if self._order.search is not None and any(one.met is False for one in line.objectives):
                continue
            stage, happened = self._stages[line.stage], self.happened(line.target, line.stage)
            due = sorted(happened.due_s)
            if len(self._targets[line.stage]) == 1 and not cut:
                due = due_in(stage, self._order.seed, line.started_s)
            if why := unsteady(
                happened, due, rate=drawn_rate(stage, len(self._targets[line.stage]))
            ):
                yield (
                    f"{line.target} at {stage.title} was in no steady state: {why}; "
                    "its figures hang on how long it went on"
                )

    def _warm_lines(self) -> Iterator[LoadLine]:
        for target in self._order.targets:
            if target.name in self._warm:
                tally = self._warm[target.name]
                yield line_of(tally, target=target.name, stage=0, title="warm-up", started_s=0.0)

    def _self_check(self, reports: Sequence[WorkReport], lines: Sequence[LoadLine]) -> SelfCheck:
        lag, delay, late = Histogram(), Histogram(), Histogram()
        for report in reports:
            lag.merge(report.lag)
            late.merge(report.late)
        beside = Beside(
            wait_s=min(_medians(lines, "ttft", "latency"), default=None),
            gap_s=min(_gaps(lines), default=None),
        )
        for tally in self._tallies.values():
            beside.merge(tally.beside)
            for value in tally.values.get("schedule_delay", ()):
                delay.add(value)
        return self_check(
            processes=max(1, len(reports)),
            lag=lag,
            delay=delay,
            late=late,
            cpu_shares=[one.cpu_s / one.wall_s for one in reports if one.wall_s > 0],
            beside=beside,
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
                examples=tuple(self._examples[target, label]),
            )
            for (target, label), count in counts.most_common()
        )


def _medians(lines: Sequence[LoadLine], *names: str) -> Iterator[float]:
    """The medians of some metrics, as they are reported."""
    for line in lines:
        for name in names:
            found = line.metrics.get(name)
            middle = found.quantiles.get("p50") if found is not None else None
            if middle is not None and middle.value is not None:
                yield middle.value


def _gaps(lines: Sequence[LoadLine]) -> Iterator[float]:
    """A usual gap between chunks that did not come together: of these it is 0, however late we are."""
    for line in lines:
        found = line.metrics.get("icl")
        values = [one.value for one in found.quantiles.values()] if found is not None else []
        yield from [value for value in values if value][:1]


def _waits(reports: Sequence[WorkReport]) -> tuple[str, ...]:
    """That requests waited because as many as may be were under way, which is nobody's lateness."""
    waits, sent = Histogram(), 0
    for report in reports:
        waits.merge(report.waits)
        sent += report.late.count
    if not waits.count or waits.highest is None:
        return ()
    told = (
        f"{waits.count:,} of {sent:,} requests were due and waited, for up to {waits.highest:.3g} s, as "
        "those under way were as many as may be (--in-flight): that is in the times since due"
    )
    return (told,)


def _unsent(lines: Sequence[LoadLine]) -> tuple[str, ...]:
    unsent = sum(line.unsent for line in lines)
    if not unsent:
        return ()
    were = "request was" if unsent == 1 else "requests were"
    return (f"{unsent} {were} due and not sent before the end (see docs/bench.md, unsent)",)


def _left_out(found: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """Which targets were left out, where others were asked; else that is what ended the run."""
    if len(found) == len(names):
        return ()
    return tuple(f"{name} was left out: {why}" for name, why in found.items())


def _lines_left_out(
    reports: Sequence[WorkReport], targets: Mapping[str, str], file: str
) -> Iterator[str]:
    """Which lines of a file were not asked of a target that others were asked of."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for report in reports:
        for where, lines in report.left_out.items():
            found[where] |= lines
    for (name, why), lines in found.items():
        if name in targets:
            continue
        first = ", ".join(str(number) for number in sorted(lines)[:_TOLD_LINES])
        rest = f" and {len(lines) - _TOLD_LINES} more" if len(lines) > _TOLD_LINES else ""
        were = "line {} of {} was" if len(lines) == 1 else "lines {} of {} were"
        yield f"{were.format(first + rest, file)} left out at {name}: {why}"
