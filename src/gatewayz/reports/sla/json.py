"""How promises stand, as JSON."""

from __future__ import annotations

import json
from typing import Any

from gatewayz.core.availability import Assessment, SlaReport
from gatewayz.core.codec import to_json
from gatewayz.reports._report import PromiseReport

SCHEMA = "gatewayz/sla/1"


def document(report: SlaReport) -> dict[str, Any]:
    """The report as a JSON value; docs/sla.md has its shape."""
    return {
        "schema": SCHEMA,
        "at": to_json(report.at),
        "month": report.month or None,
        "promises": to_json(report.slas),
        "maintenance": to_json(report.maintenance),
        "removed_before": to_json(report.removed_before),
        "shares_since": to_json(report.shares_since),
        "objectives": [_objective(one) for one in report.assessments],
        "troubles": to_json(report.troubles),
    }


def _objective(one: Assessment) -> dict[str, Any]:
    return {
        **to_json(one),
        "share": one.tally.share,
        "counted": one.tally.counted,
        "budget_left": one.budget.left,
        "budget_spent_share": one.budget.spent_share,
    }


def render(report: SlaReport) -> bytes:
    """The document as UTF-8."""
    return (json.dumps(document(report), indent=2, ensure_ascii=False) + "\n").encode()


REPORT = PromiseReport(
    name="json",
    title="everything, for programs",
    suffix=".json",
    media_type="application/json",
    render=render,
)
