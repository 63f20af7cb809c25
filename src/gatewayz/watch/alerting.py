"""Which notices a state of affairs is worth: one for a gateway with all its models, then quiet.

An alarm is opened with its first notice and closed with its all-clear. Between the two there is
another only when it got worse, and a reminder from time to time, but none within announced maintenance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from gatewayz.core.watching import SEVERITY, Alarm, Condition, Notice, State, Target
from gatewayz.watch import words
from gatewayz.watch.affected import Affected
from gatewayz.watch.flapping import Next, calmed, lately
from gatewayz.watch.rollup import answering, is_off, model_state
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
            found = rest = _left_of(alarm, watched)
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
    """When all of an alarm was well again: the first good sighting, not the confirming one."""
    places = ("", *_models_of(alarm, watched)) if alarm.whole else alarm.models
    conditions = chain.from_iterable(_its_questions(alarm, model, watched) for model in places)
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
        return _whole(gateway, of_state, watched)
    for state in sorted(rule.on, key=SEVERITY.__getitem__, reverse=True):
        of_state = [one for one in models if one.state is state]
        if of_state:
            found = _affected(of_state[0], of_state, len(models), whole=False)
            return replace(found, before=_off_before(of_state, watched))
    return _whole(gateway, [], watched) if whole and gateway.state in rule.on else None


def _whole(gateway: Condition, models: list[Condition], watched: Watched) -> Affected:
    place = gateway.target.gateway, gateway.target.way
    all_of_it = watched.models(*place)
    found = _affected(gateway, models, len(all_of_it), whole=True)
    lists = [
        one.target
        for one in watched.under(*place)
        if is_off(one) and one.since is not None and one.since < found.since
    ]
    return replace(found, before=(*lists, *_off_before(all_of_it, watched)))


def _left_of(alarm: Alarm, watched: Watched) -> Affected | None:
    """What an alarm has left behind that nobody would be told of by itself, such as slow answers.

    Only what it is about counts: its models, and of these no question that was off before.
    """
    states = {
        model: model_state({one.target.probe: one for one in _its_questions(alarm, model, watched)})
        for model in _models_of(alarm, watched)
    }
    off = {model: by for model, (_, by) in states.items() if by is not None and is_off(by)}
    count = len(watched.models(alarm.gateway, alarm.way))
    if off:
        state = max((states[model][0] or State.UP for model in off), key=SEVERITY.__getitem__)
        of_state = {model: by for model, by in off.items() if states[model][0] is state}
        return _left(state, of_state, count, whole=False)
    lists = filter(is_off, _its_questions(alarm, "", watched)) if alarm.whole else ()
    worst = max(lists, key=lambda one: SEVERITY[one.state or State.UP], default=None)
    return _left(State.DEGRADED, {"": worst}, count, whole=True) if worst is not None else None


def _left(state: State, off: Mapping[str, Condition], watched: int, *, whole: bool) -> Affected:
    return Affected(
        state=state,
        since=min(one.since for one in off.values() if one.since is not None),
        whole=whole,
        models=tuple(sorted(filter(None, off))),
        watched=watched,
        reason=next(iter(off.values())).reason,
    )


def _models_of(alarm: Alarm, watched: Watched) -> tuple[str, ...]:
    if not alarm.whole:
        return alarm.models
    return tuple(one.target.model for one in watched.models(alarm.gateway, alarm.way))


def _its_questions(alarm: Alarm, model: str, watched: Watched) -> tuple[Condition, ...]:
    """How what an alarm is about of a model stands; of model "" the readings of the gateway's list."""
    under = watched.under(alarm.gateway, alarm.way, model)
    return tuple(one for one in under if one.target not in alarm.before)


def _off_before(models: Iterable[Condition], watched: Watched) -> tuple[Target, ...]:
    """What was off already while its model answered; none of that is of the model's falling."""
    found: list[Target] = []
    for one in models:
        questions = watched.under(one.target.gateway, one.target.way, one.target.model)
        answers = answering({question.target.probe: question for question in questions})
        answered_at = _answered_until(answers)
        found += [
            question.target
            for question in questions
            if question is not answers and is_off(question)
            and answered_at is not None and question.since is not None
            and question.since <= answered_at
        ]  # fmt: skip
    return tuple(found)


def _answered_until(answers: Condition | None) -> datetime | None:
    """The last good answer of a model, none later than its falling: it may fail every other time."""
    if answers is None or answers.last_good_at is None:
        return None
    if answers.state is State.DOWN and answers.since is not None:
        return min(answers.last_good_at, answers.since)
    return answers.last_good_at


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
            whole=found.whole, models=found.models, before=found.before, reason=found.reason,
        )  # fmt: skip
        return opened, found.state.value
    if eased:
        return _eased(alarm, found, at, rule), "reminder" if _is_due(alarm, at, rule) else ""
    if _is_worse(alarm, found, at, rule):
        worse = replace(
            alarm, state=found.state, whole=found.whole, reason=found.reason,
            models=tuple(sorted({*alarm.models, *found.models})),
            before=(*alarm.before, *_of_the_new(alarm, found)),
        )  # fmt: skip
        return worse, "worse"
    # What got better is not told, yet what comes after it may be.
    better = replace(alarm, whole=alarm.whole and found.whole)
    if not found.whole and alarm.whole:
        better = replace(better, models=found.models)
    return better, "reminder" if _is_due(alarm, at, rule) else ""


def _of_the_new(alarm: Alarm, found: Affected) -> Iterable[Target]:
    """What was off before, of those that an alarm was not about until now."""
    if alarm.whole:
        return ()
    return (one for one in found.before if one.model not in alarm.models)


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
