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
from gatewayz.watch.rollup import answering, is_off, is_silent, model_state
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
        if after is not None:
            after = replace(after, before=_off_before(after, watched))
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
    models = (one.target.model for one in watched.models(alarm.gateway, alarm.way))
    conditions = chain.from_iterable(_its_questions(alarm, name, watched) for name in ("", *models))
    well = (one.since for one in conditions if one.since is not None and not is_off(one))
    return max((since for since in well if since > alarm.opened_at), default=at)


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


def _left_of(alarm: Alarm, watched: Watched) -> Affected | None:
    """What an alarm has left behind that nobody would be told of by itself, such as slow answers.

    A feature that fails by itself is not of it: one that did so before its model fell, or since it
    answers.
    """
    models = [one.target.model for one in watched.models(alarm.gateway, alarm.way)]
    left: dict[str, tuple[State, Condition]] = {}
    for model in models:
        questions = _its_questions(alarm, model, watched)
        answers = answering(_by_name(questions))
        of_it = _by_name(one for one in questions if not _is_apart(one, answers, alarm))
        state, decider = model_state(of_it)
        if state is not None and decider is not None and is_off(decider):
            left[model] = state, decider
    if left:
        worst = max((state for state, _ in left.values()), key=SEVERITY.__getitem__)
        of_state = {model: by for model, (state, by) in left.items() if state is worst}
        return _left(worst, of_state, len(models), whole=False)
    lists = _its_questions(alarm, "", watched)
    broken = [one for one in lists if is_off(one) and not _is_apart(one, None, alarm)]
    return _left(State.DEGRADED, {"": broken[0]}, len(models), whole=True) if broken else None


def _is_apart(question: Condition, answers: Condition | None, alarm: Alarm) -> bool:
    """Whether a question that is off is so by itself, and not of an alarm; `answers` is its model's."""
    if not is_off(question) or question.since is None:
        return False
    if answers is None or answers is question:
        return question.since < alarm.opened_at
    return not is_off(answers) and answers.since is not None and question.since >= answers.since


def _left(state: State, off: Mapping[str, Condition], watched: int, *, whole: bool) -> Affected:
    return Affected(
        state=state,
        since=min(one.since for one in off.values() if one.since is not None),
        whole=whole,
        models=tuple(sorted(filter(None, off))),
        watched=watched,
        reason=next(iter(off.values())).reason,
    )


def _by_name(questions: Iterable[Condition]) -> dict[str, Condition]:
    return {one.target.probe: one for one in questions}


def _its_questions(alarm: Alarm, model: str, watched: Watched) -> tuple[Condition, ...]:
    """How what may be of an alarm stands, of a model; of model "" the readings of the gateway's list."""
    under = watched.under(alarm.gateway, alarm.way, model)
    return tuple(one for one in under if one.target not in alarm.before)


def _off_before(alarm: Alarm, watched: Watched) -> tuple[Target, ...]:
    """What was off already while its model answered, and has not been well since.

    It can be seen only while the model does not answer, so an alarm remembers it.
    """
    kept = [target for target in alarm.before if is_off(watched.condition(target))]
    for model in watched.models(alarm.gateway, alarm.way):
        questions = watched.under(alarm.gateway, alarm.way, model.target.model)
        answers = answering(_by_name(questions))
        until = _answered_until(answers, is_new=not alarm.notices)
        kept += [
            one.target
            for one in questions
            if one is not answers and is_off(one)
            and until is not None and one.since is not None and one.since < until
        ]  # fmt: skip
    return tuple(dict.fromkeys(kept))


def _answered_until(answers: Condition | None, *, is_new: bool) -> datetime | None:
    """The last good answer of a model before it fell; None where it has not fallen, or nobody knows any more.

    `is_new`: the alarm is; a model that had good answers since fails every other time, and no more is
    known than that it fell.
    """
    if answers is None or not is_silent(answers) or answers.since is None:
        return None
    last = answers.last_good_at
    if last is not None and last < answers.since:
        return last
    return answers.since if last is not None and is_new else None


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
