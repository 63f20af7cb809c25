"""The whole run as one JSON document; its schema is in docs/reports.md."""

from __future__ import annotations

import json
from typing import Any

from gatewayz.core import Counts, GatewaySummary, Run, Summary
from gatewayz.core.access import access_in
from gatewayz.core.codec import to_json
from gatewayz.core.text import json_to_show
from gatewayz.reports._report import Report
from gatewayz.reports._result import result_of

SCHEMA = "gatewayz/run/1"


def document(run: Run, summary: Summary) -> dict[str, Any]:
    """The report as a JSON value."""
    return {
        "schema": SCHEMA,
        "id": to_json(run.id),
        "status": to_json(run.status),
        "started_at": to_json(run.started_at),
        "finished_at": to_json(run.finished_at),
        "settings": to_json(run.settings),
        "environment": to_json(run.environment),
        "summary": {
            "total": _counts(summary.total),
            "gateways": [_gateway(line) for line in summary.gateways],
            "differences": to_json(summary.differences),
            "failing_both_ways": to_json(summary.failing_both_ways),
            "added": to_json(summary.added),
            "timing": to_json(summary.timing),
            "spend": to_json(summary.spend),
            "elapsed_s": to_json(summary.elapsed_s),
            "notes": to_json(summary.notes),
        },
        "plan": [{"id": to_json(case.id), **to_json(case)} for case in run.plan],
        "results": [
            result_of(verdict, access_in(run, verdict.observation.case)) for verdict in run.verdicts
        ],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {**to_json(counts), "rate": counts.rate, "tag": counts.tag}


def _gateway(line: GatewaySummary) -> dict[str, Any]:
    fields: dict[str, Any] = to_json(line)
    return {**fields, "counts": _counts(line.counts)}


def render(run: Run, summary: Summary) -> bytes:
    """The document as indented UTF-8, the same bytes for the same run, and safe on a terminal."""
    text = json.dumps(document(run, summary), ensure_ascii=False, allow_nan=False, indent=2)
    return (json_to_show(text) + "\n").encode()


REPORT = Report(
    name="json",
    title="everything, for programs",
    suffix=".json",
    media_type="application/json",
    render=render,
)
