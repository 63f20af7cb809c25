"""A gateway that goes up and down again and again: one message, then quiet until it settles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gatewayz.core.watching import Alarm
from gatewayz.watch.affected import Affected

FLAPPING: Final = "flapping"
# How far back alarms are counted, and how long it has to stay one way until it has settled.
WITHIN: Final = timedelta(hours=1)
SETTLED: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Next:
    """An alarm as it goes on (None: there is none), and the kind of notice that is due, "" for none."""

    alarm: Alarm | None
    kind: str


def lately(alarms: Iterable[Alarm], at: datetime) -> tuple[Alarm, ...]:
    """Those that are over, and were opened within the time that counts."""
    return tuple(
        one for one in alarms if one.closed_at is not None and at - one.opened_at <= WITHIN
    )


def calmed(
    before: Alarm | None,
    coming: Next,
    found: Affected | None,
    *,
    at: datetime,
    openings: int,
    most: int,
) -> Next:
    """What comes of an alarm where it flaps; `coming` is what would come of it otherwise.

    `openings` is how many alarms of the gateway were opened and closed lately. More than `most`, this one
    included, are flapping (0: never). A flapping alarm says nothing until it has stayed well, or in
    trouble, for half an hour; then it is told which.
    """
    if before is None:
        if coming.alarm is None or not most or openings < most:
            return coming
        return Next(replace(coming.alarm, flapping=True, turned_at=at), FLAPPING)
    if not before.flapping:
        return coming
    well = found is None
    if well != before.is_well or before.turned_at is None:
        return Next(replace(before, is_well=well, turned_at=at), "")
    if at - before.turned_at < SETTLED:
        return Next(before, "")
    settled = replace(before, flapping=False, is_well=False, turned_at=None)
    if found is None:
        return Next(replace(settled, closed_at=at), "recovered")
    now = replace(
        settled, state=found.state, whole=found.whole, models=found.models, reason=found.reason
    )
    return Next(now, found.state.value)
