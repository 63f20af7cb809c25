"""A whole load run as one JSON document; its schema is in docs/reports.md."""

from __future__ import annotations

import json
from typing import Any

from gatewayz.core import Verdict
from gatewayz.core.access import access_kept
from gatewayz.core.codec import to_json
from gatewayz.core.load import LoadFailure, LoadLine, LoadResult
from gatewayz.core.text import json_to_show
from gatewayz.measure import METRICS
from gatewayz.reports._report import LoadReport
from gatewayz.reports._result import result_of
from gatewayz.reports.load._advice import of_a_load

SCHEMA = "gatewayz/load/1"


def document(result: LoadResult) -> dict[str, Any]:
    """The report as a JSON value."""
    fields: dict[str, Any] = to_json(result)
    return {
        "schema": SCHEMA,
        **fields,
        "metrics": {name: _definition(name) for name in METRICS if name in _measured(result)},
        "warm_up": [_line(line) for line in result.warm_up],
        "lines": [_line(line) for line in result.lines],
        "failures": [_failure(failure, result) for failure in result.failures],
    }


def _measured(result: LoadResult) -> set[str]:
    return {name for line in result.lines for name in line.metrics}


def _definition(name: str) -> dict[str, str]:
    metric = METRICS[name]
    words = ("title", "unit", "display_unit", "formula", "needs", "source", "better")
    return {word: getattr(metric, word) for word in words}


def _line(line: LoadLine) -> dict[str, Any]:
    fields: dict[str, Any] = to_json(line)
    return {**fields, "failures": line.failures}


def _failure(failure: LoadFailure, result: LoadResult) -> dict[str, Any]:
    fields: dict[str, Any] = to_json(failure)
    return {**fields, "examples": [_example(verdict, result) for verdict in failure.examples]}


def _example(verdict: Verdict, result: LoadResult) -> dict[str, Any]:
    case = verdict.observation.case
    found = result_of(verdict, access_kept(result.settings, case.gateway, case.way))
    for told in (found["failure"], *found["also"]):
        if told is not None:
            told.update(cause=of_a_load(told["cause"]), remedy=of_a_load(told["remedy"]))
    return found


def render(result: LoadResult) -> bytes:
    """The document as indented UTF-8, the same bytes for the same run, and safe on a terminal."""
    text = json.dumps(document(result), ensure_ascii=False, allow_nan=False, indent=2)
    return (json_to_show(text) + "\n").encode()


REPORT = LoadReport(
    name="json",
    title="everything, for programs",
    suffix=".json",
    media_type="application/json",
    render=render,
)
