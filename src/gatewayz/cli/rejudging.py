"""Today's rules over a stored run, without a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from urllib.parse import urlsplit

from gatewayz.client import WITHHELD, can_reread, reread
from gatewayz.core import Attempt, Case, Outcome, Probe, Quirks, Run, Verdict
from gatewayz.core.addresses import Addresses
from gatewayz.core.hindsight import TOGETHER_S, Contacts, Hindsight, Route, lost_on, our_network
from gatewayz.core.judge import judge
from gatewayz.core.pairs import Question, in_view_of, question_of
from gatewayz.runner import route_to


@dataclass(frozen=True, slots=True)
class Change:
    """One case that today's rules judge otherwise."""

    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class Kept:
    """One case that cannot be judged again, and why."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """A run in today's light; `verdicts` are all of it, those that cannot be judged again as stored."""

    verdicts: tuple[Verdict, ...]
    changed: tuple[Change, ...]
    kept: tuple[Kept, ...]

    @property
    def unchanged(self) -> int:
        """How many came out as they did."""
        return len(self.verdicts) - len(self.changed) - len(self.kept)


def rejudged(
    run: Run, probe_of: Callable[[str], Probe | None], quirks_of: Callable[[Case], Quirks]
) -> Rejudged:
    """The run judged again: bodies read anew, then the checks, then what the verdicts say together."""
    hindsight, network = Hindsight(), _Network(run.verdicts)
    addresses = Addresses()
    for verdict in run.verdicts:
        addresses.note(verdict)
        # Whether a list took the key is known only from what was said of it then.
        if any(finding.kind == "auth-listing-is-public" for finding in verdict.warnings):
            case = verdict.observation.case
            hindsight.list_read((case.gateway, case.way))
    kept: list[Kept] = []
    judged: list[Verdict] = []
    for before in run.verdicts:
        seen = before.observation
        probe = probe_of(seen.case.probe)
        reason = _why_not(before, probe) if seen.attempts else ""
        if reason or not seen.attempts or probe is None:
            # It still counts for the others.
            judged.append(before)
            if reason:
                kept.append(Kept(before, reason))
            continue
        again = replace(seen, attempts=tuple(reread(attempt) for attempt in seen.attempts))
        after = judge(again, probe.checks_by_step, quirks_of(seen.case))
        judged.append(our_network(after) if network.all_lost(after) else after)
    told = {id(v.observation): v for v in (*chain(*map(hindsight.of, judged)), *hindsight.rest())}
    direct: dict[Question, Verdict] = {}
    verdicts: list[Verdict] = []
    for before, now in zip(run.verdicts, judged, strict=True):
        if now is before:
            verdicts.append(before)
            continue
        (after,) = addresses.reached(told[id(now.observation)])
        question = question_of(after.observation.case)
        if after.observation.case.way == "direct":
            direct[question] = after
        elif question in direct:
            after = in_view_of(direct[question], after)
        verdicts.append(after)
    changed = [
        Change(before, after)
        for before, after in zip(run.verdicts, verdicts, strict=True)
        if _said(before) != _said(after)
    ]
    return Rejudged(verdicts=tuple(verdicts), changed=tuple(changed), kept=tuple(kept))


def _why_not(verdict: Verdict, probe: Probe | None) -> str:
    """Why a case that was asked cannot be judged again; "" when it can."""
    seen = verdict.observation
    if seen.case.model is None:
        return "a model list is judged as it is read"
    if probe is None:
        return f"there is no probe '{seen.case.probe}' here"
    for attempt in seen.attempts:
        if can_reread(attempt) or not attempt.body_bytes:
            continue
        if attempt.evidence is None:
            return "no body was kept"
        if attempt.excerpt == WITHHELD:
            return "its body is withheld: it spells a secret in pieces"
        if attempt.evidence.cut:
            return "its body was longer than what is kept"
    return ""


def _said(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict says, without the words of its evidence."""
    found = [verdict.failure] if verdict.failure is not None else []
    return (
        verdict.outcome,
        verdict.first_outcome,
        [(f.kind, f.failure_class, f.culprit) for f in (*found, *verdict.also)],
        sorted({finding.kind or finding.failure_class for finding in verdict.warnings}),
    )


class _Network:
    """Which hosts were reached when, from the attempts of the whole run."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        seen = [verdict.observation for verdict in verdicts]
        self._hosts = {
            one.case.gateway: _host(one.attempts[-1])
            for one in seen
            if one.case.way == "direct" and one.attempts
        }
        self._heard = sorted(
            (
                (_ended_s(attempt), route, is_lost)
                for one in seen
                for attempt in one.attempts
                if attempt.started_at is not None
                and (route := self._route(one.case, attempt)) is not None
                and (is_lost := lost_on(route, attempt)) is not None
            ),
            key=lambda heard: heard[0],
        )

    def _route(self, case: Case, attempt: Attempt) -> Route | None:
        """Where a backend passed a call on to is known from the direct calls, if there were any."""
        return route_to(_host(attempt), case.way, self._hosts.get(case.gateway, case.gateway))

    def all_lost(self, verdict: Verdict) -> bool:
        """Whether a case failed because nothing at all could be reached, as the run would say."""
        attempts = verdict.observation.attempts
        if verdict.outcome is not Outcome.FAILED or attempts[-1].started_at is None:
            return False
        route = self._route(verdict.observation.case, attempts[-1])
        if route is None or not lost_on(route, attempts[-1]):
            return False
        since_s = _ended_s(_first_lost(route, attempts))
        until_s = _ended_s(attempts[-1]) + TOGETHER_S
        contacts = Contacts()
        awaited: set[Route] = set()
        for moment_s, other, is_lost in self._heard:
            if moment_s <= until_s:
                contacts.note(other, moment_s, is_lost=is_lost)
            if moment_s >= since_s:
                awaited.add(other)
        return contacts.all_lost(route, since_s, awaited) is True


def _first_lost(route: Route, attempts: Sequence[Attempt]) -> Attempt:
    """The first of the tries at the end that were lost on the way."""
    first = attempts[-1]
    for attempt in reversed(attempts):
        if not lost_on(route, attempt):
            break
        first = attempt
    return first


def _host(attempt: Attempt) -> str:
    return urlsplit(attempt.url).netloc


def _ended_s(attempt: Attempt) -> float:
    started = attempt.started_at
    return (started.timestamp() if started else 0.0) + (attempt.timing.total_s or 0.0)
