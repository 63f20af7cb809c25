"""A scripted week as the watch would have lived it: states, alarms and messages at their hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from gatewayz.cli.watch_promises import excused_by
from gatewayz.config import Settings
from gatewayz.core import Run, Verdict
from gatewayz.core.availability import Alert, Assessment
from gatewayz.core.watching import Alarm, Notice, Sighting, StateChange, Target, WatchRecord
from gatewayz.watch import (
    Quietness,
    Watched,
    alarms,
    is_of_a_list,
    list_sightings,
    sighting,
)
from gatewayz.watch.promises import Promises

# An outage of half a day has one reminder.
_QUIETNESS = Quietness(remind_s=8 * 3600.0)


class Played:
    """What a watch makes of runs, one round each; the promises aside."""

    def __init__(self, settings: Settings) -> None:
        self._watched = Watched(excused=excused_by(settings))
        self._known: dict[str, Alarm] = {}
        self._changes: list[StateChange] = []
        self._notices: list[Notice] = []

    def take(self, run: Run) -> None:
        """The next round."""
        now = run.finished_at or run.started_at
        self._changes += self._watched.take(_sightings(run, now), now)
        open_ones = [alarm for alarm in self._known.values() if alarm.closed_at is None]
        changed, told = alarms(open_ones, self._watched, now, _QUIETNESS)
        self._known |= {alarm.id: alarm for alarm in changed}
        self._notices += told

    def record(self) -> WatchRecord:
        """All of it, as a store keeps it."""
        return WatchRecord(
            conditions=self._watched.all(),
            changes=tuple(self._changes),
            alarms=tuple(self._known.values()),
            notices=tuple(self._notices),
        )


def with_promises(record: WatchRecord, assessments: Iterable[Assessment]) -> WatchRecord:
    """A record with what the watch would have told of promises, each alert at its own moment."""
    promises = Promises()
    found = [alert for one in assessments for alert in one.alerts]
    told = (*record.notices, *_of_promises(promises, found, record.alarms))
    return replace(record, notices=tuple(sorted(told, key=attrgetter("at"))), budgets=promises.open)


def _sightings(run: Run, now: datetime) -> list[Sighting]:
    """A run's verdicts; a gateway whose models were asked had a list that could be read."""
    found: list[Sighting] = []
    lists: dict[str, Verdict | None] = {}
    for verdict in run.verdicts:
        case = verdict.observation.case
        if is_of_a_list(case):
            lists[case.gateway] = verdict
        else:
            lists.setdefault(case.gateway, None)
            found.append(sighting(verdict, now, run.id))
    for gateway, of_list in lists.items():
        found += list_sightings(Target(gateway=gateway), of_list, (), (), now)
    return found


def _of_promises(
    promises: Promises, found: Sequence[Alert], known: Collection[Alarm]
) -> list[Notice]:
    """The notices that alerts are worth, each at its own moment."""
    notices: list[Notice] = []
    moments = {at for alert in found for at in (alert.started_at, alert.ended_at) if at is not None}
    for moment in sorted(moments):
        begun = (alert for alert in found if alert.started_at <= moment)
        awake = {alarm.gateway for alarm in known if _is_open(alarm, moment)}
        told = [_as_of(alert, moment) for alert in begun]
        notices += promises.look(told, moment, awake=awake).notices
    return notices


def _as_of(alert: Alert, moment: datetime) -> Alert:
    over = alert.ended_at is not None and alert.ended_at <= moment
    return alert if over else replace(alert, ended_at=None)


def _is_open(alarm: Alarm, moment: datetime) -> bool:
    return alarm.opened_at <= moment and (alarm.closed_at is None or moment < alarm.closed_at)
