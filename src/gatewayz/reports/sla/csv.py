"""How promises stand, as a table for spreadsheets: one row for each objective of each target."""

from __future__ import annotations

import csv
import io

from gatewayz.core.availability import Assessment, SlaReport, Standing
from gatewayz.core.codec import moment_text
from gatewayz.reports._cells import Cell, safe
from gatewayz.reports._report import PromiseReport

_LEFT_OUT = tuple(one for one in Standing if one not in (Standing.GOOD, Standing.BAD))


def _row(report: SlaReport, one: Assessment) -> dict[str, Cell]:
    quantile = one.quantile
    removed, since = report.removed_before.get(one.sla), report.shares_since.get(one.sla)
    return {
        "promise": one.sla,
        "target": one.target,
        "way": one.way,
        "objective": one.objective.name,
        "from": moment_text(one.span.start),
        "to": moment_text(one.span.end),
        "as_of": moment_text(one.at),
        "state": one.state,
        "promised_share": one.objective.share,
        "share": one.tally.share,
        "share_low": one.low,
        "share_high": one.high,
        "limit": one.objective.limit,
        "measured": quantile.value if quantile else None,
        "measured_low": quantile.low if quantile else None,
        "measured_high": quantile.high if quantile else None,
        "good": one.tally.good,
        "bad": one.tally.bad,
        **{
            f"not_counted_{s.value.replace(' ', '_')}": one.tally.excluded.get(s, 0)
            for s in _LEFT_OUT
        },
        "budget_allowed": one.budget.allowed,
        "budget_left": one.budget.left,
        "rounds": one.rounds,
        "unwatched_s": one.unwatched_s,
        "incidents": len(one.incidents),
        "in_incidents_s": one.down_s,
        "alert": one.alert.severity if one.alert else None,
        "removed_before": moment_text(removed) if removed else None,
        "shares_since": moment_text(since) if since else None,
    }


def render(report: SlaReport) -> bytes:
    """The table as UTF-8 with a header. Moments are ISO 8601 in UTC, times seconds, shares 0 to 1."""
    rows = [_row(report, one) for one in report.assessments]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(rows[0] if rows else ["promise", "target", "objective", "state"])
    writer.writerows([safe(cell) for cell in row.values()] for row in rows)
    return out.getvalue().encode()


REPORT = PromiseReport(
    name="csv",
    title="one row per objective and target, for spreadsheets",
    suffix=".csv",
    media_type="text/csv",
    render=render,
)
