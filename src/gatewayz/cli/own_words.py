"""What we send and set ourselves, without a key in it, before it is kept or shown.

The wire gets what the user asked for. What a provider sends is cleaned where it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from gatewayz.core import Attempt, ChatRequest, Failure, Finding, Observation, Run, Verdict
from gatewayz.runner import AttemptFinished, Event, RunFinished, RunStarted, VerdictReached

Redact = Callable[[str], str]
T = TypeVar("T", Run, Verdict, Observation, ChatRequest, Attempt, Failure, Finding)

# The settings that are free text. Names stay: a key may be as common a word as a gateway's name.
_TEXTS = ("message", "expect", "models", "exclude")


class OwnWords:
    """Takes every known key out of what we asked, set, and said of it: `***` stands in its place.

    A verdict holds attempts, and the run at the end verdicts, that were told before: each is
    cleaned once.
    """

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        # By what was told, which is kept so that its identity stays its own.
        self._cleaned: dict[int, tuple[Any, Any]] = {}

    def without_keys(self, event: Event) -> Event:
        """The event as it may be kept and shown."""
        match event:
            case RunStarted(run):
                return RunStarted(self._run(run))
            case RunFinished(run):
                return RunFinished(self._run(run))
            case VerdictReached(verdict):
                return VerdictReached(self._verdict(verdict))
            case AttemptFinished(case, attempt, retry_in_s):
                return AttemptFinished(case, self._attempt(attempt), retry_in_s)
            case _:
                return event

    def _run(self, run: Run) -> Run:
        settings = {
            name: _data(value, self._redact) if name in _TEXTS else value
            for name, value in run.settings.items()
        }
        return _with(run, settings=settings, verdicts=tuple(map(self._verdict, run.verdicts)))

    def _verdict(self, verdict: Verdict) -> Verdict:
        return self._once(verdict, self._cleaned_verdict)

    def _attempt(self, attempt: Attempt) -> Attempt:
        return self._once(attempt, partial(_attempt, redact=self._redact))

    def _once(self, told: T, clean: Callable[[T], T]) -> T:
        if id(told) not in self._cleaned:
            self._cleaned[id(told)] = told, clean(told)
        cleaned: T = self._cleaned[id(told)][1]
        return cleaned

    def _cleaned_verdict(self, verdict: Verdict) -> Verdict:
        redact = self._redact
        return _with(
            verdict,
            observation=self._observation(verdict.observation),
            failure=verdict.failure and _failure(verdict.failure, redact),
            also=tuple(_failure(found, redact) for found in verdict.also),
            warnings=tuple(_finding(found, redact) for found in verdict.warnings),
            reason=redact(verdict.reason),
        )

    def _observation(self, seen: Observation) -> Observation:
        return _with(
            seen,
            request=seen.request and _request(seen.request, self._redact),
            then=tuple(_request(request, self._redact) for request in seen.then),
            attempts=tuple(map(self._attempt, seen.attempts)),
        )


def _request(request: ChatRequest, redact: Redact) -> ChatRequest:
    return _with(
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
    return _with(attempt, body=body)


def _failure(found: Failure, redact: Redact) -> Failure:
    return _with(found, evidence=redact(found.evidence))


def _finding(found: Finding, redact: Redact) -> Finding:
    return _with(found, expected=redact(found.expected), saw=redact(found.saw))


def _data(value: Any, redact: Redact) -> Any:
    """Data with each of its texts cleaned; the names of its fields stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: _data(inner, redact) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_data(inner, redact) for inner in value)
    return value


def _with(told: T, **cleaned: Any) -> T:
    """What is told, with these fields in place of its own; itself where they say the same."""
    if all(getattr(told, name) == value for name, value in cleaned.items()):
        return told
    return replace(told, **cleaned)
