"""The nouns of runs to rows and back: runs, verdicts, catalogues, habits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gatewayz.core import Case, Habits, Model, Run, RunStatus, Summary, Verdict, Whom
from gatewayz.core.codec import from_json, loads, moment_text
from gatewayz.core.text import well_formed
from gatewayz.store.lines import StoredHabits
from gatewayz.store.rows import Row, finite, sealed, written


def run_row(run: Run) -> Row:
    """The row of a run, without its verdicts."""
    return sealed(
        {
            "id": well_formed(run.id),
            "started_at": moment_text(run.started_at),
            "finished_at": moment_text(run.finished_at) if run.finished_at else None,
            "status": run.status.value,
            "planned": len(run.plan),
            "plan": written(run.plan),
            "settings": written(run.settings),
            "environment": written(run.environment),
            "summary": written(run.summary) if run.summary else None,
        }
    )


def planned_cases(plan: str) -> int:
    """How many cases a run's plan, as its row keeps it, puts to models; what a list had to tell is none."""
    return sum(case.get("model") is not None for case in json.loads(plan))


def verdict_row(run_id: str, verdict: Verdict) -> Row:
    """The row of a verdict: what is searched, and the whole."""
    seen = verdict.observation
    case = seen.case
    first = seen.attempts[0].started_at if seen.attempts else None
    timing = seen.last.timing if seen.last else None
    return sealed(
        {
            "run_id": well_formed(run_id),
            "gateway": well_formed(case.gateway),
            "way": case.way,
            "model": well_formed(case.model.id) if case.model else None,
            "probe": well_formed(case.probe),
            "repeat": case.repeat,
            "outcome": verdict.outcome.value,
            "kind": verdict.failure.kind if verdict.failure else None,
            "class": verdict.failure.failure_class if verdict.failure else None,
            "warnings": len(verdict.warnings),
            "started_at": moment_text(first) if first else None,
            "first_token_s": finite(timing.first_token_s) if timing else None,
            "total_s": finite(timing.total_s) if timing else None,
            "verdict": written(verdict),
        }
    )


def catalog_row(gateway: str, models: tuple[Model, ...], at: datetime) -> Row:
    """The row of a gateway's catalogue."""
    return sealed(
        {
            "gateway": well_formed(gateway),
            "fetched_at": moment_text(at),
            "models": written(models),
        }
    )


def habits_row(whom: Whom, habits: Habits, at: datetime) -> Row:
    """The row of one model's habits."""
    return sealed(
        {
            "gateway": well_formed(whom.gateway),
            "way": whom.way,
            "host": well_formed(whom.host),
            "model": well_formed(whom.model),
            "learned_at": moment_text(at),
            "habits": written(habits),
        }
    )


def read_habits(row: Mapping[str, Any]) -> StoredHabits:
    """One model's habits out of their row. Raises: ValueError when they cannot be read."""
    names = {name: row[name] for name in ("gateway", "way", "host", "model")}
    return StoredHabits(
        whom=Whom(**names),
        habits=loads(Habits, row["habits"]),
        learned_at=from_json(datetime, row["learned_at"]),
    )


def read_run(row: Mapping[str, Any], verdicts: tuple[Verdict, ...]) -> Run:
    """A run out of its row. Raises: ValueError when it cannot be read as one."""
    return Run(
        id=row["id"],
        started_at=from_json(datetime, row["started_at"]),
        finished_at=from_json(datetime, row["finished_at"]) if row["finished_at"] else None,
        status=RunStatus(row["status"]),
        plan=loads(tuple[Case, ...], row["plan"]),
        settings=loads(dict[str, Any], row["settings"]),
        environment=loads(dict[str, Any], row["environment"]),
        verdicts=verdicts,
        summary=read_summary(row),
    )


def read_summary(row: Mapping[str, Any]) -> Summary | None:
    """What a run came to; None while it goes on, whatever its row keeps of a part before."""
    goes_on = row["status"] == RunStatus.RUNNING.value
    return None if goes_on else read_kept(row)


def read_kept(row: Mapping[str, Any]) -> Summary | None:
    """The summary that a run's row has, also where it goes on again."""
    return loads(Summary, row["summary"]) if row["summary"] else None
