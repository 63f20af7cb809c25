"""One verdict as a JSON object: what the json report lists and a single probe prints."""

from __future__ import annotations

from typing import Any

from gatewayz.core import Failure, Verdict
from gatewayz.core.access import Access
from gatewayz.core.codec import to_json
from gatewayz.core.curl import curl_for
from gatewayz.core.remedies import advise_on, warning_text
from gatewayz.core.shown import question_of, shown_by
from gatewayz.measure import latency_s, measure, ttft_s


def result_of(verdict: Verdict, access: Access | None = None) -> dict[str, Any]:
    """A verdict as docs/reports.md, "A result", describes it; strict JSON, no secrets."""
    access = access or Access()
    seen, case, last, reply = (
        verdict.observation,
        verdict.observation.case,
        verdict.observation.last,
        verdict.observation.reply,
    )
    failure, shown = verdict.failure, shown_by(verdict)
    result = {
        "id": case.id,
        "gateway": case.gateway,
        "way": case.way,
        "model": case.model,
        "probe": case.probe,
        "repeat": case.repeat,
        "outcome": verdict.outcome,
        "first_outcome": verdict.first_outcome,
        "failure": _failure(failure, verdict, access) if failure else None,
        "also": [_failure(other, verdict, access) for other in verdict.also],
        "warnings": [finding.kind or finding.failure_class for finding in verdict.warnings],
        "findings": [
            {**to_json(finding), "text": warning_text(finding)} for finding in verdict.warnings
        ],
        "reason": verdict.reason,
        "taken_from": verdict.taken_from or None,
        "attempts": len(seen.attempts),
        "status": last.status if last else None,
        "model_requested": case.model.id if case.model else None,
        "model_served": reply.model or None,
        "text": reply.text,
        "reasoning": reply.reasoning,
        "tool_calls": reply.tool_calls,
        "finish_reason": reply.finish_reason or None,
        "usage": reply.usage,
        "ttft_s": ttft_s(last) if last else None,
        "latency_s": latency_s(last) if last else None,
        "metrics": measure(last) if last else {},
        "curl": curl_for(shown, access, question_of(verdict)) if shown else None,
        "wire": seen.attempts,
    }
    encoded: dict[str, Any] = to_json(result)
    return encoded


def _failure(found: Failure, verdict: Verdict, access: Access) -> dict[str, Any]:
    advice = advise_on(found, verdict, access)
    return {
        "kind": found.kind,
        "class": found.failure_class,
        "culprit": found.culprit,
        "cause": advice.cause,
        "remedy": advice.remedy,
        "evidence": found.evidence,
    }
