"""The tables of a load run's page: results, metrics, comparisons, objectives, the client itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from gatewayz.core.load import LoadLine, LoadResult, MetricLine
from gatewayz.measure import METRICS
from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._scales import short
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports.load._figures import (
    by_level,
    compared_words,
    estimate_cell,
    has_interval,
    in_no_comparison,
    line_name,
    rate,
    shown,
    title_of,
    unit_of,
    usd,
)

QUANTILES = ("p50", "p90", "p95", "p99")
_TOGETHER = "no interval, since the values of one answer hang together"


def results(result: LoadResult) -> ET.Element:
    """One row a target and stage: what was sent, what came of it, at which rate and price."""
    goodput = any(line.goodput_per_s is not None or line.unjudged for line in result.lines)
    left = any(line.unfinished or line.unsent for line in result.lines)
    heads = ["Target", "Sent", "Passed", "Failed", *(["Not ended", "Not sent"] if left else [])]
    heads += ["Requests/s", "Output tokens/s", *(["Goodput/s"] if goodput else []), "Cost"]

    def row(line: LoadLine) -> Iterator[Cell]:
        yield line_name(result, line)
        yield f"{line.sent:,}", None if line.sent else el("span", "nothing was sent", cls="ci")
        yield f"{line.passed:,}"
        yield _failed(line)
        if left:
            yield f"{line.unfinished:,}"
            yield f"{line.unsent:,}"
        yield rate(line.requests_per_s)
        yield rate(line.output_tokens_per_s)
        if goodput:
            yield _goodput(line)
        yield _cost(line)

    return table(
        "Requests after the warm-up; rates are over those that passed",
        heads,
        [list(row(line)) for line in by_level(result)],
    )


def _goodput(line: LoadLine) -> str:
    """How many a second met every objective: at least so many where not all could be judged."""
    least = "≥ " if line.unjudged and line.goodput_per_s is not None else ""
    return f"{least}{rate(line.goodput_per_s)}"


def _failed(line: LoadLine) -> Cell:
    judged = line.passed + line.failures
    if not line.failures:
        return "0"
    labels = ", ".join(f"{label} {count:,}" for label, count in line.failed.items())
    share = f"{line.failures:,} ({line.failures / judged:.1%})"
    return el("span", share, cls="bad"), el("span", labels, cls="ci")


def _cost(line: LoadLine) -> Cell:
    some = line.cost_usd is not None and line.costed < line.passed + line.failures
    if not line.sent:
        return ("n/a",)
    most = "≤ " if line.costed_at_most else ""
    known = el("span", f"of {line.costed:,} known", cls="ci") if some else None
    return f"{most}{usd(line.cost_usd)}", known


def metric_table(result: LoadResult, metric: str) -> ET.Element:
    """Quantiles of one metric with their intervals, a row each target and stage."""
    rows: list[list[Cell]] = []
    for line in by_level(result):
        found = line.metrics.get(metric)
        if found is None:
            continue
        quantiles = [estimate_cell(metric, found.quantiles.get(name)) for name in QUANTILES]
        rows.append(
            [
                line_name(result, line),
                _count(found),
                shown(metric, found.smallest),
                *quantiles,
                shown(metric, found.largest),
            ]
        )
    heads = ["Target", "Count", "Smallest", *QUANTILES, "Largest"]
    below = "below, the 95 % interval" if has_interval(metric) else _TOGETHER
    return table(f"{title_of(metric)} in {unit_of(metric)}; {below}", heads, rows)


def _count(found: MetricLine) -> Cell:
    """How many values there are, and what is to be known of them."""
    beside = [
        (sum(found.missing.values()), "not measured"),
        (sum(found.estimated.values()), "estimated"),
        (found.together, "came together"),
    ]
    told = [f"{count:,} {words}" for count, words in beside if count]
    if found.relative_error:
        told.append(f"to within {found.relative_error:.1%}")
    return f"{found.count:,}", *(el("span", words, cls="ci") for words in told)


def missing(result: LoadResult) -> list[ET.Element]:
    """What could not be measured, and why: a line for each metric."""
    told = []
    for metric in METRICS:
        reasons: dict[str, int] = {}
        for line in result.lines:
            found = line.metrics.get(metric)
            for reason, count in (found.missing if found else {}).items():
                reasons[reason] = reasons.get(reason, 0) + count
        if reasons:
            words = "; ".join(f"{reason} ({count:,})" for reason, count in reasons.items())
            told.append(el("li", el("strong", f"{title_of(metric)}: "), words))
    return told


def estimated(result: LoadResult) -> list[ET.Element]:
    """What values were estimated, and by what: a line for each metric."""
    told = []
    for metric in METRICS:
        lines = [line.metrics[metric] for line in result.lines if metric in line.metrics]
        reasons = dict.fromkeys(reason for found in lines for reason in found.estimated)
        if reasons:
            count = sum(sum(found.estimated.values()) for found in lines)
            words = f"{count:,} of {sum(found.count for found in lines):,} values: "
            told.append(el("li", el("strong", f"{title_of(metric)}: "), words + "; ".join(reasons)))
    return told


def comparisons(result: LoadResult) -> Iterator[ET.Element]:
    """Each two targets, a row a metric: difference, interval, and the word for it; who is in none."""
    titles = {stage.index: stage.title for stage in result.shape.stages}
    several = len(titles) > 1
    rows: list[Sequence[Cell]] = []
    for one in result.comparisons:
        shift = one.shift
        value, low, high = (
            shown(one.metric, each, sign=True) for each in (shift.value, shift.low, shift.high)
        )
        interval = el("span", f"{low} to {high}", cls="ci") if shift.low is not None else None
        pair = el("span", name_of(one.second), " against ", name_of(one.first), cls="ci")
        stage = el("span", titles.get(one.stage, ""), cls="ci") if several else None
        rows.append(
            [
                (title_of(one.metric), pair, stage),
                (
                    "n/a" if shift.value is None else f"{value} {unit_of(one.metric)}",
                    interval,
                ),
                "n/a" if shift.effect is None else f"{shift.effect:+.2f}",
                "n/a" if one.p_adjusted is None else _probability(one.p_adjusted),
                compared_words(one),
            ]
        )
    heads = ["Metric", "Shift", "Effect", "p, corrected", "Verdict"]
    caption = (
        "The shift of the one against the other (below, its own 95 % interval, uncorrected); the effect "
        "goes from -1 (always smaller) to 1 (always larger); p is corrected for the number of "
        "comparisons (Holm)"
    )
    if rows:
        yield table(caption, heads, rows, words=(4,))
    if left_out := in_no_comparison(result):
        told = (el("li", name_of(name), f": {why}") for name, why in left_out)
        yield el("p", "Not compared:")
        yield el("ul", *told)


def _probability(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}".rstrip("0").rstrip(".")


def objectives(result: LoadResult) -> Iterator[ET.Element]:
    """Whether each objective was met, and the most load at which all are."""
    if result.most:
        yield el("ul", *(el("li", name_of(one.target), f": {one.words}") for one in result.most))
    words = {True: ("met", "good"), False: ("missed", "bad"), None: ("not known", "warn")}
    rows: list[Sequence[Cell]] = [
        [
            line_name(result, line),
            one.objective.text,
            (el("strong", words[one.met][0], cls=words[one.met][1]),),
            estimate_cell(one.objective.metric, one.estimate, unit_of(one.objective.metric)),
            one.words,
        ]
        for line in by_level(result)
        for one in line.objectives
    ]
    heads = ["Target", "Objective", "Result", "Measured", "In words"]
    yield table(
        "Objectives; requests that failed count as over any limit", heads, rows, words=(1, 2, 4)
    )


def client(result: LoadResult) -> Iterator[ET.Element]:
    """How well the client itself kept up."""
    own = result.self_check
    yield el("p", own.words, cls="note" if own.bottleneck else "")
    rows: list[Sequence[Cell]] = [
        [
            title,
            f"{line.count:,}",
            *(estimate_cell(line.metric, line.quantiles.get(name)) for name in ("p50", "p99")),
            shown(line.metric, line.largest),
        ]
        for title, line in (
            ("Event loop late by", own.loop_lag),
            ("Requests sent late by", own.schedule_delay),
        )
    ]
    heads = ["Delay", "Count", "p50", "p99", "Largest"]
    yield table("Delays of the client's own, in ms", heads, rows)
    share = "n/a" if own.cpu_share is None else f"{own.cpu_share:.0%}"
    processes = "1 process" if own.processes == 1 else f"{own.processes} processes"
    yield el("p", f"{processes}; CPU time of the busiest: {share} of the time that went by.")


def definitions(metrics: Sequence[str]) -> ET.Element:
    """What each metric is, as it is worked out."""
    rows: list[Sequence[Cell]] = [
        [title_of(name), METRICS[name].formula, METRICS[name].needs, METRICS[name].source]
        for name in metrics
        if name in METRICS
    ]
    heads = ["Metric", "Formula", "Needs", "As in"]
    return table("Definitions", heads, rows, words=(1, 2, 3))


def slices(result: LoadResult) -> Node:
    """What the pictures over time are drawn from."""
    rows: list[Sequence[Cell]] = [
        [
            name_of(line.target),
            short(moment.at_s),
            f"{moment.sent:,}",
            f"{moment.passed:,}",
            f"{moment.failed:,}",
            f"{moment.in_flight:,}",
            shown("ttft", moment.ttft_s),
            shown("latency", moment.latency_s),
        ]
        for line in result.lines
        for moment in line.series
    ]
    heads = ["Target", "At s", "Sent", "Passed", "Failed", "In flight", "TTFT ms", "Latency ms"]
    return table("Slice by slice; times are medians of those that passed in it", heads, rows)
