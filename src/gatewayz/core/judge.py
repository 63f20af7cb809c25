"""From an observation to a verdict: pure, so that a stored run can be judged again."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatewayz.core.attempt import Attempt, FaultName, Reply
from gatewayz.core.case import Case
from gatewayz.core.culprits import NOT_AS_ASKED, pointing
from gatewayz.core.failures import besides, classify, failure, unnamed
from gatewayz.core.finishes import owns_up
from gatewayz.core.gateway import Quirks
from gatewayz.core.kinds import FAILS_WITHOUT_ANSWER, KINDS, SKIPS_WITHOUT_ANSWER
from gatewayz.core.observation import Observation
from gatewayz.core.probe import MustRefuse
from gatewayz.core.refusals import not_set_up
from gatewayz.core.text import excerpt
from gatewayz.core.tries import of_earlier_tries, of_the_listing, over_tries
from gatewayz.core.verdict import Check, Culprit, Failure, Finding, Outcome, Verdict
from gatewayz.core.wire_faults import of_the_encoding
from gatewayz.core.wrong_requests import gives_no_reason, is_about, teaches_nothing

# Warnings that take an answer for one, which it is not where it failed.
_OF_AN_ANSWER = frozenset({"answer-differs", "wrong-language"})


@dataclass(frozen=True, slots=True)
class _Opinion:
    outcome: Outcome
    failure: Failure | None = None
    warnings: tuple[Finding, ...] = ()
    also: tuple[Failure, ...] = ()
    reason: str = ""
    step: int | None = None
    open: bool = False  # a sound question may yet settle it


def judge(seen: Observation, checks: Sequence[Sequence[Check]], quirks: Quirks) -> Verdict:
    """The verdict over one observation; `checks` are those of each step of its probe.

    Steps are judged in order and the first that did not pass decides; of each step the last try
    counts, and what the first tries alone would have come to is kept beside it. A check that raises
    makes the case unknown, with its traceback as the reason.
    """
    if not seen.attempts:
        return Verdict(
            observation=seen, outcome=Outcome.UNKNOWN, reason="nothing was sent", first_outcome=None
        )
    final = _over_steps(seen, checks, quirks)
    first = seen.first_tries() if len(seen.attempts) > 1 else seen
    alone = final if first.attempts == seen.attempts else _over_steps(first, checks, quirks)
    return Verdict(
        observation=seen,
        outcome=final.outcome,
        failure=final.failure,
        warnings=final.warnings,
        also=final.also,
        reason=final.reason,
        first_outcome=alone.outcome,
        step=final.step,
    )


def wants_a_control(seen: Observation, quirks: Quirks) -> bool:
    """Whether a request that is wrong on purpose was refused without a word of what for.

    Nothing is said of it then before a sound request has been put beside it.
    """
    wanted = seen.asked.must_refuse if seen.asked is not None else None
    if wanted is None or not seen.attempts:
        return False
    found = classify(seen.attempts[-1], quirks)
    return found is not None and _of_a_wrong_request(found, seen, wanted, quirks).open


def skipped(case: Case, reason: str) -> Verdict:
    """A case that was not run, and why."""
    return Verdict(observation=Observation(case=case), outcome=Outcome.SKIPPED, reason=reason)


def unknown(case: Case, reason: str, *, seen: Observation | None = None) -> Verdict:
    """A case that could not be judged, and why."""
    return Verdict(
        observation=seen or Observation(case=case), outcome=Outcome.UNKNOWN, reason=reason
    )


def of_a_bug(what: str, bug: Exception | SystemExit) -> str:
    """The reason of a verdict that a bug of ours prevented: one line, then the traceback."""
    first = f"{what} failed with {type(bug).__name__}: {excerpt(str(bug))}".splitlines()[0]
    detail = "".join(traceback.format_exception(bug, limit=-3))
    return f"{first}\n{excerpt(detail, 2000)}"


def _over_steps(seen: Observation, checks: Sequence[Sequence[Check]], quirks: Quirks) -> _Opinion:
    """The opinion on all steps: of the first that did not pass, with the warnings of all."""
    warnings: tuple[Finding, ...] = ()
    for step in range(seen.step + 1):
        # A stored run may have more steps than its probe has today.
        of_step = checks[step] if step < len(checks) else ()
        opinion = _opinion(seen.up_to(step), of_step, quirks)
        if not seen.step:
            return opinion
        warnings = _each_once((*warnings, *opinion.warnings))
        passed = opinion.outcome is Outcome.PASSED or opinion.open
        if not passed or step == seen.step:
            break
    return replace(opinion, warnings=warnings, step=step if step < seen.step else None)


def _opinion(seen: Observation, checks: Sequence[Check], quirks: Quirks) -> _Opinion:
    """The opinion on the step that was reached."""
    attempt = seen.attempts[-1]
    if attempt.fault is not None and attempt.fault.name is FaultName.UNSENDABLE:
        return _Opinion(Outcome.UNKNOWN, reason=attempt.fault.detail)
    left_out = not_set_up(attempt) if quirks.names_failures else ""
    if left_out:
        return _Opinion(Outcome.SKIPPED, reason=left_out)
    found = classify(attempt, quirks)
    if seen.asked is not None and seen.asked.control:
        return _of_a_control(found, seen, quirks)
    if seen.asked is not None and seen.asked.must_refuse is not None:
        return _of_a_wrong_request(found, seen, seen.asked.must_refuse, quirks)
    if found is not None:
        found = over_tries(pointing(found, seen), seen, quirks)
        if not _is_warning(found) or not seen.reply.usable or _broke_off(attempt):
            return replace(_without_answer(found), also=besides(attempt, found, quirks))
    try:
        findings = [finding for check in checks if (finding := check(seen)) is not None]
        earlier = _failed_before(seen, checks, quirks)
    except (Exception, SystemExit) as bug:  # noqa: BLE001 -- it must not take the run down
        return _Opinion(Outcome.UNKNOWN, reason=of_a_bug("a check", bug))
    warnings = [_as_finding(found)] if found is not None else []
    warnings += _odd(attempt.reply or Reply())
    findings = [*of_the_listing(seen), *of_the_encoding(attempt), *findings]
    hard = _each_once([f for f in findings if not f.warning])
    warnings += [f for f in findings if f.warning]
    if any(f.failure_class == "semantic" for f in hard):
        warnings = [f for f in warnings if f.kind not in _OF_AN_ANSWER]
    if not hard:
        warnings += of_earlier_tries(seen, earlier)
        return _Opinion(Outcome.PASSED, warnings=_each_once(warnings))
    causes = list(dict.fromkeys(pointing(_as_failure(f), seen) for f in hard))
    if _declined(attempt):
        causes = [f for f in causes if not _is_of_declining(f)] or [_of_declining(seen)]
    verdict = _without_answer(causes[0])
    return replace(verdict, warnings=_each_once(warnings), also=tuple(causes[1:]))


def _odd(reply: Reply) -> list[Finding]:
    """What the reader noticed that leaves the answer usable, and the value that it saw."""
    return [
        Finding(
            kind=name,
            failure_class=KINDS[name].failure_class,
            saw=reply.sights.get(name, ""),
            warning=True,
        )
        for name in reply.oddities
        if KINDS[name].verdict == "W"
    ]


def _broke_off(attempt: Attempt) -> bool:
    """Whether what came is a part of an answer, whose rest nobody knows.

    The wire broke, or an error stands where the answer was to go on; one that follows on a whole
    answer takes nothing from it.
    """
    finish = attempt.reply.finish_reason if attempt.reply is not None else ""
    whole = finish not in ("", "content_filter") and not owns_up(finish)
    return attempt.fault is not None or (attempt.error is not None and not whole)


def _failed_before(
    seen: Observation, checks: Sequence[Check], quirks: Quirks
) -> list[tuple[Attempt, Failure]]:
    """The tries at this step before the last, each with what was wrong with it."""
    if len(seen.attempts) == 1:
        return []
    steps_before = tuple(attempt for attempt in seen.attempts if attempt.step < seen.step)
    failed = []
    for attempt in seen.tries[:-1]:
        found = classify(attempt, quirks)
        if found is None:
            alone = replace(seen, attempts=(*steps_before, attempt))
            findings = (check(alone) for check in checks)
            hard = next((f for f in findings if f is not None and not f.warning), None)
            found = _as_failure(hard) if hard is not None else None
        if found is not None:
            failed.append((attempt, found))
    return failed


def _of_a_wrong_request(
    found: Failure | None, seen: Observation, wanted: MustRefuse, quirks: Quirks
) -> _Opinion:
    """The opinion on a request that is wrong on purpose: a refusal for the right reason passes."""
    if found is None:
        text = f"answered with {seen.reply.text!r}" if seen.reply.usable else "taken without a word"
        return _Opinion(Outcome.FAILED, failure=failure(wanted.accepted, text))
    last = seen.attempts[-1]
    if is_about(found, last, wanted):
        earlier = of_earlier_tries(seen, _failed_before(seen, (), quirks))
        return _Opinion(Outcome.PASSED, warnings=_each_once(earlier))
    if gives_no_reason(found, last):
        return _Opinion(
            Outcome.UNKNOWN,
            failure=pointing(found, seen),
            reason=f"{NOT_TOLD_APART}, and it gives no reason",
            open=True,
        )
    if teaches_nothing(found, last):
        return _without_answer(pointing(found, seen))
    evidence = (
        f"{found.label} (HTTP {last.status}) for {' or '.join(wanted.classes)}: {found.evidence}"
    )
    also = (found,)
    return _Opinion(
        Outcome.FAILED, failure=failure("refused-as-something-else", evidence), also=also
    )


NOT_TOLD_APART = "nothing shows that a refusal is for what was wrong"


def _of_a_control(found: Failure | None, seen: Observation, quirks: Quirks) -> _Opinion:
    """The opinion on a sound request beside a wrong one: it must not meet with the same refusal."""
    last, wanted = seen.attempts[-1], seen.request.must_refuse if seen.request is not None else None
    if wanted is None:
        return _Opinion(Outcome.PASSED)
    refused = next((a for a in reversed(seen.attempts) if a.step == 0), last)
    before = classify(refused, quirks)
    if before is not None and gives_no_reason(before, refused):
        return _beside_a_bare_refusal(found, before, seen)
    if found is None:
        return _Opinion(Outcome.PASSED)
    if last.status is None:
        return _Opinion(
            Outcome.UNKNOWN,
            failure=pointing(found, seen),
            reason=f"{NOT_TOLD_APART}: a sound request was lost on the way",
        )
    if refused.status == last.status and is_about(found, last, wanted):
        return _Opinion(
            Outcome.UNKNOWN,
            failure=pointing(found, seen),
            reason=f"{NOT_TOLD_APART}: a sound request is refused in the same way",
        )
    return _Opinion(Outcome.PASSED)


def _beside_a_bare_refusal(found: Failure | None, before: Failure, seen: Observation) -> _Opinion:
    """The opinion on a sound request beside a wrong one that was refused for no reason told."""
    last = seen.attempts[-1]
    if found is None:
        saw = f"{before.label}, and nothing of what was wrong; a sound request was answered"
        warning = Finding(
            failure_class=before.failure_class, expected="a reason", saw=saw, warning=True
        )
        return _Opinion(Outcome.PASSED, warnings=(warning,))
    if (found.kind, found.failure_class) == (before.kind, before.failure_class):
        return _without_answer(pointing(found, seen))  # so that is what any request meets with
    lost = "lost on the way" if last.status is None else f"refused as well: {found.label}"
    return _Opinion(
        Outcome.UNKNOWN,
        failure=pointing(found, seen),
        reason=f"{NOT_TOLD_APART}: a sound request was {lost}",
    )


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


def _declined(attempt: Attempt) -> bool:
    """Whether the answer itself says that the model declined, or that a filter cut it off."""
    return attempt.reply is not None and "refusal" in attempt.reply.oddities


def _is_of_declining(found: Failure) -> bool:
    """Whether an answer that declines is bound to look like this: it is not what was asked for."""
    missed = found.kind in (NOT_AS_ASKED, "stale-cached-answer")
    return missed or found.culprit is Culprit.FEATURE


def _of_declining(seen: Observation) -> Failure:
    """The refusal, in the words that came with it."""
    reply = seen.reply
    cut = f"{excerpt(reply.text.strip(), 120)!r}, finish_reason {reply.finish_reason!r}"
    return failure("refusal", f"expected an answer, saw {reply.refusal or cut}")


def _as_failure(finding: Finding) -> Failure:
    evidence = (
        f"expected {finding.expected}, saw {finding.saw}" if finding.expected else finding.saw
    )
    kind = finding.kind or (NOT_AS_ASKED if finding.failure_class == "semantic" else "")
    found = failure(kind, evidence) if kind else unnamed(finding.failure_class, evidence)
    return replace(found, culprit=finding.culprit or found.culprit)


def _as_finding(found: Failure) -> Finding:
    return Finding(
        kind=found.kind or "", failure_class=found.failure_class, saw=found.evidence, warning=True
    )


def _each_once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple({f.kind or f.saw: f for f in findings}.values())
