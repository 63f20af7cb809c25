"""Verdicts added to the sums by the hour and by the day, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, text, tuple_

from gatewayz.core import Outcome, RunStatus, Verdict
from gatewayz.core.codec import loads, moment_text
from gatewayz.core.summed import DayOf, Judged
from gatewayz.core.text import well_formed
from gatewayz.store.rows import Row, check, checksum
from gatewayz.store.session import Session
from gatewayz.store.summary_schema import (
    DAYS,
    HOURS,
    MODEL_DAYS,
    REMOVED,
    SUBJECTS,
    SUMMED_RUNS,
)
from gatewayz.store.sums import Sum, read_day, read_hours, read_models, write
from gatewayz.store.tables import RUNS, VERDICTS

_DAY_S, _HOUR_S = 86400, 3600
_AT_ONCE = 300
# Any constant will do, as long as every gatewayz takes the same lock to sum.
_LOCK = 0x6761_7375

# Level, gateway, way, model, probe.
_Subject = tuple[str, str, str, str, str]


@dataclass(slots=True)
class _Added:
    """What is to be added: sums by subject, day and hour, and each model's days."""

    hours: dict[tuple[_Subject, int], dict[int, Sum]] = field(default_factory=dict)
    models: dict[tuple[int, str, str], dict[str, Sum]] = field(default_factory=dict)

    def add(self, one: Judged) -> None:
        day, seconds = divmod(int(one.at.timestamp()), _DAY_S)
        for subject in _subjects_of(one):
            hours = self.hours.setdefault((subject, day), {})
            hours.setdefault(seconds // _HOUR_S, Sum()).add(one)
        if one.model:
            page = self.models.setdefault((day, one.way, well_formed(one.gateway)), {})
            page.setdefault(well_formed(one.model), Sum()).add(replace(one, times={}))


def _subjects_of(one: Judged) -> Iterator[_Subject]:
    """Whose sums a verdict goes into: its question's, and those of what the question is a part of."""
    whole = ("gmp", "gm", "gp", "g", "p", "") if one.model else ("gp", "p")
    gateway, model, probe = map(well_formed, (one.gateway, one.model, one.probe))
    for level in whole:
        yield (
            level,
            gateway if "g" in level else "",
            one.way,
            model if "m" in level else "",
            probe if "p" in level else "",
        )


class Summing:
    """How verdicts come into the sums of a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def waiting(self) -> tuple[str, ...]:
        """The runs that have ended and are not summed yet, the oldest first."""
        done = select(SUMMED_RUNS.c.run_id).where(
            SUMMED_RUNS.c.run_id == RUNS.c.id, SUMMED_RUNS.c.done == 1
        )
        query = select(RUNS.c.id).where(RUNS.c.status != RunStatus.RUNNING.value, ~done.exists())
        with self._session.reading() as connection:
            return tuple(connection.execute(query.order_by(RUNS.c.number)).scalars())

    def unsummed(self, run_id: str) -> tuple[int, int, tuple[Verdict, ...]]:
        """The verdicts of a run that are in no sum; before them, after and up to which numbers they are."""
        with self._session.reading() as connection:
            after = _summed_to(connection, run_id)
            query = select(VERDICTS).where(VERDICTS.c.run_id == run_id)
            if after is not None:
                query = query.where(VERDICTS.c.number > after)
            found, up_to = [], after
            for row in map(dict, connection.execute(query.order_by(VERDICTS.c.number)).mappings()):
                check(row, f"result {row['number']} of run {run_id}", self._session.where)
                found.append(loads(Verdict, row["verdict"]))
                up_to = row["number"]
        return _number(after), _number(up_to), tuple(found)

    def numbers_of(self, run_id: str) -> tuple[int, int, int]:
        """After and up to which numbers a run's verdicts are in no sum, and how many they are.

        For whoever has these verdicts in hand.
        """
        with self._session.reading() as connection:
            after = _summed_to(connection, run_id)
            query = select(func.count(), func.max(VERDICTS.c.number))
            query = query.where(VERDICTS.c.run_id == run_id)
            if after is not None:
                query = query.where(VERDICTS.c.number > after)
            count, up_to = connection.execute(query).one()
        return _number(after), _number(up_to if up_to is not None else after), count

    def add(self, run_id: str, results: Iterable[Judged], *, after: int, up_to: int) -> bool:
        """Adds a run's verdicts that lie between two numbers: all of them, or none when it raises.

        False, and nothing is done, when somebody else has added them meanwhile.
        """
        added = _Added()
        for one in results:
            added.add(one)
        with self._session.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if _number(_summed_to(connection, run_id)) != after:
                return False
            self._add(connection, added)
            connection.execute(SUMMED_RUNS.delete().where(SUMMED_RUNS.c.run_id == run_id))
            connection.execute(SUMMED_RUNS.insert(), {"run_id": run_id, "up_to": up_to, "done": 1})
        return True

    def remove_hours(self, before: datetime, *, dry_run: bool = False) -> int:
        """Removes what was summed by the hour before the day of a moment (UTC); how many days of it."""
        day = int(before.timestamp()) // _DAY_S
        old = HOURS.c.day < day
        with self._session.reading() as connection:
            days = connection.execute(select(func.count(HOURS.c.day.distinct())).where(old))
            found = int(days.scalar_one())
        if found and not dry_run:
            midnight = before.replace(hour=0, minute=0, second=0, microsecond=0)
            with self._session.writing() as connection:
                connection.execute(HOURS.delete().where(old))
                note_removed(connection, "hours", midnight)
        return found

    def _add(self, connection: Connection, added: _Added) -> None:
        numbers = _numbered(connection, {subject for subject, _ in added.hours})
        hours = {(numbers[who], day): sums for (who, day), sums in added.hours.items()}
        days: dict[tuple[int, int], Sum] = {}
        for name, by_hour in hours.items():
            days[name] = Sum()
            for one in by_hour.values():
                days[name].add_kept(one.kept())
        for name, row in self._rows(connection, DAYS, list(days)):
            days[name].add_kept(read_day(row["sums"]))
        for name, row in self._rows(connection, HOURS, list(hours)):
            for hour, kept in read_hours(row["sums"]).items():
                hours[name].setdefault(int(hour), Sum()).add_kept(kept)
        _put(connection, DAYS, {name: one.kept() for name, one in days.items()})
        _put(
            connection,
            HOURS,
            {name: {str(h): sums[h].kept() for h in sorted(sums)} for name, sums in hours.items()},
        )
        for page, models in added.models.items():
            self._add_models(connection, page, models)

    def _rows(
        self, connection: Connection, table: Table, names: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], Row]]:
        key = tuple_(table.c.subject, table.c.day)
        for at in range(0, len(names), _AT_ONCE):
            query = select(table).where(key.in_(names[at : at + _AT_ONCE]))
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"a sum of day {row['day']}", self._session.where)
                yield (row["subject"], row["day"]), row

    def _add_models(
        self, connection: Connection, page: tuple[int, str, str], models: Mapping[str, Sum]
    ) -> None:
        day, way, gateway = page
        same = (
            MODEL_DAYS.c.day == day, MODEL_DAYS.c.way == way, MODEL_DAYS.c.gateway == gateway,
        )  # fmt: skip
        found = connection.execute(select(MODEL_DAYS).where(*same)).mappings().first()
        known: dict[str, DayOf] = {}
        if found is not None:
            check(dict(found), f"the days of {gateway}", self._session.where)
            known = read_models(found["models"])
        for model, one in models.items():
            known[model] = _day_with(known.get(model), one)
        row: Row = {"day": day, "way": way, "gateway": gateway, "models": write(known)}
        connection.execute(MODEL_DAYS.delete().where(*same))
        connection.execute(MODEL_DAYS.insert(), {**row, "checksum": checksum(row)})


def note_removed(connection: Connection, what: str, before: datetime) -> None:
    """Keeps up to which moment something was removed, the latest of all times."""
    kept = connection.execute(select(REMOVED.c.moment).where(REMOVED.c.what == what)).scalar()
    moment = moment_text(before)
    if kept is None or kept < moment:
        connection.execute(REMOVED.delete().where(REMOVED.c.what == what))
        connection.execute(REMOVED.insert(), {"what": what, "moment": moment})


def _summed_to(connection: Connection, run_id: str) -> int | None:
    query = select(SUMMED_RUNS.c.up_to).where(SUMMED_RUNS.c.run_id == run_id)
    found: int | None = connection.execute(query).scalar()
    return found


def _number(found: int | None) -> int:
    """A number of a verdict, below all of them where there is none: imported ones go below 0."""
    return -(2**62) if found is None else found


def _numbered(connection: Connection, wanted: set[_Subject]) -> dict[_Subject, int]:
    """The number of each subject; those that are new get one."""
    names = SUBJECTS.c.level, SUBJECTS.c.gateway, SUBJECTS.c.way, SUBJECTS.c.model, SUBJECTS.c.probe
    query = select(SUBJECTS.c.number, *names)
    known: dict[_Subject, int] = {
        (level, gateway, way, model, probe): number
        for number, level, gateway, way, model, probe in connection.execute(query)
    }
    new = sorted(wanted - known.keys())
    first = max(known.values(), default=0) + 1
    rows = [
        dict(zip(("number", "level", "gateway", "way", "model", "probe"), row, strict=True))
        for row in ((first + at, *subject) for at, subject in enumerate(new))
    ]
    if rows:
        connection.execute(SUBJECTS.insert(), rows)
        known.update(zip(new, range(first, first + len(new)), strict=True))
    return {subject: known[subject] for subject in wanted}


def _put(connection: Connection, table: Table, sums: Mapping[tuple[int, int], Any]) -> None:
    """These rows in place of those with the same names."""
    names = list(sums)
    key = tuple_(table.c.subject, table.c.day)
    for at in range(0, len(names), _AT_ONCE):
        some = names[at : at + _AT_ONCE]
        connection.execute(table.delete().where(key.in_(some)))
        rows = [{"subject": who, "day": day, "sums": write(sums[who, day])} for who, day in some]
        connection.execute(table.insert(), [{**row, "checksum": checksum(row)} for row in rows])


def _day_with(known: DayOf | None, one: Sum) -> DayOf:
    """A model's day with more verdicts."""
    passed, failed, unknown, skipped = one.counts
    culprits = dict(known.culprits) if known else {}
    for (outcome, _, _, culprit), count in one.failures.items():
        if outcome == Outcome.FAILED.value:
            culprits[culprit] = culprits.get(culprit, 0) + count
    before = known or DayOf(0, 0, 0, 0, {})
    return DayOf(
        before.passed + passed,
        before.failed + failed,
        before.unknown + unknown,
        before.skipped + skipped,
        culprits,
    )
