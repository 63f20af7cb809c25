"""The figures of one target in one step as a small table, each with its interval or the word for none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gatewayz.core.estimates import Estimate
from gatewayz.core.load import LoadLine, LoadResult, MetricLine
from gatewayz.core.text import fit
from gatewayz.measure import METRICS, Metric
from gatewayz.reports._wrapping import WIDTH, wrapped

_ROWS = {
    "ttft": "first token",
    "ttft_since_due": "  since due",
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


def table(line: LoadLine, width: int) -> Iterator[str]:
    """Lines of at most `width` columns: a table where it fits, else a line per metric."""
    found = [
        (METRICS[name], title, line.metrics[name])
        for name, title in _ROWS.items()
        if name in line.metrics and line.metrics[name].count
    ]
    if width >= WIDTH:
        heads = "".join(f"{_TITLES[one]:>{_CELL}}" for one in _COLUMNS)
        yield f"{_INDENT}{'':{_NAME - 2}}{heads}".rstrip()
    for metric, title, of in found:
        cells = [cell(of, metric, quantile) for quantile in _COLUMNS]
        name = f"{title:14}{_unit(metric):>6}"
        row = f"{_INDENT}{name:{_NAME - 2}}{''.join(f'{one:>{_CELL}}' for one in cells)}".rstrip()
        if width >= WIDTH and len(row) <= width:
            yield row
        else:
            told = ", ".join(f"{q} {one}" for q, one in zip(_COLUMNS, cells, strict=True) if one)
            yield from wrapped(f"{title.strip()} ({_unit(metric)}): {told}", _INDENT, width=width)
    for told in _not_measured(line):
        yield from wrapped(told, _INDENT, width=width)


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
        mine = [line for line in result.lines if line.target == target.name]
        if not mine:
            continue
        lines += wrapped(f"{target.name}, step by step", "", break_words=True, width=width)
        heads = "".join(f"{title:>10}" for title, _, _ in _STEPS)
        lines.append(fit(f"{'':11}{'failed':>7}{'per s':>7}{heads}", width).rstrip())
        for line in mine:
            rate = "" if line.requests_per_s is None else f"{line.requests_per_s:.3g}"
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
    return number(value.value, METRICS[name])


def cell(of: MetricLine, metric: Metric, quantile: str) -> str:
    """A value with its interval: `33.3 (32.1-34)`; without one the word for it, but for a median.

    Gaps have no interval, being no independent sample, and rates are told by their median.
    """
    found = of.quantiles.get(quantile)
    if found is None or found.value is None or (metric.better == "higher" and quantile != "p50"):
        return ""
    if of.metric == "icl":
        return number(found.value, metric)
    if found.low is None or found.high is None:
        return f"{number(found.value, metric)} (of {of.count})" if quantile == "p50" else TOO_FEW
    return f"{number(found.value, metric)} ({_interval(found, metric)})"


def _interval(found: Estimate, metric: Metric) -> str:
    low, high = (number(end, metric) for end in (found.low, found.high) if end is not None)
    return f"{low}-{high}"


def number(value: float, metric: Metric) -> str:
    """A value in the metric's display unit, to about three figures."""
    shown = value * metric.display_factor
    if not shown:
        return "0"
    digits = next((n for least, n in ((100, 0), (10, 1), (1, 2)) if abs(shown) >= least), 3)
    return f"{shown:.{digits}f}"


def _unit(metric: Metric) -> str:
    return "tok/s" if metric.display_unit == "tokens/s" else metric.display_unit


def _not_measured(line: LoadLine) -> Iterator[str]:
    """What could not be measured, by its reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name, title in _ROWS.items():
        of = line.metrics.get(name)
        for reason, count in (of.missing if of is not None else {}).items():
            share = "" if of is not None and not of.count else f" of {count}"
            by_reason[reason].append(f"{title.strip()}{share}")
    for reason, names in by_reason.items():
        yield f"not measured: {', '.join(names)}: {reason}"
