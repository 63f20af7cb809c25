"""Which notices a state of affairs is worth: one for a gateway with all its models, then quiet.

An alarm is opened with its first notice and closed with its all-clear. Between the two there is
another only when it got worse, and a reminder from time to time, but none within announced maintenance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatewayz.core.watching import REACHABLE, SEVERITY, Alarm, Condition, Notice, State, Target
from gatewayz.watch import words
from gatewayz.watch.affected import Affected
from gatewayz.watch.flapping import Next, calmed, lately
from gatewayz.watch.watched import Place, Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Quietness:
    """What is worth a notice, and how often.

    `on` are the states that are told; `remind_s` is the time between reminders, None for none.
    `group_s` is how soon after a notice another may tell of more models of the same gateway. More alarms
    of a gateway within an hour than `flapping` are one message; 0: each is told.
    """

    on: frozenset[State] = frozenset({State.DOWN, State.UNKNOWN})
    remind_s: float | None = 6 * 3600.0
    group_s: float = 600.0
    flapping: int = 3


def alarms(
    open_ones: Iterable[Alarm],
    watched: Watched,
    at: datetime,
    rule: Quietness,
    closed: Iterable[Alarm] = (),
) -> tuple[tuple[Alarm, ...], tuple[Notice, ...]]:
    """The alarms that are other than before, and what is to be told of them.

    `closed` are those that were over before; a gateway that had many of late is flapping.
    """
    openings = Counter((one.gateway, one.way) for one in lately(closed, at))
    by_place: dict[Place, Alarm] = {(one.gateway, one.way): one for one in open_ones}
    conditions = {(one.target.gateway, one.target.way): one for one in watched.gateways()}
    changed: list[Alarm] = []
    notices: list[Notice] = []
    for place in dict.fromkeys((*by_place, *conditions)):
        alarm, found = by_place.get(place), affected(conditions.get(place), watched, rule)
        rest = None
        if alarm is not None and found is None:
            found = rest = _left_of(alarm, conditions.get(place), watched)
        coming = calmed(
            alarm, Next(*_next(alarm, found, place, at, rule, eased=rest is not None)), found,
            at=at, openings=openings[place], most=rule.flapping,
        )  # fmt: skip
        after, kind = coming.alarm, coming.kind
        if kind == "reminder" and found is not None:
            models = () if found.whole else found.models
            kind = "" if watched.is_excused(*place, models, at) else kind
        if after is None or (after == alarm and not kind):
            continue
        if kind == "recovered":
            after = replace(after, closed_at=_ended(after, watched, at))
        if kind:
            after = replace(after, told_at=at, notices=after.notices + 1)
            notices.append(words.notice(kind, after, found, at))
        changed.append(after)
    return tuple(changed), tuple(notices)


def _ended(alarm: Alarm, watched: Watched, at: datetime) -> datetime:
    """When all of an alarm's gateway was well again: the first good sighting, not the confirming one."""
    place = alarm.gateway, alarm.way
    whole = Target(gateway=alarm.gateway, way=alarm.way)
    of_it = (whole, replace(whole, probe=REACHABLE))
    conditions = (*map(watched.condition, of_it), *watched.models(*place))
    later = [c.since for c in conditions if c.since is not None and c.since > alarm.opened_at]
    return max(later, default=at)


def affected(gateway: Condition | None, watched: Watched, rule: Quietness) -> Affected | None:
    """What of a gateway is worth a notice; None when all of it is as it should be."""
    if gateway is None:
        return None
    models = watched.models(gateway.target.gateway, gateway.target.way)
    whole = gateway.state is not None and gateway.state is not State.UP
    if whole and gateway.state in rule.on and gateway.state is not State.DEGRADED:
        of_state = [one for one in models if one.state is gateway.state]
        return _affected(gateway, of_state, len(models), whole=True)
    for state in sorted(rule.on, key=SEVERITY.__getitem__, reverse=True):
        of_state = [one for one in models if one.state is state]
        if of_state:
            return _affected(of_state[0], of_state, len(models), whole=False)
    if whole and gateway.state in rule.on:
        return _affected(gateway, [], len(models), whole=True)
    return None


