"""The figures of one target in one step as a small table, each with its interval or the word for none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from gatewayz.core.estimates import Estimate
from gatewayz.core.load import DUE_AND_NOT_SENT, LoadLine, LoadResult, MetricLine
from gatewayz.core.text import fit
from gatewayz.core.units import show_number
from gatewayz.measure import METRICS, Metric
from gatewayz.reports._wrapping import WIDTH, wrapped
from gatewayz.reports.load._figures import by_level

_ROWS = {
    "ttft": "first token",
    "ttft_since_due": "  since due",
    "ttfa": "first answer",
    "itl": "inter-token",
    "icl": "chunk gaps",
    "longest_stall": "longest stall",
    "decode_rate": "decode rate",
    "latency": "latency",
    "latency_since_due": "  since due",
}
_COLUMNS = ("p50", "p95", "p99")
_TITLES = {"p50": "median (95 %)", "p95": "p95 (95 %)", "p99": "p99 (95 %)"}
_NAME, _CELL = 23, 18
_INDENT = "  "
TOO_FEW = "too few"
# In a line of words a row needs a name of its own.
_NAMES = {
    **{name: title.strip() for name, title in _ROWS.items()},
    "ttft_since_due": "first token since due",
    "latency_since_due": "latency since due",
}


def table(line: LoadLine, width: int) -> Iterator[str]:
    """Lines of at most `width` columns: a table where it fits, else a line per metric."""
    found = [
        (METRICS[name], title, line.metrics[name])
        for name, title in _ROWS.items()
        if name in line.metrics and line.metrics[name].count and not _told_already(name, line)
    ]
    rows = [[cell(of, metric, quantile) for quantile in _COLUMNS] for metric, _, of in found]
    wide = _widths(rows)
    if width >= WIDTH:
        heads = "".join(f"{_TITLES[q]:>{room}}" for q, room in zip(_COLUMNS, wide, strict=True))
        yield f"{_INDENT}{'':{_NAME - 2}}{heads}".rstrip()
    for (metric, title, _), cells in zip(found, rows, strict=True):
        name = f"{title:14}{_unit(metric):>6}"
        shown = "".join(f"{one:>{room}}" for one, room in zip(cells, wide, strict=True))
        row = f"{_INDENT}{name:{_NAME - 2}}{shown}".rstrip()
        if width >= WIDTH and len(row) <= width:
            yield row
        else:
            told = ", ".join(f"{q} {one}" for q, one in zip(_COLUMNS, cells, strict=True) if one)
            yield from wrapped(
                f"{_NAMES[metric.name]} ({_unit(metric)}): {told}", _INDENT, width=width
            )
    for told in (*_together(line), *_estimated(line), *_not_measured(line)):
        yield from wrapped(told, _INDENT, width=width)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns alike, or, where a cell is wider and there is room, each as wide as it has to be."""
    needed = [
        max(len(_TITLES[q]) + 2, *(len(row[at]) + 1 for row in rows)) if rows else _CELL
        for at, q in enumerate(_COLUMNS)
    ]
    alike = max(needed) <= _CELL or _NAME + sum(needed) > WIDTH
    return [_CELL] * len(needed) if alike else needed


def _told_already(name: str, line: LoadLine) -> bool:
    """Whether the answer began with the first token each time, as it does without reasoning."""
    first, answer = line.metrics.get("ttft"), line.metrics.get("ttfa")
    if name != "ttfa" or first is None or answer is None:
        return False
    parts = ("count", "smallest", "largest", "quantiles", "missing")
    return all(getattr(first, part) == getattr(answer, part) for part in parts)


_STEPS = (
    ("1st token", "ttft", "p50"),
    ("p95", "ttft", "p95"),
    ("inter-tok", "itl", "p50"),
    ("latency", "latency", "p50"),
    ("p95", "latency", "p95"),
)


