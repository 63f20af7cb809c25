"""How fast the answers were: tables with intervals, and how the times are distributed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from gatewayz.core import Interval, Outcome, Percentiles, Verdict
from gatewayz.core.units import show_number
from gatewayz.measure import METRICS, percentiles
from gatewayz.measure.metrics import Metric
from gatewayz.reports._blocks import Lane
from gatewayz.reports._charts import COLOURS, Strip, Strips, strips_chart
from gatewayz.reports._markup import Node, el
from gatewayz.reports._scales import scale_for
from gatewayz.reports._table_frame import Cell, table

_DRAWN = ("ttft", "latency", "decode_rate")


@dataclass(slots=True)
class _Lane:
    """The values of one metric in one lane, and why there are no more of them."""

    values: list[float] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)


def speed(lanes: Mapping[Lane, Sequence[Verdict]]) -> Iterator[Node]:
    """Of each metric pictures of at most eight gateways each, then a table by gateway."""
    pictures: list[Node] = []
    tables: list[Node] = []
    for name in _DRAWN:
        metric = METRICS[name]
        found = {lane.title: one for lane, vs in lanes.items() if (one := _measured(metric, vs))}
        if not any(one.values for one in found.values()):
            continue
        title = metric.title[:1].upper() + metric.title[1:]
        pictures += _pictures(metric, title, found)
        tables += [
            el("h3", title),
            el("p", metric.formula, cls="dim"),
            _table(metric, title, found),
        ]
    if pictures:
        yield el("div", *pictures, cls="pair")
        yield from tables


def _measured(metric: Metric, verdicts: Sequence[Verdict]) -> _Lane:
    """What passed, each answer one value."""
    found = _Lane()
    for verdict in verdicts:
        seen = verdict.observation
        if verdict.outcome is not Outcome.PASSED or seen.last is None or seen.case.model is None:
            continue
        measured = metric.of(seen.last)
        if measured.value is None:
            found.missing[measured.reason] += 1
        else:
            found.values.append(measured.value)
    return found


def _table(metric: Metric, title: str, lanes: Mapping[str, _Lane]) -> ET.Element:
    rows: list[Sequence[Cell]] = []
    for name, found in lanes.items():
        if not found.values and not found.missing:
            continue
        stats = percentiles(found.values)
        reasons = "; ".join(f"{reason} ({n:,})" for reason, n in found.missing.most_common(3))
        rows.append(
            [
                el("bdi", name),
                f"{stats.count:,}",
                _number(metric, stats.lowest),
                (_number(metric, stats.median), _ends(metric, stats, stats.median_interval)),
                (_number(metric, stats.p95), _ends(metric, stats, stats.p95_interval)),
                _number(metric, stats.highest),
                reasons,
            ]
        )
    heads = ["Gateway", "Answers", "Lowest", "Median", "p95", "Highest", "Not measured"]
    caption = f"{title} in {metric.display_unit}, over answers that passed; below a value its 95 % interval"
    return table(caption, heads, rows, words=(6,))


def _number(metric: Metric, value: float | None) -> str:
    return "n/a" if value is None else show_number(value * metric.display_factor)


def _ends(metric: Metric, stats: Percentiles, found: Interval | None) -> ET.Element | None:
    if not stats.count:
        return None
    words = "too few" if found is None else f"{_number(metric, found.low)} – {_number(metric, found.high)}"  # fmt: skip
    return el("span", words, cls="ci")


def _pictures(metric: Metric, title: str, lanes: Mapping[str, _Lane]) -> Iterator[ET.Element]:
    factor = metric.display_factor
    drawn = [(name, one.values) for name, one in lanes.items() if one.values]
    x = scale_for(value * factor for _, values in drawn for value in values)
    for start in range(0, len(drawn), COLOURS):
        group = drawn[start : start + COLOURS]
        several = f" ({start + 1} to {start + len(group)})" if len(drawn) > COLOURS else ""
        yield strips_chart(
            Strips(
                title=f"{title}: how often{several}",
                about="Each row is as high as its own most frequent value; the upright line is the median.",
                x_title=metric.display_unit,
                strips=[
                    Strip(
                        label=name,
                        weights=[(value * factor, 1) for value in values],
                        colour=at,
                        mark=(percentiles(values).median or 0.0) * factor,
                    )
                    for at, (name, values) in enumerate(group)
                ],
                x=x,
            )
        )
