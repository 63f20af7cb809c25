"""A scripted week as the watch would have lived it: states, alarms and messages at their hours.

A program of its own (`python -m gatewayz.cli.week_played START`), so that it runs on another core than
what writes the week into the store. It is given the settings in the environment, sends nothing, sums
what is written, and prints one record, which a store keeps.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from gatewayz.cli.watch_promises import excused_by
from gatewayz.config import Settings, load_settings
from gatewayz.core import Run, Verdict
from gatewayz.core.availability import Alert, Assessment
from gatewayz.core.codec import dumps
from gatewayz.core.errors import StoreError
from gatewayz.core.watching import Alarm, Notice, Sighting, StateChange, Target, WatchRecord
from gatewayz.simulator.week import read_script, week
from gatewayz.store import open_store
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
# A slow disk has this long to take the week.
_WRITTEN_S = 300.0


def played(runs: Iterable[Run], settings: Settings) -> WatchRecord:
    """What a watch makes of runs, one round each; the promises aside."""
    watched = Watched(excused=excused_by(settings))
    known: dict[str, Alarm] = {}
    changes: list[StateChange] = []
    notices: list[Notice] = []
    for run in runs:
        now = run.finished_at or run.started_at
        changes += watched.take(_sightings(run, now), now)
        open_ones = [alarm for alarm in known.values() if alarm.closed_at is None]
        changed, told = alarms(open_ones, watched, now, _QUIETNESS)
        known |= {alarm.id: alarm for alarm in changed}
        notices += told
    return WatchRecord(
        conditions=watched.all(),
        changes=tuple(changes),
        alarms=tuple(known.values()),
        notices=tuple(notices),
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


def sum_up(settings: Settings, runs: int) -> None:
    """Sums so many runs for the pages, as they are written. Raises: StoreError where they do not come."""
    until, summed = time.monotonic() + _WRITTEN_S, 0
    with closing(open_store(settings.store)) as store:
        while (summed := summed + store.summaries.roll_up()) < runs:
            if time.monotonic() > until:
                raise StoreError(f"only {summed} of {runs} hours were written")
            time.sleep(0.2)


def main(start: str) -> None:
    """Plays the week that comes with the program, from a moment on."""
    gc.disable()  # all of it is kept to the end, which is near
    settings, begin = load_settings(), datetime.fromisoformat(start)
    script = read_script()
    record = played(week(script, begin), settings)
    sum_up(settings, script.hours)
    print(dumps(record))


if __name__ == "__main__":
    main(sys.argv[1])
