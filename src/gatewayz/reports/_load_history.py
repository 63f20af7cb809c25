"""What load runs measured of a model, run by run: on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from gatewayz.core.codec import to_json
from gatewayz.core.load import LoadLine, MetricLine
from gatewayz.core.load_past import PastLoad
from gatewayz.core.text import visible
from gatewayz.core.units import show_moment, show_number
from gatewayz.measure import METRICS
from gatewayz.reports._wrapping import wrapped

# The wait, the pace, the whole.
SPEEDS = ("ttft", "itl", "decode_rate", "latency")
_TITLES = {"ttft": "first token", "itl": "inter-token", "decode_rate": "decode"}
_INDENT = "  "


def load_history_lines(loads: Sequence[PastLoad], *, width: int) -> list[str]:
    """Lines of at most `width` columns: each model, and below it what each run measured."""
    models: dict[tuple[str, str, str], list[PastLoad]] = {}
    for one in loads:
        models.setdefault((one.gateway, one.model, one.way), []).append(one)
    lines: list[str] = []
    for (gateway, model, way), found in sorted(models.items()):
        name = visible(f"{gateway}/{model}{' (api)' if way == 'api' else ''}")
        head = f"{name} under load: medians, and their 95 % intervals"
        lines += ["", *wrapped(head, "", break_words=True, width=width), ""]
        for one in found:
            load = f"{one.line.title}: " if one.line.title else ""
            ended = one.line.sent - one.line.unfinished
            left = f", {one.line.unfinished} unfinished" if one.line.unfinished else ""
            told = f"{load}{one.line.passed} of {ended} passed{left}"
            start = f"{visible(one.run_id)}  {show_moment(one.at)}  "
            lines += wrapped(f"{start}{visible(told)}", "", break_words=True, width=width)
            lines += wrapped(speeds_told(one.line) or "no time measured", _INDENT, width=width)
    return lines[1:]


def speeds_told(line: LoadLine) -> str:
    """The medians of a line in words: "first token 125 ms (124-126), latency 321 ms (321-322)"."""
    return ", ".join(_told(line.metrics[name]) for name in SPEEDS if _is_known(line, name))


def _is_known(line: LoadLine, name: str) -> bool:
    found = line.metrics.get(name)
    return found is not None and "p50" in found.quantiles


def _told(found: MetricLine) -> str:
    metric, median = METRICS[found.metric], found.quantiles["p50"]
    value, low, high = (
        "" if each is None else show_number(each * metric.display_factor)
        for each in (median.value, median.low, median.high)
    )
    about = "~" if found.estimated else ""
    title = _TITLES.get(found.metric, metric.title)
    interval = f" ({low}-{high})" if low and high else " (too few)"
    return f"{title} {about}{value} {metric.display_unit}{interval}"


def load_history(loads: Iterable[PastLoad]) -> list[dict[str, Any]]:
    """The same as JSON values, a line without its pictures; docs/history.md has their shape."""
    return [_document(one) for one in loads]


def _document(one: PastLoad) -> dict[str, Any]:
    metrics = {name: replace(found, buckets=()) for name, found in one.line.metrics.items()}
    document: dict[str, Any] = to_json(
        replace(one, line=replace(one.line, metrics=metrics, series=()))
    )
    return document
