"""The pictures of a load run's page: distributions, the run over time, and times against load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.etree import ElementTree as ET

from gatewayz.core.load import LoadLine, LoadResult, MetricLine, Moment
from gatewayz.reports._charts import (
    COLOURS,
    NOT_MEASURED,
    Line,
    Plot,
    Strip,
    Strips,
    lines_chart,
    strips_chart,
)
from gatewayz.reports._scales import Scale, scale_for
from gatewayz.reports.load._figures import factor_of, title_of, unit_of
from gatewayz.reports.load._slices import coarser

# More lines than colours cannot be told apart; the tables have all of them.
_MOST = COLOURS
_SHARES = (0.5, 0.95)
_DOT = "A dot for each stage."
_DOT_WITH_INTERVAL = "A dot for each stage; none where the answers are too few for an interval."
_MEDIANS = "Medians of short slices; of several slices the middle one, by the answers in each."


def distributions(result: LoadResult, metric: str) -> Iterator[ET.Element]:
    """How a metric is distributed, as shares below and as bars.

    All targets in one picture where there is one stage, else a picture per target with a line for
    each stage.
    """
    measured = [(line, found) for line in result.lines if (found := _measured(line, metric))]
    several = len(result.shape.stages) > 1
    targets = dict.fromkeys(line.target for line, _ in measured)
    groups = [(target, [one for one in measured if one[0].target == target]) for target in targets]
    if not several:
        groups = [("", measured)]
    for target, lines in groups:
        chosen = _spread(lines)
        labels = [(line.title if several else line.target, found) for line, found in chosen]
        left = len(lines) - len(chosen)
        note = f" {left} of {len(lines)} lines are in the table only." if left else ""
        yield from _pair(metric, target, labels, note)


def _pair(
    metric: str, target: str, lines: Sequence[tuple[str, MetricLine]], note: str
) -> Iterator[ET.Element]:
    unit, title = unit_of(metric), title_of(metric)
    of = f", {target}" if target else ""
    factor = factor_of(metric)
    # A gap of nothing is one as well: several chunks in one read.
    x = scale_for(
        value * factor
        for _, found in lines
        for value in (found.smallest, found.largest)
        if value is not None
    )
    yield lines_chart(
        Plot(
            title=f"{title}{of}: share below",
            about=f"The share of values that are no larger; dotted at one half and at 95 %.{note}",
            x_title=unit,
            y_title="share",
            lines=[
                Line(label=label, points=_below(found, factor), colour=at % COLOURS)
                for at, (label, found) in enumerate(lines)
            ],
            steps=True,
            across=_SHARES,
            x=x,
            y=Scale(0.0, 1.0),
        )
    )
    yield strips_chart(
        Strips(
            title=f"{title}{of}: how often",
            about="Each row is as high as its own most frequent value; the upright line is the median.",
            x_title=unit,
            strips=[
                Strip(
                    label=label,
                    weights=[((b.low + b.high) / 2 * factor, b.count) for b in found.buckets],
                    colour=at % COLOURS,
                    mark=_median(found, factor),
                )
                for at, (label, found) in enumerate(lines)
            ],
            x=x,
        )
    )


def _below(found: MetricLine, factor: float) -> list[tuple[float, float]]:
    """The distribution function, a step at each bucket that has anything."""
    total = sum(bucket.count for bucket in found.buckets)
    seen = 0
    points = [(found.smallest * factor, 0.0)] if found.smallest is not None else []
    for bucket in found.buckets:
        seen += bucket.count
        top = min(bucket.high, found.largest) if found.largest is not None else bucket.high
        points.append((top * factor, seen / total))
    return points


def _median(found: MetricLine, factor: float) -> float | None:
    median = found.quantiles.get("p50")
    return None if median is None or median.value is None else median.value * factor


def _measured(line: LoadLine, metric: str) -> MetricLine | None:
    found = line.metrics.get(metric)
    return found if found is not None and found.count and found.buckets else None


def _spread(lines: Sequence[tuple[LoadLine, MetricLine]]) -> list[tuple[LoadLine, MetricLine]]:
    """As many as can be told apart: the first, the last, and evenly between them."""
    if len(lines) <= _MOST:
        return list(lines)
    return [lines[round(at * (len(lines) - 1) / (_MOST - 1))] for at in range(_MOST)]


def over_time(result: LoadResult) -> Iterator[ET.Element]:
    """Rates, times and requests under way, second by second, a line per target."""
    plots: list[tuple[str, str, str, Callable[[Moment], float | None]]] = [
        ("Answers", "answers/s", "Requests that passed, by when they ended.", _per_s("passed")),
        ("Failures", "failures/s", "Requests that failed, by when they ended.", _per_s("failed")),
        (
            "Time to first token",
            "ms",
            _MEDIANS,
            _ms("ttft_s"),
        ),
        ("Latency", "ms", _MEDIANS, _ms("latency_s")),
        (
            "In flight",
            "requests",
            "The most requests under way in each slice.",
            lambda m: m.in_flight,
        ),
    ]
    marks = _stage_starts(result)
    for title, unit, about, of in plots:
        lines = _timelines(result, of)
        if title == "Failures" and not any(value for line in lines for _, value in line.points):
            continue
        told = f"{about} Upright lines: where a stage begins." if marks else about
        yield lines_chart(
            Plot(
                title=f"{title} over time",
                about=told,
                x_title="seconds after the start",
                y_title=unit,
                lines=lines,
                marks=marks,
                # Time goes by evenly, however long it is.
                x=Scale(0.0, max((at for line in lines for at, _ in line.points), default=1.0)),
            )
        )


def _per_s(field: str) -> Callable[[Moment], float | None]:
    return lambda moment: getattr(moment, field) / moment.width_s if moment.width_s else None


def _ms(field: str) -> Callable[[Moment], float | None]:
    def of(moment: Moment) -> float | None:
        value: float | None = getattr(moment, field)
        return None if value is None else value * 1000

    return of


def _timelines(result: LoadResult, of: Callable[[Moment], float | None]) -> list[Line]:
    """A line per target, without the slices that have no value."""
    targets = list(dict.fromkeys(line.target for line in result.lines))[:_MOST]
    series: dict[str, list[Moment]] = {target: [] for target in targets}
    for line, moments in zip(result.lines, coarser(result.lines), strict=True):
        if line.target in series:
            series[line.target] += moments
    return [
        Line(
            label=target,
            points=[
                (moment.at_s + moment.width_s / 2, value)
                for moment in sorted(moments, key=lambda moment: moment.at_s)
                if (value := of(moment)) is not None
            ],
            colour=at,
        )
        for at, (target, moments) in enumerate(series.items())
    ]


def _stage_starts(result: LoadResult) -> list[tuple[float, str]]:
    starts: dict[int, tuple[float, str]] = {}
    for line in result.lines:
        known = starts.get(line.stage)
        if known is None or line.started_s < known[0]:
            starts[line.stage] = (line.started_s, line.title)
    return list(starts.values()) if len(starts) > 1 else []


def against_load(result: LoadResult) -> Iterator[ET.Element]:
    """Times and rates at each level of load, a line per target; nothing for a single level."""
    levels = {stage.index: stage.level for stage in result.shape.stages}
    if len(set(levels.values())) < 2:
        return
    load = "requests at once" if result.shape.unit == "concurrency" else "starts per second"
    quantiles = [
        (f"{words}, {told}", "ms", *_quantile(result, metric, name), _DOT_WITH_INTERVAL)
        for words, metric in (("Time to first token", "ttft"), ("Latency", "latency"))
        for told, name in (("median", "p50"), ("p95", "p95"))
    ]
    rates: list[tuple[str, str, Callable[[LoadLine], float | None]]] = [
        ("Requests per second", "requests/s", lambda line: line.requests_per_s),
        ("Output tokens per second", "tokens/s", lambda line: line.output_tokens_per_s),
    ]
    plots = [*quantiles, *((*rate, NOT_MEASURED, _DOT) for rate in rates)]
    targets = list(dict.fromkeys(line.target for line in result.lines))[:_MOST]
    for title, unit, of, empty, about in plots:
        lines = [
            Line(
                label=target,
                points=sorted(
                    (levels[line.stage], of(line))
                    for line in result.lines
                    if line.target == target and line.stage in levels and of(line) is not None
                ),
                colour=at,
            )
            for at, target in enumerate(targets)
        ]
        yield lines_chart(
            Plot(
                title=f"{title}, against load",
                about=about,
                x_title=load,
                y_title=unit,
                lines=lines,
                empty=empty,
            )
        )


def _quantile(
    result: LoadResult, metric: str, name: str
) -> tuple[Callable[[LoadLine], float | None], str]:
    """What is drawn of a line for a quantile, and what is said where none has an interval."""

    def of(line: LoadLine) -> float | None:
        found = line.metrics.get(metric)
        estimate = found.quantiles.get(name) if found else None
        if estimate is None or estimate.value is None or not estimate.enough:
            return None
        return estimate.value * factor_of(metric)

    most = max((f.count for line in result.lines if (f := line.metrics.get(metric))), default=0)
    few = f"Too few answers for an interval: {most} at most at one load."
    return of, few if most else NOT_MEASURED