def overview(result: LoadResult, width: int) -> list[str]:
    """Of several steps a line each, for each target; times in ms. Nothing for a single step."""
    if len(result.shape.stages) < 2:
        return []
    lines: list[str] = []
    for target in result.targets:
        mine = [line for line in by_level(result) if line.target == target.name]
        if not mine:
            continue
        lines += wrapped(f"{target.name}, step by step", "", break_words=True, width=width)
        heads = "".join(f"{title:>10}" for title, _, _ in _STEPS)
        lines.append(fit(f"{'':11}{'failed':>7}{'per s':>7}{heads}", width).rstrip())
        for line in mine:
            rate = "" if line.requests_per_s is None else show_number(line.requests_per_s)
            cells = "".join(f"{_short(line, name, q):>10}" for _, name, q in _STEPS)
            row = f"{line.title:11}{line.failures:>7}{rate:>7}{cells}"
            lines.append(fit(row, width).rstrip())
        lines.append("")
    return lines


def _short(line: LoadLine, name: str, quantile: str) -> str:
    """A value without its interval, where it has one."""
    found = line.metrics.get(name)
    value = found.quantiles.get(quantile) if found is not None else None
    if value is None or value.value is None:
        return "n/a"
    if not value.enough and quantile != "p50":
        return TOO_FEW
    return f"{_about(found)}{number(value.value, METRICS[name])}"


def cell(of: MetricLine, metric: Metric, quantile: str) -> str:
    """A value with its interval: `33.3 (32.1-34)`; without one the word for it, but for a median.

    Gaps have no interval, being no independent sample, and rates are told by their median.
    """
    found = of.quantiles.get(quantile)
    if found is None and DUE_AND_NOT_SENT in of.missing:
        return "not sent"  # it lies among those that wait still
    if found is None or found.value is None or (metric.better == "higher" and quantile != "p50"):
        return ""
    shown = f"{_about(of)}{number(found.value, metric)}"
    if of.metric == "icl":
        return shown
    if found.low is None or found.high is None:
        return f"{shown} (of {of.count})" if quantile == "p50" else TOO_FEW
    return f"{shown} ({_interval(found, metric)})"


def _about(of: MetricLine | None) -> str:
    """The mark of a figure that has estimated values in it; `_estimated` says of what."""
    return "~" if of is not None and of.estimated else ""


def _interval(found: Estimate, metric: Metric) -> str:
    low, high = (number(end, metric) for end in (found.low, found.high) if end is not None)
    return f"{low}-{high}"


def number(value: float, metric: Metric) -> str:
    """A value in the metric's display unit, to about three figures."""
    return show_number(value * metric.display_factor)


def _unit(metric: Metric) -> str:
    return "tok/s" if metric.display_unit == "tokens/s" else metric.display_unit


def _together(line: LoadLine) -> Iterator[str]:
    """How many gaps nobody could see, and how near the others are."""
    gaps = line.metrics.get("icl")
    if gaps is None or not gaps.count:
        return
    if gaps.together:
        yield (
            f"chunk gaps: {gaps.together:,} of {gaps.count:,} are 0, between chunks that came together"
        )
    if gaps.relative_error:
        yield f"chunk gaps: {gaps.count:,}, their quantiles to within {gaps.relative_error:.1%}"


def _estimated(line: LoadLine) -> Iterator[str]:
    """What is marked as about so much, in how many requests, and on what it rests."""
    by_reason: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    for name, title in _NAMES.items():
        of = line.metrics.get(name)
        for reason, count in (of.estimated if of is not None else {}).items():
            by_reason[reason, count, of.count if of is not None else 0].append(title)
    for (reason, count, total), names in by_reason.items():
        share = "" if count == total else f" in {count:,} of {total:,}"
        yield f"~ about, {', '.join(names)}: estimated{share}: {reason}"


def _not_measured(line: LoadLine) -> Iterator[str]:
    """What could not be measured, by its reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, title in _NAMES.items():
        of = None if _told_already(name, line) else line.metrics.get(name)
        for reason, count in (of.missing if of is not None else {}).items():
            share = "" if of is not None and not of.count else f" of {count}"
            by_reason[reason].append(f"{title}{share}")
    for reason, names in by_reason.items():
        yield f"not measured: {', '.join(names)}: {reason}"
