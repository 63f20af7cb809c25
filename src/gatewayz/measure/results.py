"""Verdicts as probe results: the outcome, whose fault it was, and the times that may be told."""

from __future__ import annotations

from datetime import datetime

from gatewayz.core import Attempt, Outcome, Verdict
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.times import latency, ttft
from gatewayz.measure.tokens import decode_rate_between

# A reason is a line for people; what is told of it fits beside a name.
_LONGEST_REASON = 120


def probe_result(verdict: Verdict, run_id: str, run_started_at: datetime) -> ProbeResult:
    """What a verdict of a run comes to."""
    seen, found = verdict.observation, verdict.failure
    case, last = seen.case, seen.last
    first = seen.attempts[0].started_at if seen.attempts else None
    timed = last if verdict.outcome is Outcome.PASSED and last is not None and last.reply else None
    ttft_s, latency_s, decode_rate = _times(timed)
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
        ttft_s=ttft_s,
        latency_s=latency_s,
        decode_rate=decode_rate,
    )


def _times(attempt: Attempt | None) -> tuple[float | None, float | None, float | None]:
    """TTFT, latency and decode rate of an answer; None where it cannot be told."""
    if attempt is None:
        return None, None, None
    first, last = ttft(attempt), latency(attempt)
    return first.value, last.value, decode_rate_between(attempt, first, last).value
