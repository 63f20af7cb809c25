"""Verdicts as they go into the sums by the hour and by the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from gatewayz.core import CATALOG_PROBE, Attempt, MeasureError, Outcome, Run, Verdict
from gatewayz.core.summed import Judged
from gatewayz.measure.metrics import METRICS

SUMMED = ("ttft", "latency", "decode_rate")


def judged_in(run: Run, verdicts: Iterable[Verdict]) -> Iterator[Judged]:
    """These verdicts of a run, and the model lists that were read without a word on them.

    A verdict that was taken over from an earlier run is in the sums as that run's.
    """
    lanes, told = {}, set()
    for verdict in verdicts:
        case = verdict.observation.case
        lane = case.gateway, case.way
        if case.model is None:
            told.add(lane)
        elif verdict.observation.attempts:
            lanes.setdefault(lane, _moment(verdict, run))
        yield _judged(verdict, run)
    for (gateway, way), at in lanes.items():
        if (gateway, way) not in told:
            yield Judged(
                gateway=gateway,
                way=way,
                model="",
                probe=CATALOG_PROBE,
                at=at,
                outcome=Outcome.PASSED,
            )


def _judged(verdict: Verdict, run: Run) -> Judged:
    case, failure = verdict.observation.case, verdict.failure
    last = verdict.observation.last
    passed = verdict.outcome is Outcome.PASSED
    return Judged(
        gateway=case.gateway,
        way=case.way,
        model=case.model.id if case.model is not None else "",
        probe=case.probe,
        at=_moment(verdict, run),
        outcome=verdict.outcome,
        label=failure.label if failure else "",
        failure_class=failure.failure_class if failure else "",
        culprit=failure.culprit.value if failure else "",
        times=dict(_times(last)) if passed and last is not None else {},
    )


def _moment(verdict: Verdict, run: Run) -> datetime:
    """When the question was put; where it was not, when the run was begun."""
    attempts = verdict.observation.attempts
    return (attempts[0].started_at if attempts else None) or run.started_at


def _times(attempt: Attempt) -> Iterator[tuple[str, float]]:
    """What could be measured; a count of chunks is no count of tokens."""
    for name in SUMMED:
        try:
            measured = METRICS[name].of(attempt)
        except MeasureError:  # its stamps go backwards; there is no time to be had of it
            continue
        if measured.value is not None and measured.value >= 0 and measured.counted_by != "chunks":
            yield name, measured.value
