"""The dashboard's figures as JSON values; docs/api.md has their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatewayz.core import Run
from gatewayz.core.access import access_in
from gatewayz.core.availability import Tally
from gatewayz.core.codec import moment_text, to_json
from gatewayz.core.summed import Step
from gatewayz.measure import summarize
from gatewayz.reports._matrix import MARKS
from gatewayz.reports._result import result_of
from gatewayz.reports.json import document
from gatewayz.server.pages.days import Days, Diary, whole
from gatewayz.server.pages.overview import ModelNow, Overview
from gatewayz.server.pages.promises import Promises
from gatewayz.store import RunLine

_PREFIX = "gatewayz/api"
_STATES = dict(zip(MARKS, ("works", "fails", "sometimes", "unknown", "not_offered"), strict=True))
_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list is wanted."""

    limit: int
    offset: int

    def page(self, kind: str, items: Sequence[Any], total: int | None, now: datetime, **more: Any) -> dict[str, Any]:  # fmt: skip
        """A document with a part of a list; `total` is None where nobody counted."""
        end = self.offset + len(items)
        has_more = end < total if total is not None else len(items) == self.limit
        return {
            "schema": f"{_PREFIX}/{kind}/1",
            "read_at": moment_text(now),
            **more,
            "data": list(items),
            "total": total,
            "limit": self.limit,
            "offset": self.offset,
            "next_offset": end if has_more else None,
        }


def status_document(seen: Overview, part: Slice, now: datetime) -> dict[str, Any]:
    """Every model as it is now, and its share up over some days."""
    models = seen.models
    chosen = models[part.offset : part.offset + part.limit]
    return part.page(
        "status",
        [_model(model) for model in chosen],
        len(models),
        now,
        failing=sum(model.fails for model in models),
        days=len(seen.days),
        gateways=[
            {
                "gateway": gateway.name,
                "state": _STATES[gateway.state],
                "models": len(gateway.models),
                "failing": gateway.failing,
                "up": _up(gateway.days),
            }
            for gateway in seen.gateways
        ],
    )


def _model(model: ModelNow) -> dict[str, Any]:
    return {
        "gateway": model.gateway,
        "model": model.model,
        "state": _STATES.get(model.state, "unknown"),
        "fails_by": model.label or None,
        "probes": {probe: _STATES.get(found, "unknown") for probe, found in model.marks.items()},
        "asked_at": moment_text(model.at) if model.at else None,
        "run": model.run_id or None,
        "latency_s": model.latency_s,
        "up": _up(model.days),
    }


def _up(days: Sequence[Days]) -> dict[str, Any]:
    """The share up, with how many probes stand behind it, by the number of days up to today."""
    found = {count: whole(days[-count:]) for count in (1, 7, 30, 90) if count <= len(days)}
    return {f"{count}d": _share(one) for count, one in found.items()}


def _share(one: Days) -> dict[str, Any]:
    return {"rate": one.rate, "up": one.up, "down": one.down, "judged": one.judged}


def timeline_document(
    steps: Sequence[Step], ups: Sequence[Tally], part: Slice, now: datetime, **asked: Any
) -> dict[str, Any]:
    """Counts, failures and times, step by step; `ups` is their availability, empty where that is none."""
    end = part.offset + part.limit
    up = [_share(one) for one in Diary().line(ups)] if ups else [None] * len(steps)
    told = zip(steps[part.offset : end], up[part.offset : end], strict=True)
    data = [{**_step(step), "up": share} for step, share in told]
    return part.page("timeline", data, len(steps), now, **asked)


def _step(step: Step) -> dict[str, Any]:
    return {
        "start": moment_text(step.start),
        "seconds": step.seconds,
        "passed": step.passed,
        "failed": step.failed,
        "unknown": step.unknown,
        "skipped": step.skipped,
        "rate": step.rate,
        "failures": [
            {
                "outcome": one.outcome.value,
                "label": one.label or None,
                "class": one.failure_class or None,
                "culprit": one.culprit or None,
                "count": one.count,
                "of_list": one.of_list,
            }
            for one in step.failures
        ],
        "times": {
            name: {"count": found.count, **{p: found.quantile(share) for p, share in _SHARES.items()}}
            for name, found in step.times.items()
            if found.count
        },
    }  # fmt: skip


def incidents_document(found: Promises, part: Slice, now: datetime) -> dict[str, Any]:
    """Times of trouble, the latest first."""
    ordered = sorted(found.incidents, key=lambda one: one.trouble.start, reverse=True)
    chosen = ordered[part.offset : part.offset + part.limit]
    data = [
        {
            "gateway": one.gateway,
            "models": [target.partition("/")[2] for target in one.targets if "/" in target],
            "objective": one.objective,
            "start": moment_text(one.start),
            "end": moment_text(one.until) if one.ended else None,
            "kinds": dict(one.kinds),
            "culprits": dict(one.culprits),
            "promises": list(names),
        }
        for one, names in ((each.trouble, each.promises) for each in chosen)
    ]
    return part.page("incidents", data, len(ordered), now)


def sla_document(found: Promises, part: Slice, now: datetime) -> dict[str, Any]:
    """What became of every promise over its window so far."""
    chosen = found.promises[part.offset : part.offset + part.limit]
    data = [to_json(one) for one in chosen]
    return part.page("sla", data, len(found.promises), now, without_result=list(found.unseen))


def runs_document(runs: Sequence[RunLine], part: Slice, now: datetime) -> dict[str, Any]:
    """Runs, the newest first."""
    return part.page("runs", [to_json(run) for run in runs[: part.limit]], None, now)


def run_document(run: Run) -> dict[str, Any]:
    """One run in numbers, without its plan and its results."""
    told = document(run, run.summary or summarize(run.verdicts))
    del told["plan"], told["results"]
    counted = {"planned": run.planned, "recorded": len(run.verdicts)}
    return {**told, "schema": f"{_PREFIX}/run/1", **counted}


def results_document(run: Run, outcome: str, part: Slice, now: datetime) -> dict[str, Any]:
    """Results of a run as docs/reports.md has them; those of one outcome, or with "" all."""
    fitting = [verdict for verdict in run.verdicts if outcome in ("", verdict.outcome.value)]
    chosen = fitting[part.offset : part.offset + part.limit]
    told = [result_of(verdict, access_in(run, verdict.observation.case)) for verdict in chosen]
    return part.page("results", told, len(fitting), now, run=run.id)
