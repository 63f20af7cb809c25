"""Samples to lines: counts, percentiles, rates and time series of each target in each stage.

A tally holds numbers and no samples, and what several processes told is added up as if one had seen
it all.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from gatewayz.core.estimates import Estimate
from gatewayz.core.held_up import reason_in_all
from gatewayz.core.load import (
    DUE_AND_NOT_SENT,
    NO_TURN,
    Bucket,
    LoadLine,
    MetricLine,
    Objective,
    Sample,
)
from gatewayz.core.units import rounded_usd
from gatewayz.load.objectives import judge_objective, keeps_to_all, why_not_judged
from gatewayz.load.self_check import Beside
from gatewayz.load.series import CameBack, Happened, moments_of
from gatewayz.measure import COMPARED, quantile_of
from gatewayz.measure.histograms import Histogram

QUANTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
# Of these what was due and never sent is part.
SINCE_DUE = ("ttft_since_due", "latency_since_due")
# Neighbouring buckets are joined until a picture has so many.
_MOST_BUCKETS = 60


@dataclass(slots=True)
class Tally:
    """All that was told of one target in one stage."""

    passed: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    culprits: dict[str, str] = field(default_factory=dict)
    values: dict[str, array[float]] = field(default_factory=dict)
    # In the order of the values, for those metrics that are compared.
    turns: dict[str, array[int]] = field(default_factory=dict)
    missing: dict[str, Counter[str]] = field(default_factory=dict)
    estimated: dict[str, Counter[str]] = field(default_factory=dict)
    gaps: Histogram = field(default_factory=Histogram)
    good: int = 0
    unjudged: Counter[str] = field(default_factory=Counter)
    unsent: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    passed_tokens: int | None = None
    sources: Counter[str] = field(default_factory=Counter)
    chunks: int = 0
    cost_usd: float | None = None
    costed: int = 0
    costed_at_most: int = 0
    happened: Happened = field(default_factory=Happened)
    beside: Beside = field(default_factory=Beside)

    @property
    def ended(self) -> int:
        """How many requests are over."""
        return self.passed + self.failed.total()

    @property
    def unfinished(self) -> int:
        """How many were under way when the run was stopped."""
        return len(self.happened.left_s)

    def add(self, sample: Sample, objectives: Sequence[Objective] = ()) -> None:
        """One more request."""
        met = False if sample.failure else keeps_to_all(objectives, sample.values)
        self.happened.add(sample, met)
        self._add_tokens(sample)
        delay = sample.values.get("schedule_delay")
        if sample.failure:
            self.failed[sample.failure] += 1
            self.culprits[sample.failure] = sample.culprit
            if delay is not None:
                self._add_value("schedule_delay", delay)
            return
        self.passed += 1
        if sample.output_tokens is not None:
            self.passed_tokens = (self.passed_tokens or 0) + sample.output_tokens
        self.beside.add(sample)
        if met is None:
            self.unjudged[why_not_judged(objectives, sample)] += 1
        else:
            self.good += met
        for name, value in sample.values.items():
            self._add_value(name, value)
            if name in COMPARED:
                self.turns.setdefault(name, array("q")).append(sample.turn)
        for name, reason in sample.missing.items():
            self.missing.setdefault(name, Counter())[reason_in_all(reason)] += 1
        for name, reason in sample.estimated.items():
            self.estimated.setdefault(name, Counter())[reason] += 1

    @property
    def came_back(self) -> CameBack:
        """All of it, whenever it came back."""
        unjudged = self.unjudged.total()
        return CameBack(self.passed, self.passed_tokens, self.good, unjudged)

    def ordered(self, metric: str) -> list[float]:
        """The values of a metric, in rising order."""
        return sorted(self.values.get(metric, ()))

    def unmeasured(self, metric: str) -> int:
        """How many passed and have no value of a metric."""
        return self.missing.get(metric, Counter()).total()

    def by_turn(self, metric: str) -> dict[int, float]:
        """The values of a metric that is compared, by the turn of their request, of those that have one."""
        pairs = zip(self.turns.get(metric, ()), self.values.get(metric, ()), strict=True)
        return {turn: value for turn, value in pairs if turn != NO_TURN}

    def _add_value(self, name: str, value: float) -> None:
        self.values.setdefault(name, array("d")).append(value)

    def _add_tokens(self, sample: Sample) -> None:
        self.sources[sample.token_source] += 1
        self.chunks += sample.chunks
        if sample.input_tokens is not None:
            self.input_tokens = (self.input_tokens or 0) + sample.input_tokens
        if sample.output_tokens is not None:
            self.output_tokens = (self.output_tokens or 0) + sample.output_tokens
        if sample.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + sample.cost_usd
            self.costed += 1
            self.costed_at_most += sample.cost_at_most


def line_of(
    tally: Tally,
    *,
    target: str,
    stage: int,
    title: str,
    started_s: float,
    ended_s: float | None = None,
    objectives: Sequence[Objective] = (),
    unsent: int | None = None,
    among: Happened | None = None,
    until_s: float | None = None,
) -> LoadLine:
    """The line that a tally comes to.

    Its time goes from `started_s` to the end of its last request, or to `ended_s` where that is
    later, so that a target which answers nothing has a time as well; one that was asked nothing has none,
    and no rates. `unsent` is for a tally that
    has not been told yet how many were due and not sent.

    Of a step that goes over into others `among` are the target's requests of all of them: its rates and
    its series are of what was under way and came back in its own time, up to `until_s` (None: of the last
    step, to the end), whichever step it was sent in. So no time counts twice.
    """
    unsent = tally.unsent if unsent is None else unsent
    happened = tally.happened if among is None else among
    end = min(
        math.inf if until_s is None else until_s,
        max(happened.last_s, ended_s or 0.0, started_s),
    )
    came = tally.came_back
    if among is not None:
        came = among.came_back(started_s, math.inf if until_s is None else until_s)
    sent = tally.ended + tally.unfinished
    # In a step of a ramp what was sent in the one before may come back.
    elapsed_s = end - started_s if sent or came.passed else None
    rates = _rates(came, elapsed_s, judged=bool(objectives))
    return LoadLine(
        target=target,
        stage=stage,
        title=title,
        started_s=started_s,
        elapsed_s=elapsed_s,
        sent=sent,
        passed=tally.passed,
        failed=dict(tally.failed.most_common()),
        unfinished=tally.unfinished,
        unsent=unsent,
        metrics=metrics_of(tally),
        input_tokens=tally.input_tokens,
        output_tokens=tally.output_tokens,
        token_sources=dict(tally.sources),
        chunks=tally.chunks,
        cost_usd=None if tally.cost_usd is None else rounded_usd(tally.cost_usd),
        costed=tally.costed,
        costed_at_most=tally.costed_at_most,
        good=tally.came_back.known_good if objectives else None,
        unjudged=dict(tally.unjudged.most_common()),
        objectives=tuple(
            judge_objective(
                one,
                tally.ordered(one.metric),
                # Of our own delay those that failed have a value, too.
                0 if one.metric == "schedule_delay" else tally.failed.total(),
                unsent,
                tally.unmeasured(one.metric),
            )
            for one in objectives
        ),
        series=moments_of(happened, started_s, end, cut=end == until_s),
        **rates,
    )


def metrics_of(tally: Tally) -> dict[str, MetricLine]:
    """Each metric's line, in the order of the metrics where there is something to say."""
    names = dict.fromkeys((*tally.values, *tally.missing))
    found = {name: _metric(name, tally) for name in names}
    if tally.unsent:
        found |= {name: _with_unsent(found[name], tally) for name in SINCE_DUE if name in found}
    if tally.gaps.count:
        found["icl"] = _gaps(tally.gaps, tally.missing.get("icl", {}))
    return found