def _left_of(alarm: Alarm, gateway: Condition | None, watched: Watched) -> Affected | None:
    """What an alarm has left behind that nobody would be told of by itself, such as slow answers.

    What was so before the alarm is not of it.
    """
    if gateway is None:
        return None
    models = watched.models(gateway.target.gateway, gateway.target.way)
    off = [one for one in models if _is_off_since(one, alarm.opened_at)]
    if off:
        worst = max(off, key=lambda one: SEVERITY[one.state or State.UP])
        of_state = [one for one in off if one.state is worst.state]
        return _affected(worst, of_state, len(models), whole=False)
    if _is_off_since(gateway, alarm.opened_at):
        return _affected(gateway, [], len(models), whole=True)
    return None


def _is_off_since(one: Condition, at: datetime) -> bool:
    return one.state not in (None, State.UP) and one.since is not None and one.since >= at


def _affected(
    decider: Condition, models: list[Condition], watched: int, *, whole: bool
) -> Affected:
    begun = [one.since for one in (decider, *models) if one.since is not None]
    return Affected(
        state=decider.state or State.UNKNOWN,
        since=min(begun),
        whole=whole,
        models=tuple(sorted(one.target.model for one in models)),
        watched=watched,
        reason=decider.reason,
    )


def _next(
    alarm: Alarm | None,
    found: Affected | None,
    place: Place,
    at: datetime,
    rule: Quietness,
    *,
    eased: bool,
) -> tuple[Alarm | None, str]:
    """The alarm as it goes on, and the kind of notice that it is worth; "" for none.

    `eased`: what was found is only what the alarm has left behind.
    """
    if found is None:
        return (None, "") if alarm is None else (replace(alarm, closed_at=at), "recovered")
    if alarm is None:
        gateway, way = place
        opened = Alarm(
            id=f"{at:%Y%m%dT%H%M%S}-{gateway}-{way}",
            gateway=gateway, way=way, state=found.state, opened_at=found.since,
            whole=found.whole, models=found.models, reason=found.reason,
        )  # fmt: skip
        return opened, found.state.value
    if eased:
        return _eased(alarm, found, at, rule), "reminder" if _is_due(alarm, at, rule) else ""
    if _is_worse(alarm, found, at, rule):
        worse = replace(
            alarm, state=found.state, whole=found.whole, reason=found.reason,
            models=tuple(sorted({*alarm.models, *found.models})),
        )  # fmt: skip
        return worse, "worse"
    # What got better is not told, yet what comes after it may be.
    better = replace(alarm, whole=alarm.whole and found.whole)
    if not found.whole and alarm.whole:
        better = replace(better, models=found.models)
    return better, "reminder" if _is_due(alarm, at, rule) else ""


def _eased(alarm: Alarm, found: Affected, at: datetime, rule: Quietness) -> Alarm:
    """The alarm as that of what is left. Soon after a notice it stays as told: it may fall again at once."""
    told_at = alarm.told_at or alarm.opened_at
    if at - told_at < timedelta(seconds=rule.group_s):
        return alarm
    return replace(
        alarm, state=found.state, whole=found.whole, models=found.models, reason=found.reason
    )


def _is_worse(alarm: Alarm, found: Affected, at: datetime, rule: Quietness) -> bool:
    if SEVERITY[found.state] > SEVERITY[alarm.state]:
        return True
    if alarm.whole or SEVERITY[found.state] < SEVERITY[alarm.state]:
        return False
    if found.whole:
        return True
    more = set(found.models) - set(alarm.models)
    told_at = alarm.told_at or alarm.opened_at
    return bool(more) and at - told_at >= timedelta(seconds=rule.group_s)


def _is_due(alarm: Alarm, at: datetime, rule: Quietness) -> bool:
    told_at = alarm.told_at or alarm.opened_at
    return rule.remind_s is not None and at - told_at >= timedelta(seconds=rule.remind_s)
