"""Runs as a table for spreadsheets: a row for each result. Lines end as RFC 4180 has it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from gatewayz.core import Run, Verdict
from gatewayz.core.codec import moment_text
from gatewayz.measure import latency_s, ttft_s
from gatewayz.reports._cells import Cell, safe

COLUMNS = (
    "run", "run_started_at", "started_at", "gateway", "way", "model", "probe", "repeat", "outcome",
    "first_outcome", "kind", "class", "culprit", "warnings", "reason", "status", "attempts", "ttft_s",
    "latency_s", "input_tokens", "output_tokens", "finish_reason", "model_served", "taken_from",
)  # fmt: skip


def table(results: Iterable[tuple[Run, Verdict]]) -> Iterator[str]:
    """The lines of the table, its header first; what is not known is an empty cell.

    Moments are ISO 8601 in UTC, times in seconds.
    """
    yield _line(COLUMNS)
    for run, verdict in results:
        cells = {**_of_case(run, verdict), **_of_answer(verdict)}
        yield _line([cells[name] for name in COLUMNS])


def _line(cells: Iterable[Cell]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()


def _of_case(run: Run, verdict: Verdict) -> dict[str, Cell]:
    case, found = verdict.observation.case, verdict.failure
    return {
        "run": run.id,
        "run_started_at": moment_text(run.started_at),
        "gateway": case.gateway,
        "way": case.way,
        "model": case.model.id if case.model else None,
        "probe": case.probe,
        "repeat": case.repeat,
        "outcome": verdict.outcome.value,
        "first_outcome": verdict.first_outcome.value if verdict.first_outcome else None,
        "kind": found.kind if found else None,
        "class": found.failure_class if found else None,
        "culprit": found.culprit.value if found else None,
        "warnings": " ".join(one.kind or one.failure_class for one in verdict.warnings) or None,
        "reason": verdict.reason or None,
        "taken_from": verdict.taken_from or None,
    }


def _of_answer(verdict: Verdict) -> dict[str, Cell]:
    seen, last = verdict.observation, verdict.observation.last
    usage, begun = seen.reply.usage, seen.attempts[0].started_at if seen.attempts else None
    return {
        "started_at": moment_text(begun) if begun else None,
        "status": last.status if last else None,
        "attempts": len(seen.attempts),
        "ttft_s": ttft_s(last) if last else None,
        "latency_s": latency_s(last) if last else None,
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "finish_reason": seen.reply.finish_reason or None,
        "model_served": seen.reply.model or None,
    }
