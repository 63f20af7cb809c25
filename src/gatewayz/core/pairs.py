"""One question on both ways: what the one answer says of the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gatewayz.core.case import Case
from gatewayz.core.verdict import Culprit, Failure, Outcome, Verdict

Question = tuple[str, str, str, int]

# Sides that cannot be at fault where the same question was answered without the backend.
BEHIND = (Culprit.GATEWAY, Culprit.MODEL, Culprit.FEATURE, Culprit.PROBE)

# What a gateway need not have had a moment before. A host that only the backend cannot reach is none
# of it: that is the backend's network.
_OF_A_MOMENT = frozenset({"server-error", "timeout", "unavailable"})


def question_of(case: Case) -> Question:
    """What a case asks of whom, whatever its way."""
    return (case.gateway, case.model.id if case.model else "", case.probe, case.repeat)


def in_view_of(direct: Verdict, api: Verdict) -> Verdict:
    """The verdict of the API's way, given how the same question fared directly.

    What was answered directly and fails through the API is the backend's doing, unless it is the
    key, the account or a limit that the backend has for itself, or trouble of a moment that it
    passes on from the gateway. What fails both ways alike is not.
    """
    found = api.failure
    if api.outcome is not Outcome.FAILED or found is None:
        return api
    if direct.outcome is Outcome.PASSED and found.culprit in BEHIND and not _may_pass(api, found):
        return _at(api, Culprit.BACKEND)
    before = direct.failure if direct.outcome is Outcome.FAILED else None
    if before is not None and found.culprit is Culprit.BACKEND and _alike(before, found):
        return _at(api, before.culprit)
    return api


def _may_pass(api: Verdict, found: Failure) -> bool:
    """Whether a gateway behind had trouble that it need not have had a moment before."""
    last = api.observation.last
    return last is not None and last.relayed and found.failure_class in _OF_A_MOMENT


def _alike(one: Failure, other: Failure) -> bool:
    return (one.kind, one.failure_class) == (other.kind, other.failure_class)


def _at(verdict: Verdict, culprit: Culprit) -> Verdict:
    return replace(verdict, failure=verdict.failure and replace(verdict.failure, culprit=culprit))


class Pairs:
    """Gives verdicts on in an order in which each is told with what the other way says of it.

    A failure through the API waits for the same question's verdict on the direct way, where that
    is still to come.
    """

    def __init__(self) -> None:
        self._awaited: set[Question] = set()
        self._direct: dict[Question, Verdict] = {}
        self._waiting: dict[Question, Verdict] = {}

    def expect(self, cases: Iterable[Case]) -> None:
        """These cases will be reached; where there is one way only nothing waits."""
        cases = list(cases)
        through_api = {question_of(case) for case in cases if case.way == "api"}
        direct = {question_of(case) for case in cases if case.way == "direct"}
        self._awaited |= through_api & direct

    def reached(self, verdict: Verdict) -> tuple[Verdict, ...]:
        """What can be told now: the verdict, one that waited for it, both, or nothing yet."""
        question = question_of(verdict.observation.case)
        if question not in self._awaited:
            return (verdict,)
        if verdict.observation.case.way == "direct":
            self._direct[question] = verdict
            waiting = self._waiting.pop(question, None)
            return (verdict,) if waiting is None else (verdict, in_view_of(verdict, waiting))
        if question in self._direct:
            return (in_view_of(self._direct[question], verdict),)
        if verdict.outcome is not Outcome.FAILED:
            return (verdict,)
        self._waiting[question] = verdict
        return ()

    def rest(self) -> tuple[Verdict, ...]:
        """What waits in vain, since the run is over."""
        waiting, self._waiting = tuple(self._waiting.values()), {}
        return waiting
