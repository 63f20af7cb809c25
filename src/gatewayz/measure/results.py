"""Verdicts as probe results: the outcome, whose fault it was, and the times that may be told."""

from __future__ import annotations

from datetime import datetime

from gatewayz.core import Attempt, Outcome, Verdict
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.metrics import METRICS

# A reason is a line for people; what is told of it fits beside a name.
_LONGEST_REASON = 120


def probe_result(verdict: Verdict, run_id: str, run_started_at: datetime) -> ProbeResult:
    """What a verdict of a run comes to."""
    seen, found = verdict.observation, verdict.failure
    case, last = seen.case, seen.last
    first = seen.attempts[0].started_at if seen.attempts else None
    timed = last if verdict.outcome is Outcome.PASSED and last is not None and last.reply else None
    return ProbeResult(
        at=first or run_started_at,
        gateway=case.gateway,
        model=case.model.id if case.model else "",
        probe=case.probe,
        outcome=verdict.outcome,
        way=case.way,
        repeat=case.repeat,
        run_id=run_id,
        kind=(found.kind or "") if found else "",
        failure_class=found.failure_class if found else "",
        culprit=found.culprit if found else None,
        reason=verdict.reason[:_LONGEST_REASON],
        ttft_s=_value("ttft", timed),
        latency_s=_value("latency", timed),
        decode_rate=_value("decode_rate", timed),
    )


def _value(metric: str, attempt: Attempt | None) -> float | None:
    """A metric of an answer; None where it cannot be told, or only chunks were counted."""
    if attempt is None:
        return None
    measured = METRICS[metric].of(attempt)
    return None if measured.counted_by == "chunks" else measured.value
