"""What a verdict, or the reading of a model list, says about whom is watched.

What lies on our side (our probe, our network) says nothing; a refused key or an empty account means
that we cannot look. Neither is downtime.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from gatewayz.core import CATALOG_PROBE, Case, Culprit, Finding, Outcome, Verdict
from gatewayz.core.kinds import KINDS
from gatewayz.core.text import visible
from gatewayz.core.watching import LISTED, REACHABLE, Level, Sighting, Target

_LEVEL_BY_CULPRIT: Mapping[Culprit, Level | None] = {
    Culprit.PROBE: None,
    Culprit.NETWORK: None,
    Culprit.KEY: Level.BLIND,
    Culprit.BILLING: Level.BLIND,
    Culprit.RATE_LIMIT: Level.POOR,
    Culprit.BACKEND: Level.BAD,
    Culprit.GATEWAY: Level.BAD,
    Culprit.MODEL: Level.BAD,
    Culprit.FEATURE: Level.BAD,
}
_MOST_WORDS = 200
# What the reason of a question begins with that the day's cap has no room for.
_CAPPED = "not sent: --max"
# And what is in that of one whose gateway is down, and had its share of the cap.
_HAD_ITS_SHARE = " has had its share of --max"
# And in that of one which its gateway, or its model by the list, does not take.
_NOT_OFFERED = "not offered: "
# From here on a status is the server's own trouble; anything below is an answer.
_SERVER_TROUBLE = 500


def sighting(verdict: Verdict, at: datetime, run_id: str = "") -> Sighting:
    """What one case says; `at` is its moment where no attempt tells one."""
    seen = verdict.observation
    level, kind = level_of(verdict)
    return Sighting(
        target=target_of(seen.case),
        at=(seen.last.started_at if seen.last is not None else None) or at,
        level=level,
        kind=kind,
        reason="" if level is Level.GOOD else reason_of(verdict),
        run_id=run_id,
        unasked=verdict.outcome is Outcome.SKIPPED and verdict.reason.startswith(_CAPPED),
    )


def rests(verdict: Verdict) -> bool:
    """Whether a question was left for later, since its gateway is down and had its share of a cap.

    It is no sighting: the gateway's state is known, and nobody is blind to it.
    """
    return verdict.outcome is Outcome.SKIPPED and _HAD_ITS_SHARE in verdict.reason


def is_not_offered(verdict: Verdict) -> bool:
    """Whether a question was left out for what its model's gateway does not offer: nobody asks it any more."""
    return verdict.outcome is Outcome.SKIPPED and verdict.reason.startswith(_NOT_OFFERED)


def target_of(case: Case) -> Target:
    """Whom a case is about."""
    return Target(
        gateway=case.gateway,
        way=case.way,
        model=case.model.id if case.model is not None else "",
        probe=case.probe,
    )


def level_of(verdict: Verdict) -> tuple[Level | None, str]:
    """The level, and the name of the failure or the blemish behind it."""
    if verdict.outcome is Outcome.PASSED:
        if slow := _slow(verdict):
            return Level.POOR, slow.kind
        if verdict.first_outcome is Outcome.FAILED:
            return Level.POOR, "retried"
        return Level.GOOD, ""
    failure = verdict.failure
    if failure is None:
        return None, ""
    # A backend of one's own that does not answer leaves the gateways behind it unknown; it is down.
    lost = verdict.outcome is Outcome.UNKNOWN and failure.culprit is Culprit.BACKEND
    if verdict.outcome is not Outcome.FAILED and not lost:
        return None, failure.label
    return _LEVEL_BY_CULPRIT[failure.culprit], failure.label


def _slow(verdict: Verdict) -> Finding | None:
    """The first word on how it performed, where there is one."""
    return next((one for one in verdict.warnings if _is_of_performance(one)), None)


def _is_of_performance(found: Finding) -> bool:
    kind = KINDS.get(found.kind)
    return (kind.failure_class if kind is not None else found.failure_class) == "performance"


def reason_of(verdict: Verdict) -> str:
    """One line for people on why a case did not simply pass."""
    failure, last = verdict.failure, verdict.observation.last
    if failure is None:
        if verdict.reason:
            return visible(verdict.reason)[:_MOST_WORDS]
        if slow := _slow(verdict):
            return visible(f"{slow.kind or slow.failure_class}: {slow.saw}")[:_MOST_WORDS]
        return _of_another_try(verdict) if verdict.first_outcome is Outcome.FAILED else ""
    status = f"HTTP {last.status} " if last is not None and last.status else ""
    words = f": {failure.evidence}" if failure.evidence else ""
    return visible(f"{status}{failure.label}{words}")[:_MOST_WORDS]


def _of_another_try(verdict: Verdict) -> str:
    first = next(iter(verdict.observation.attempts), None)
    was = f", after HTTP {first.status}" if first is not None and first.status else ""
    return f"passed only after another try{was}"


def list_sightings(
    target: Target,
    verdict: Verdict | None,
    listed: Iterable[str],
    watched: Iterable[str],
    at: datetime,
) -> tuple[Sighting, ...]:
    """What the reading of a list says of a gateway and of the models that are watched there.

    `verdict` is None for a list that was read and has nothing odd about it. A host that answers is
    reachable whatever it answers, short of trouble of its own.
    """
    gateway, way = target.gateway, target.way
    reached, kind = _reached(verdict)
    reason = reason_of(verdict) if verdict is not None and reached is not Level.GOOD else ""
    found = [
        Sighting(
            target=Target(gateway=gateway, way=way, probe=REACHABLE),
            at=at, level=reached, kind=kind, reason=reason,
        )
    ]  # fmt: skip
    was_read = verdict is None or verdict.outcome is Outcome.PASSED
    if was_read:
        names = frozenset(listed)
        found += [_on_the_list(gateway, target, model, model in names, at) for model in watched]
    if verdict is None or verdict.outcome is not Outcome.SKIPPED:
        level = Level.GOOD if was_read else Level.POOR if reached is not None else None
        found.append(
            Sighting(
                target=Target(gateway=gateway, way=way, probe=LISTED), at=at, level=level,
                kind="" if verdict is None or was_read else level_of(verdict)[1],
                reason="" if verdict is None or was_read else reason_of(verdict),
            )
        )  # fmt: skip
    return tuple(found)


def _on_the_list(gateway: str, of: Target, model: str, there: bool, at: datetime) -> Sighting:
    return Sighting(
        target=Target(gateway=gateway, way=of.way, model=model, probe=LISTED),
        at=at,
        level=Level.GOOD if there else Level.POOR,
        kind="" if there else "not-listed",
        reason="" if there else "the gateway's list does not name it any more",
    )


def _reached(verdict: Verdict | None) -> tuple[Level | None, str]:
    if verdict is None or verdict.outcome is Outcome.PASSED:
        return Level.GOOD, ""
    level, kind = level_of(verdict)
    last = verdict.observation.last
    answered = last is not None and last.status is not None and last.status < _SERVER_TROUBLE
    if level in (Level.BAD, Level.POOR) and answered:
        return Level.GOOD, ""
    return level, kind


def is_of_a_list(case: Case) -> bool:
    """Whether a case is the reading of a list, which `list_sightings` tells of."""
    return case.model is None and case.probe == CATALOG_PROBE
