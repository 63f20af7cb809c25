"""What we send and set ourselves, without a key in it, before it is kept or shown.

The wire gets what the user asked for. What a provider sends is cleaned where it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gatewayz.core import Attempt, ChatRequest, Failure, Finding, Observation, Run, Verdict
from gatewayz.runner import AttemptFinished, Event, RunFinished, RunStarted, VerdictReached

Redact = Callable[[str], str]

# The settings that are free text. Names stay: a key may be as common a word as a gateway's name.
_TEXTS = ("message", "expect", "models", "exclude")


def without_keys(event: Event, redact: Redact) -> Event:
    """The event with `***` for each known key in what we asked, set, and said of it."""
    match event:
        case RunStarted(run):
            return RunStarted(_run(run, redact))
        case RunFinished(run):
            return RunFinished(_run(run, redact))
        case VerdictReached(verdict):
            return VerdictReached(_verdict(verdict, redact))
        case AttemptFinished(case, attempt, retry_in_s):
            return AttemptFinished(case, _attempt(attempt, redact), retry_in_s)
        case _:
            return event


def _run(run: Run, redact: Redact) -> Run:
    cleaned = {
        name: _data(value, redact) if name in _TEXTS else value
        for name, value in run.settings.items()
    }
    verdicts = tuple(_verdict(verdict, redact) for verdict in run.verdicts)
    return replace(run, settings=cleaned, verdicts=verdicts)


def _verdict(verdict: Verdict, redact: Redact) -> Verdict:
    return replace(
        verdict,
        observation=_observation(verdict.observation, redact),
        failure=verdict.failure and _failure(verdict.failure, redact),
        also=tuple(_failure(found, redact) for found in verdict.also),
        warnings=tuple(_finding(found, redact) for found in verdict.warnings),
        reason=redact(verdict.reason),
    )


def _observation(seen: Observation, redact: Redact) -> Observation:
    return replace(
        seen,
        request=seen.request and _request(seen.request, redact),
        then=tuple(_request(request, redact) for request in seen.then),
        attempts=tuple(_attempt(attempt, redact) for attempt in seen.attempts),
    )


def _request(request: ChatRequest, redact: Redact) -> ChatRequest:
    return replace(
        request,
        messages=_data(request.messages, redact),
        stop=_data(request.stop, redact),
        expect=_data(request.expect, redact),
        echo=_data(request.echo, redact),
        oracle=_data(request.oracle, redact),
        extra=_data(request.extra, redact),
        raw=redact(request.raw),
    )


def _attempt(attempt: Attempt, redact: Redact) -> Attempt:
    body = {
        name: value if name == "model" else _data(value, redact)
        for name, value in attempt.body.items()
    }
    return replace(attempt, body=body)


def _failure(found: Failure, redact: Redact) -> Failure:
    return replace(found, evidence=redact(found.evidence))


def _finding(found: Finding, redact: Redact) -> Finding:
    return replace(found, expected=redact(found.expected), saw=redact(found.saw))


def _data(value: Any, redact: Redact) -> Any:
    """Data with each of its texts cleaned; the names of its fields stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: _data(inner, redact) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_data(inner, redact) for inner in value)
    return value