def _metric(name: str, tally: Tally) -> MetricLine:
    ordered = tally.ordered(name)
    return MetricLine(
        metric=name,
        count=len(ordered),
        smallest=ordered[0] if ordered else None,
        largest=ordered[-1] if ordered else None,
        quantiles={q: quantile_of(ordered, share) for q, share in QUANTILES.items() if ordered},
        missing=dict(tally.missing.get(name, ())),
        estimated=dict(tally.estimated.get(name, ())),
        buckets=buckets_of(Histogram(ordered)),
    )


def _with_unsent(line: MetricLine, tally: Tally) -> MetricLine:
    """A time since due with those that were never sent above every value: they wait still.

    A percentile that lies among them is none that was seen, and is left out.
    """
    ordered = [*tally.ordered(line.metric), *[math.inf] * tally.unsent]
    found = {q: quantile_of(ordered, share) for q, share in QUANTILES.items()}
    return replace(
        line,
        quantiles={
            q: _seen(one)
            for q, one in found.items()
            if one.value is not None and one.value < math.inf
        },
        missing={**line.missing, DUE_AND_NOT_SENT: tally.unsent},
    )


def _seen(found: Estimate) -> Estimate:
    """The estimate without an upper end that nobody saw."""
    if found.high is None or found.high < math.inf:
        return found
    return replace(found, low=None, high=None, enough=False)


def _gaps(gaps: Histogram, missing: Mapping[str, int]) -> MetricLine:
    """The gaps between chunks: without intervals, as those of one answer hang together.

    `missing` counts answers.
    """
    found = {q: gaps.estimate(share) for q, share in QUANTILES.items()}
    return MetricLine(
        metric="icl",
        count=gaps.count,
        smallest=gaps.lowest,
        largest=gaps.highest,
        quantiles={q: _without_interval(one.value, gaps.count) for q, one in found.items()},
        missing=dict(missing),
        together=gaps.zeros,
        relative_error=gaps.relative_error,
        buckets=buckets_of(gaps),
    )


def buckets_of(found: Histogram) -> tuple[Bucket, ...]:
    """The distribution in few enough buckets for a picture, no value lost."""
    fine = found.buckets()
    step = -(-len(fine) // _MOST_BUCKETS) or 1
    bounds = [*range(0, len(fine), step), len(fine)]
    return tuple(
        Bucket(
            low=fine[start].low,
            high=fine[stop - 1].high,
            count=sum(one.count for one in fine[start:stop]),
        )
        for start, stop in pairwise(bounds)
    )


def _without_interval(value: float | None, count: int) -> Estimate:
    return Estimate(value, None, None, count, enough=False)


def _rates(came: CameBack, elapsed_s: float | None, *, judged: bool) -> Mapping[str, float | None]:
    """What came per second; None where no time went by, nobody was asked, or nothing is known."""
    if elapsed_s is None or elapsed_s <= 0:
        return {"requests_per_s": None, "output_tokens_per_s": None, "goodput_per_s": None}
    tokens, good = came.output_tokens, came.known_good if judged else None
    return {
        "requests_per_s": came.passed / elapsed_s,
        "output_tokens_per_s": None if tokens is None else tokens / elapsed_s,
        "goodput_per_s": None if good is None else good / elapsed_s,
    }
