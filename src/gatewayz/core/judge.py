"""From an observation to a verdict: pure, so that a stored run can be judged again."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gatewayz.core.attempt import FaultName
from gatewayz.core.case import Case
from gatewayz.core.failures import besides, classify, failure, unnamed
from gatewayz.core.gateway import Quirks
from gatewayz.core.kinds import FAILS_WITHOUT_ANSWER, KINDS, SKIPS_WITHOUT_ANSWER
from gatewayz.core.observation import Observation
from gatewayz.core.text import excerpt
from gatewayz.core.verdict import Check, Culprit, Failure, Finding, Outcome, Verdict

# So many tries in a row that find a model loading, no nearer to ready, and it never will be.
_TRIES_TO_LOAD = 3


@dataclass(frozen=True, slots=True)
class _Opinion:
    outcome: Outcome
    failure: Failure | None = None
    warnings: tuple[Finding, ...] = ()
    also: tuple[Failure, ...] = ()
    reason: str = ""


def judge(seen: Observation, checks: Sequence[Check], quirks: Quirks) -> Verdict:
    """The verdict over one observation.

    The last attempt decides; the first one's outcome is kept beside it. A check that raises makes
    the case unknown, with its traceback as the reason.
    """
    if not seen.attempts:
        return Verdict(
            observation=seen, outcome=Outcome.UNKNOWN, reason="nothing was sent", first_outcome=None
        )
    final = _opinion(seen, checks, quirks)
    first = final
    if len(seen.attempts) > 1:
        first = _opinion(replace(seen, attempts=seen.attempts[:1]), checks, quirks)
    return Verdict(
        observation=seen,
        outcome=final.outcome,
        failure=final.failure,
        warnings=final.warnings,
        also=final.also,
        reason=final.reason,
        first_outcome=first.outcome,
    )


def skipped(case: Case, reason: str) -> Verdict:
    """A case that was not run, and why."""
    return Verdict(observation=Observation(case=case), outcome=Outcome.SKIPPED, reason=reason)


def unknown(case: Case, reason: str, *, seen: Observation | None = None) -> Verdict:
    """A case that could not be judged, and why."""
    return Verdict(
        observation=seen or Observation(case=case), outcome=Outcome.UNKNOWN, reason=reason
    )


def of_a_bug(what: str, bug: Exception) -> str:
    """The reason of a verdict that a bug of ours prevented: one line, then the traceback."""
    first = f"{what} failed with {type(bug).__name__}: {excerpt(str(bug))}".splitlines()[0]
    detail = "".join(traceback.format_exception(bug, limit=-3))
    return f"{first}\n{excerpt(detail, 2000)}"


def _opinion(seen: Observation, checks: Sequence[Check], quirks: Quirks) -> _Opinion:
    attempt = seen.attempts[-1]
    if attempt.fault is not None and attempt.fault.name is FaultName.UNSENDABLE:
        return _Opinion(Outcome.UNKNOWN, reason=attempt.fault.detail)
    found = classify(attempt, quirks)
    if found is not None:
        found = _over_tries(_on_this_way(found, seen), seen, quirks)
        if not _is_warning(found) or not seen.reply.usable:
            return replace(_without_answer(found), also=besides(attempt, found, quirks))
    try:
        findings = [finding for check in checks if (finding := check(seen)) is not None]
    except Exception as bug:  # noqa: BLE001 -- a bug in a check must not take the run down
        return _Opinion(Outcome.UNKNOWN, reason=of_a_bug("a check", bug))
    warnings = [_as_finding(found)] if found is not None else []
    warnings += [
        Finding(kind=name, failure_class=KINDS[name].failure_class, warning=True)
        for name in (attempt.reply.oddities if attempt.reply else ())
        if KINDS[name].verdict == "W"
    ]
    hard = [f for f in findings if not f.warning]
    warnings += [f for f in findings if f.warning]
    if not hard:
        return _Opinion(Outcome.PASSED, warnings=_each_once(warnings))
    causes = [_as_failure(f) for f in hard]
    verdict = _without_answer(causes[0])
    return replace(verdict, warnings=_each_once(warnings), also=tuple(causes[1:]))


def _without_answer(found: Failure) -> _Opinion:
    """What a case comes to when no usable answer came."""
    kind = found.kind or ""
    if kind in SKIPS_WITHOUT_ANSWER:
        return _Opinion(Outcome.SKIPPED, failure=found, reason=KINDS[kind].cause)
    if _is_warning(found) and kind not in FAILS_WITHOUT_ANSWER:
        return _Opinion(Outcome.UNKNOWN, failure=found, reason=KINDS[kind].cause)
    return _Opinion(Outcome.FAILED, failure=found)


def _is_warning(found: Failure) -> bool:
    return found.kind is not None and KINDS[found.kind].verdict == "W"


def _on_this_way(found: Failure, seen: Observation) -> Failure:
    """Trouble on the way to the backend is the backend's, not the gateway's behind it."""
    if seen.case.way == "api" and found.culprit is Culprit.GATEWAY:
        attempt = seen.attempts[-1]
        if attempt.status is None:
            return replace(found, culprit=Culprit.BACKEND)
    return found


def _over_tries(found: Failure, seen: Observation, quirks: Quirks) -> Failure:
    """What several tries say that one cannot: a model that loads and loads."""
    if found.kind != "cold-start-503" or len(seen.attempts) < _TRIES_TO_LOAD:
        return found
    tries = seen.attempts[-_TRIES_TO_LOAD:]
    if any((f := classify(a, quirks)) is None or f.kind != found.kind for a in tries):
        return found
    estimates = [a.error.retry_after_s for a in tries if a.error is not None]
    falls = any(
        later is not None and earlier is not None and later < earlier
        for earlier, later in pairwise(estimates)
    )
    return found if falls else failure("cold-start-never-ends", found.evidence)


def _as_failure(finding: Finding) -> Failure:
    evidence = (
        f"expected {finding.expected}, saw {finding.saw}" if finding.expected else finding.saw
    )
    if finding.kind:
        return failure(finding.kind, evidence)
    return unnamed(finding.failure_class, evidence)


def _as_finding(found: Failure) -> Finding:
    return Finding(
        kind=found.kind or "", failure_class=found.failure_class, saw=found.evidence, warning=True
    )


def _each_once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple({f.kind or f.saw: f for f in findings}.values())
