"""What a refused key means, which only the rest of a run can tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from gatewayz.core.attempt import Attempt, ErrorBody
from gatewayz.core.case import Case
from gatewayz.core.causes import speaks_of_model
from gatewayz.core.failures import failure
from gatewayz.core.observation import Observation
from gatewayz.core.phrases import words_of_message
from gatewayz.core.statuses import is_anothers, is_around_another
from gatewayz.core.verdict import Culprit, Failure, Outcome, Verdict

Place = tuple[str, str]

BAD_KEY = frozenset({"auth-bad-key", "auth-no-key", "auth-bad-key-as-400"})

# An error that somebody else raised, by the name of its class, after other words.
_RAISED_BEHIND = re.compile(r"[:(\[] ?(\w{1,40}\.)*[A-Za-z]\w{1,60}Exception\b")


def place_of(case: Case) -> Place:
    """Where one key goes: a gateway on one way."""
    return (case.gateway, case.way)


def refuses_our_key(verdict: Verdict) -> bool:
    """Whether a case met with a gateway's own refusal of the key that was sent to it.

    An error about one model, and one that is somebody else's behind the gateway, says nothing of
    what the same key will meet with at another model.
    """
    last, found = verdict.observation.last, _refusal_in(verdict)
    if last is None or last.status is None or found is None:
        return False
    error = last.error or ErrorBody(message="")
    if not 400 <= last.status < 500 or _is_from_behind(last, found):
        return False
    return not speaks_of_model(last, error)


def is_from_behind(verdict: Verdict) -> bool:
    """Whether a key was refused, by the words or a status inside, by whoever stands behind."""
    last, found = verdict.observation.last, _refusal_in(verdict)
    return last is not None and found is not None and _is_from_behind(last, found)


def _quotes_a_refusal(attempt: Attempt) -> bool:
    """Whether an error by itself shows that somebody behind the gateway refused the key.

    One that speaks of a provider and has a key's own status may only say whom to ask for a key.
    """
    error = attempt.error
    if error is None:
        return False
    quoted = words_of_message(error).says("quoted") or _RAISED_BEHIND.search(error.message)
    return bool(quoted) or ((attempt.status or 0) >= 500 and is_anothers(error))


def worked_with_own_key(seen: Observation) -> bool:
    """Whether an answer to this says that the key is good: a refusal on purpose does not."""
    asked = seen.request
    return seen.case.model is not None and asked is not None and asked.must_refuse is None


def _refusal_in(verdict: Verdict) -> Failure | None:
    if verdict.failure is None:
        return None
    found = (verdict.failure, *verdict.also)
    return next((one for one in found if one.kind in BAD_KEY), None)


def _is_from_behind(attempt: Attempt, found: Failure) -> bool:
    """Whether an error is, by its words or by a status inside it, of whoever stands behind."""
    around = is_around_another(attempt.status or 0, attempt.error, found)
    return around or _is_anothers_word(attempt)


def _is_anothers_word(attempt: Attempt) -> bool:
    error = attempt.error
    return error is not None and (
        is_anothers(error) or _RAISED_BEHIND.search(error.message) is not None
    )


def _reached_behind(verdict: Verdict) -> bool:
    """Whether a failure shows that the key was taken: somebody behind the gateway answered."""
    last, found = verdict.observation.last, verdict.failure
    if last is None or found is None or not worked_with_own_key(verdict.observation):
        return False
    told = last.had_key and found.failure_class not in ("auth", "permission")
    return told and _is_from_behind(last, found)


@dataclass(frozen=True, slots=True)
class _Moment:
    """When an answer was asked for, or a refusal came: by the clock, else by the verdicts' order."""

    at: datetime | None
    number: int

    def is_after(self, other: _Moment) -> bool:
        if self.at is not None and other.at is not None:
            return self.at > other.at
        return self.number > other.number


@dataclass(slots=True)
class _Place:
    passed: _Moment | None = None
    reached_behind: bool = False
    waiting: list[tuple[_Moment, Verdict]] = field(default_factory=list)


class RefusedKeys:
    """Holds refusals of a key back until the rest of the run has told what they mean.

    Where the same key was good for a question that was put after the refusal came, it is not the
    key that was refused but the key for this model. What was put meanwhile may have been first. A
    key that was good before and for nothing after has expired. A refusal that speaks of whoever is
    behind the gateway is none of this key; nor is one inside another status, where somebody behind
    answered other questions, if only with failures.
    """

    def __init__(self) -> None:
        self._places: dict[Place, _Place] = {}
        self._number = 0

    def worked(self, place: Place) -> bool:
        """Whether the key was good for an answer."""
        return place in self._places and self._places[place].passed is not None

    def take(self, verdict: Verdict) -> tuple[Verdict, ...]:
        """What can be told now: the verdict, what waited for it, or nothing yet."""
        seen, found = verdict.observation, verdict.failure
        place = self._places.setdefault(place_of(seen.case), _Place())
        self._number += 1
        if verdict.outcome is Outcome.PASSED and worked_with_own_key(seen):
            started = _Moment(seen.last.started_at if seen.last else None, self._number)
            return (verdict, *self._passed(place, started))
        place.reached_behind |= _reached_behind(verdict)
        of_a_key = found is not None and found.kind in BAD_KEY and found.kind != "auth-no-key"
        if not of_a_key or seen.case.model is None:
            return (verdict,)
        if seen.last is not None and _quotes_a_refusal(seen.last):
            return (_on_the_gateways_side(verdict),)
        came = _Moment(seen.last.ended_at if seen.last else None, self._number)
        if place.passed is not None and place.passed.is_after(came):
            return (_on_the_gateways_side(verdict),)
        place.waiting.append((came, verdict))
        return ()

    def rest(self, place: Place) -> tuple[Verdict, ...]:
        """What waits at a place, once nothing more will be asked there."""
        there = self._places.get(place, _Place())
        waiting, there.waiting = there.waiting, []
        if there.passed is None:
            return tuple(_never_passed(verdict, there) for _, verdict in waiting)
        return tuple(map(_at_the_end, (verdict for _, verdict in waiting)))

    def places(self) -> tuple[Place, ...]:
        """Where something may wait."""
        return tuple(self._places)

    def _passed(self, place: _Place, now: _Moment) -> tuple[Verdict, ...]:
        if place.passed is None or now.is_after(place.passed):
            place.passed = now
        told = tuple(
            _on_the_gateways_side(v) for moment, v in place.waiting if now.is_after(moment)
        )
        place.waiting = [(m, v) for m, v in place.waiting if not now.is_after(m)]
        return told


def _on_the_gateways_side(verdict: Verdict) -> Verdict:
    """A refusal of another key, or of one that is good for others: not on the key's side."""
    if verdict.failure is None or verdict.failure.culprit is not Culprit.KEY:
        return verdict
    return replace(verdict, failure=replace(verdict.failure, culprit=Culprit.GATEWAY))


def _never_passed(verdict: Verdict, place: _Place) -> Verdict:
    """A refusal where no answer of the place was good."""
    last, found = verdict.observation.last, verdict.failure
    behind = last is not None and found is not None and _is_from_behind(last, found)
    return _on_the_gateways_side(verdict) if behind and place.reached_behind else verdict


def _at_the_end(verdict: Verdict) -> Verdict:
    """A refusal after all answers of a place."""
    if verdict.failure is None or not refuses_our_key(verdict):
        return _on_the_gateways_side(verdict)
    if verdict.failure.kind != "auth-bad-key":
        return verdict
    evidence = verdict.failure.evidence
    return replace(verdict, failure=failure("auth-key-expired-mid-run", evidence))
