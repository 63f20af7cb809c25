"""From sightings to states: x of the last y make a state, so that one bad answer changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gatewayz.core.objectives import Confirmation
from gatewayz.core.watching import Condition, Level, Sighting, State


def moved(before: Condition, seen: Sighting, rule: Confirmation) -> Condition:
    """The condition after one more sighting; one that says nothing only moves its moment."""
    if seen.unasked:
        return replace(before, unasked_since=before.unasked_since or seen.at)
    if seen.level is None:
        return replace(before, last_at=seen.at, unasked_since=None)
    kept = max(rule.of, rule.good)
    recent = (*before.recent, seen.level)[-kept:]
    times = (*before.recent_at, seen.at)[-kept:]
    state = _state(before.state, recent, rule)
    told: Condition | Sighting = before
    since = before.since
    if seen.level is not Level.GOOD or state is State.UP:
        told = seen
    if state is not before.state and state is not None:
        since = times[_began(before.state, state, recent, rule)]
    # Made as a whole, which takes a third of a changed copy's time: there is one for each answer.
    return Condition(
        target=before.target,
        state=state,
        since=since,
        recent=recent,
        recent_at=times,
        last_at=seen.at,
        last_good_at=seen.at if seen.level in (Level.GOOD, Level.POOR) else before.last_good_at,
        kind=told.kind,
        reason=told.reason,
        run_id=told.run_id,
        unasked_since=None,
        off_since=_off_since(before, state, recent, times),
    )


def _off_since(
    before: Condition, state: State | None, recent: Sequence[Level], times: Sequence[datetime]
) -> datetime | None:
    """Since when there was no good sighting; a bad one before the last good one is of no moment."""
    if state in (None, State.UP):
        return None
    if before.is_off:
        return before.off_since or before.since
    return _in_a_row(recent, times, _NOT_GOOD)


def in_doubt(condition: Condition) -> bool:
    """Whether the last sighting contradicts the state, so that another soon would settle it."""
    if not condition.recent:
        return False
    last, state = condition.recent[-1], condition.state
    if last is Level.GOOD:
        return condition.is_off
    if last is Level.POOR:
        # One good answer and one slow one settle nothing.
        was_good = condition.recent[-2:-1] == (Level.GOOD,)
        return state in (State.DOWN, State.UNKNOWN) or (state is State.DEGRADED and was_good)
    return state is not (State.DOWN if last is Level.BAD else State.UNKNOWN)


def is_failing(condition: Condition) -> bool:
    """Whether it is off, or its last sighting says that it may be."""
    return failing_since(condition) is not None


def failing_since(condition: Condition) -> datetime | None:
    """The first of the sightings in a row by which it is off, or may be; None where it is well."""
    if condition.is_off:
        return condition.off_since or condition.since
    return _in_a_row(condition.recent, condition.recent_at, _FAILS)


def missed_since(condition: Condition) -> datetime | None:
    """The first of the last sightings in a row that were not good; None where the last was."""
    if condition.off_since is not None:
        return condition.off_since
    return _in_a_row(condition.recent, condition.recent_at, _NOT_GOOD)


def answers_since(condition: Condition) -> datetime | None:
    """The first of its last sightings in a row that are answers, however slow; None where the last is none."""
    return _in_a_row(condition.recent, condition.recent_at, _ANSWERS)


def _in_a_row(
    recent: Sequence[Level], times: Sequence[datetime], levels: frozenset[Level]
) -> datetime | None:
    """The first of the last sightings in a row that are of these levels; None where the last is not."""
    since = None
    for level, at in zip(reversed(recent), reversed(times), strict=True):
        if level not in levels:
            break
        since = at
    return since


_NOT_GOOD = frozenset({Level.POOR, Level.BAD, Level.BLIND})
_FAILS = frozenset({Level.BAD, Level.BLIND})
_ANSWERS = frozenset({Level.GOOD, Level.POOR})
_MADE_OF = {
    State.UP: frozenset({Level.GOOD}),
    State.DEGRADED: frozenset({Level.POOR, Level.BAD}),
    State.DOWN: frozenset({Level.BAD}),
    State.UNKNOWN: frozenset({Level.BLIND}),
}


def _state(before: State | None, recent: Sequence[Level], rule: Confirmation) -> State | None:
    last = recent[-1]
    if last is Level.GOOD:
        return _when_good(before, recent, rule)
    looked_at = recent[-rule.of :]
    if last is Level.BAD and looked_at.count(Level.BAD) >= rule.bad:
        return State.DOWN
    if last is Level.BLIND:
        return State.UNKNOWN if looked_at.count(Level.BLIND) >= rule.bad else before
    off = looked_at.count(Level.BAD) + looked_at.count(Level.POOR)
    if off < rule.bad:
        return State.UP if before is None and last is Level.POOR else before
    if before in (State.DOWN, State.UNKNOWN) and not _answers_again(recent, rule):
        return before
    return State.DEGRADED


def _when_good(before: State | None, recent: Sequence[Level], rule: Confirmation) -> State | None:
    if before is None or before is State.UP:
        return State.UP
    row = recent[-rule.good :]
    steady = len(row) >= rule.good and all(level is Level.GOOD for level in row)
    if steady:
        return State.UP
    if before in (State.DOWN, State.UNKNOWN) and _answers_again(recent, rule):
        return State.DEGRADED
    return before


def _answers_again(recent: Sequence[Level], rule: Confirmation) -> bool:
    row = recent[-rule.good :]
    return len(row) >= rule.good and all(level in _ANSWERS for level in row)


def _began(before: State | None, state: State, recent: Sequence[Level], rule: Confirmation) -> int:
    """Where in the recent ones the state began: at the first of those that confirm it, or at the last one."""
    last = len(recent) - 1
    if state is State.UP:
        return _row(
            recent, _MADE_OF[State.UP]
        )  # the last may be poor, where nothing was known before
    if state is State.DEGRADED and before in (State.DOWN, State.UNKNOWN):
        return _row(recent, _ANSWERS)  # it got better: what was seen while it was down is not of it
    beginning = max(0, len(recent) - rule.of)
    return next((n for n in range(beginning, last) if recent[n] in _MADE_OF[state]), last)


def _row(recent: Sequence[Level], made_of: frozenset[Level]) -> int:
    """Where the last ones of these levels in a row begin."""
    start = len(recent) - 1
    while start and recent[start] in made_of and recent[start - 1] in made_of:
        start -= 1
    return start
