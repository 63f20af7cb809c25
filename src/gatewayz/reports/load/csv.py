"""A load run as a table for spreadsheets: one row per target, stage and metric.

Lines end as RFC 4180 has it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from gatewayz.core.load import LoadLine, LoadResult, MetricLine, Stage, Target
from gatewayz.measure import METRICS
from gatewayz.reports._cells import Cell, safe
from gatewayz.reports._report import LoadReport
from gatewayz.reports.load._figures import via_of

_QUANTILES = ("p50", "p90", "p95", "p99")


def rows(result: LoadResult) -> Iterator[dict[str, Cell]]:
    """A row for each target, stage and metric; a line without any metric has one row, too.

    Times are in seconds, rates per second, money in USD; what is not known is an empty cell.
    """
    targets = {target.name: target for target in result.targets}
    stages = {stage.index: stage for stage in result.shape.stages}
    for line in result.lines:
        own = _of_line(result, line, targets.get(line.target), stages.get(line.stage))
        for metric in line.metrics.values() or (MetricLine(metric=""),):
            yield {**own, **_of_metric(metric)}


def _of_line(
    result: LoadResult, line: LoadLine, target: Target | None, stage: Stage | None
) -> dict[str, Cell]:
    return {
        "run": result.id,
        "target": line.target,
        "gateway": target.gateway if target else "",
        "model": target.model_id if target else "",
        "way": target.way if target else "",
        "via": via_of(result, target) if target else "",
        "stage": line.stage,
        "stage_title": line.title or (stage.title if stage else ""),
        "load": stage.level if stage else None,
        "load_unit": stage.unit if stage else "",
        "started_s": line.started_s,
        "elapsed_s": line.elapsed_s,
        "sent": line.sent,
        "passed": line.passed,
        "failed": line.failures,
        "unfinished": line.unfinished,
        "unsent": line.unsent,
        "requests_per_s": line.requests_per_s,
        "output_tokens_per_s": line.output_tokens_per_s,
        "goodput_per_s": line.goodput_per_s,
        "input_tokens": line.input_tokens,
        "output_tokens": line.output_tokens,
        "cost_usd": line.cost_usd,
        "costed": line.costed,
        "costed_at_most": line.costed_at_most,
        "good": line.good,
        "unjudged": sum(line.unjudged.values()),
    }


def _of_metric(line: MetricLine) -> dict[str, Cell]:
    metric = METRICS.get(line.metric)
    cells: dict[str, Cell] = {
        "metric": line.metric,
        "unit": metric.unit if metric else "",
        "count": line.count,
        "not_measured": sum(line.missing.values()),
        "estimated": sum(line.estimated.values()),
        "together": line.together,
        "relative_error": line.relative_error,
        "smallest": line.smallest,
    }
    for name in _QUANTILES:
        found = line.quantiles.get(name)
        cells[name] = found.value if found else None
        cells[f"{name}_low"] = found.low if found else None
        cells[f"{name}_high"] = found.high if found else None
    return {**cells, "largest": line.largest}


def render(result: LoadResult) -> bytes:
    """The table as UTF-8 with a header; the same bytes for the same run."""
    columns = [*_of_line(result, LoadLine(target="", stage=0), None, None)]
    columns += _of_metric(MetricLine(metric=""))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    for row in rows(result):
        writer.writerow({name: safe(cell) for name, cell in row.items()})
    return out.getvalue().encode()


REPORT = LoadReport(
    name="csv",
    title="one row per target, stage and metric, for spreadsheets",
    suffix=".csv",
    media_type="text/csv",
    render=render,
)
