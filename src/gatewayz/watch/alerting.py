"""Which notices a state of affairs is worth: one for a gateway with all its models, then quiet.

An alarm is opened with its first notice and closed with its all-clear. Between the two there is
another only when it got worse, and a reminder from time to time, but none within announced maintenance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatewayz.core.watching import (
    SEVERITY,
    UNWATCHED,
    Alarm,
    Condition,
    Notice,
    Place,
    State,
    Target,
)
from gatewayz.watch import words
from gatewayz.watch.affected import Affected
from gatewayz.watch.flapping import Next, calmed, lately
from gatewayz.watch.machine import answers_since, failing_since, is_failing
from gatewayz.watch.rollup import answering, is_silent, worst_of
from gatewayz.watch.watched import Watched


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
    openings = Counter(one.place for one in lately(closed, at))
    by_place: dict[Place, Alarm] = {one.place: one for one in open_ones}
    conditions = {one.target.place: one for one in watched.gateways()}
    changed: list[Alarm] = []
    notices: list[Notice] = []
    for place in dict.fromkeys((*by_place, *conditions)):
        known, found = by_place.get(place), affected(conditions.get(place), watched, rule)
        alarm = None if known is None else _brought_up(known, watched, rule, at)
        rest = None
        if alarm is not None and found is None:
            found = rest = _left_of(alarm, watched)
        coming = calmed(
            alarm, Next(*_next(alarm, found, place, at, rule, eased=rest is not None)), found,
            at=at, openings=openings[place], most=rule.flapping,
        )  # fmt: skip
        after, kind = coming.alarm, coming.kind
        if known is None and after is not None:
            after = _brought_up(after, watched, rule, at)
        if kind == "reminder" and found is not None:
            models = () if found.whole else found.models
            kind = "" if watched.is_excused(*place, models, at) else kind
        if after is None or (after == known and not kind):
            continue
        if kind == "recovered":
            is_last = known is not None and set(after.unseen) > set(known.unseen)
            # At the first good sighting, not at the confirming one.
            after = replace(after, closed_at=at if is_last else after.well_at or at)
            kind = UNWATCHED if after.unseen else kind
        if kind:
            after = replace(after, told_at=at, notices=after.notices + 1)
            notices.append(words.notice(kind, after, found, at))
        changed.append(after)
    return tuple(changed), tuple(notices)


def affected(gateway: Condition | None, watched: Watched, rule: Quietness) -> Affected | None:
    """What of a gateway is worth a notice; None when all of it is as it should be."""
    if gateway is None:
        return None
    models = watched.models(*gateway.target.place)
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


def _brought_up(alarm: Alarm, watched: Watched, rule: Quietness, at: datetime) -> Alarm:
    """The alarm with the questions that are of it by now: those that fell, and have not been well since.

    What was off before its model fell, or fails by itself while its model answers, is not among them.
    """
    kept = [watched.condition(one) for one in alarm.questions if watched.asks(one)]
    fell = list(_fallen(alarm, watched, rule))
    questions = {one.target: None for one in (*kept, *fell) if is_failing(one)}
    mended = (_well_since(one) or at for one in kept if one.target not in questions)
    well = [moment for moment in mended if moment > alarm.opened_at]
    return replace(
        alarm,
        questions=tuple(questions),
        unseen=_unseen(alarm, watched),
        well_at=max([*well, *filter(None, [alarm.well_at])], default=None),
    )


def _unseen(alarm: Alarm, watched: Watched) -> tuple[Target, ...]:
    """What of it is watched no more, and was not seen well; of a model that is asked nothing any more the whole."""
    found = dict.fromkeys(one for one in alarm.unseen if not watched.asks(one))
    # Whether a gateway answers its models tell, too.
    models_tell = any(one.model for one in alarm.questions)
    for one in alarm.questions:
        if watched.asks(one) or (models_tell and not one.model):
            continue
        model = replace(one, probe="")
        found[one if not one.model or watched.asks(model) else model] = None
    whole = {one.model for one in found if not one.probe}
    return tuple(one for one in found if not one.probe or one.model not in whole)


def _well_since(question: Condition) -> datetime | None:
    """The first good sighting of a question that is well; None for one that is watched no more."""
    # One that failed without being confirmed has been up for long.
    return max(filter(None, (question.since, answers_since(question))), default=None)


def _fallen(alarm: Alarm, watched: Watched, rule: Quietness) -> Iterator[Condition]:
    """The questions that fail with what is silent now, or that are told of by themselves."""
    gateway = watched.condition(Target(gateway=alarm.gateway, way=alarm.way))
    for whole in (gateway, *watched.models(*alarm.place)):
        questions = watched.under(*alarm.place, whole.target.model)
        # Who tells whether it answers: one of its questions, and of a gateway all together.
        teller = answering(_by_name(questions)) if whole.target.model else whole
        if teller is None:
            continue
        is_of_it = is_silent(whole) and teller.target in alarm.questions
        if whole.state not in rule.on and not is_of_it:
            continue
        for one in questions:
            began = failing_since(one)
            if began is None:
                continue
            if one is teller or not is_silent(whole) or _fell_with(teller, began):
                yield one


def _fell_with(silent: Condition, began: datetime) -> bool:
    """Whether what began to fail at a moment did so with what is silent: after its last good answer
    before it fell, and before the first of those that may yet tell that it answers again.
    """
    last_good = silent.last_good_at or silent.off_since
    fell_at = min(filter(None, (last_good, silent.since)), default=began)
    answers_at = answers_since(silent)
    return fell_at <= began and (answers_at is None or began < answers_at)


def _left_of(alarm: Alarm, watched: Watched) -> Affected | None:
    """What an alarm has left behind that nobody would be told of by itself, such as slow answers."""
    models = [one.target.model for one in watched.models(*alarm.place)]
    by_model: dict[str, dict[str, Condition]] = {}
    for target in alarm.questions:
        by_model.setdefault(target.model, {})[target.probe] = watched.condition(target)
    lists = by_model.pop("", {})
    if by_model:
        left = {model: _left_of_model(alarm, model, of, watched) for model, of in by_model.items()}
        worst = max((state for state, _ in left.values()), key=SEVERITY.__getitem__)
        of_state = {model: by for model, (state, by) in left.items() if state is worst}
        return _left(worst, of_state, len(models), whole=False)
    if lists:
        return _left(State.DEGRADED, {"": next(iter(lists.values()))}, len(models), whole=True)
    return None


def _left_of_model(
    alarm: Alarm, model: str, questions: Mapping[str, Condition], watched: Watched
) -> tuple[State, Condition]:
    """The state of a model by those of its questions that fell, and what decides it."""
    teller = answering(_by_name(watched.under(*alarm.place, model)))
    if teller is not None and teller.target.probe in questions and is_silent(teller):
        return teller.state or State.DOWN, teller
    # Who answers is degraded at worst; what failed once may not be confirmed yet.
    return State.DEGRADED, worst_of(questions.values()) or next(iter(questions.values()))


def _left(state: State, off: Mapping[str, Condition], watched: int, *, whole: bool) -> Affected:
    return Affected(
        state=state,
        since=min(filter(None, map(failing_since, off.values()))),
        whole=whole,
        models=tuple(sorted(filter(None, off))),
        watched=watched,
        reason=next(iter(off.values())).reason,
    )


def _by_name(questions: Iterable[Condition]) -> dict[str, Condition]:
    return {one.target.probe: one for one in questions}


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
