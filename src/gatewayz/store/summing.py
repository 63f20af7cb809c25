"""Results added to the sums by the hour and by the day, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Table, func, select, tuple_

from gatewayz.core import CATALOG_PROBE, Outcome, RunStatus
from gatewayz.core.codec import moment_text
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.text import well_formed
from gatewayz.store.availability import forget_minutes
from gatewayz.store.counting import count_anew, count_new
from gatewayz.store.first_hand import SAW_SOMETHING
from gatewayz.store.inserts import put, put_new
from gatewayz.store.locks import Lock, hold
from gatewayz.store.results import as_judged_last, read_run_results
from gatewayz.store.rows import check, checksum
from gatewayz.store.session import Session
from gatewayz.store.summary_schema import (
    DAYS,
    HOURS,
    REMOVED,
    SUBJECTS,
    SUMMED_RUNS,
)
from gatewayz.store.sums import Part, Sum, part_of, together, with_day, with_hours
from gatewayz.store.tables import RUNS

_DAY_S, _HOUR_S = 86400, 3600
_AT_ONCE = 300
# So many results, and the run that passes it, are added in one transaction.
_TOGETHER = 20_000

# Level, gateway, way, model, probe.
_Subject = tuple[str, str, str, str, str]
# One day's sums by hour, and those of many subjects on many days.
_Hours = dict[int, Sum]
_Sums = dict[tuple[_Subject, int], _Hours]


@dataclass(frozen=True, slots=True)
class _Found:
    """A run's results that are in no sum yet: those behind number `after`, up to `up_to`.

    `lists` are the model lists that it read, `again` the results that it only judged again.
    """

    run_id: str
    results: tuple[ProbeResult, ...]
    lists: tuple[ProbeResult, ...] = ()
    again: tuple[ProbeResult, ...] = ()
    after: int | None = field(kw_only=True)
    up_to: int = field(kw_only=True)


class _Added:
    """What is to be added: sums by subject, day and hour.

    Only a model's question, and a gateway's, are summed from results: all else from the sums of those.
    What has just one of them under it has that very sum, so that none is changed once it is here.
    """

    def __init__(self, results: Iterable[ProbeResult]) -> None:
        self._of_models: _Sums = {}
        self._of_gateways: _Sums = {}
        self._of_lists: _Sums = {}
        for one in results:
            self._take(one)

    def _take(self, one: ProbeResult) -> None:
        day, seconds = divmod(int(one.at.timestamp()), _DAY_S)
        part, hour = part_of(one), seconds // _HOUR_S
        gateway, model, probe = map(well_formed, (one.gateway, one.model, one.probe))
        of_gateway = ("gp", gateway, one.way, "", probe), day
        if not model:
            _add(self._of_lists, of_gateway, hour, part)
            return
        _add(self._of_gateways, of_gateway, hour, part)
        _add(self._of_models, (("gmp", gateway, one.way, model, probe), day), hour, part)

    def hours(self) -> _Sums:
        """The sums of everybody who has any. Model lists are of no model, and count for their probe alone."""
        of_probes = _over("gp", self._of_gateways, self._of_lists)
        of_gateways = _over("g", self._of_gateways)
        return {
            **self._of_models,
            **_over("gm", self._of_models),
            **of_probes,
            **_over("p", of_probes),
            **of_gateways,
            **_over("", of_gateways),
        }


def _add(sums: _Sums, name: tuple[_Subject, int], hour: int, part: Part) -> None:
    hours = sums.get(name)
    if hours is None:
        hours = sums[name] = {}
    total = hours.get(hour)
    if total is None:
        total = hours[hour] = Sum()
    total.add(part)


def _over(level: str, *under: _Sums) -> _Sums:
    """The sums of a level, by those of a finer one."""
    parts: dict[tuple[_Subject, int], list[_Hours]] = {}
    for sums in under:
        for (subject, day), hours in sums.items():
            parts.setdefault((_at_level(level, subject), day), []).append(hours)
    return {name: hours[0] if len(hours) == 1 else _joined(hours) for name, hours in parts.items()}


def _at_level(level: str, subject: _Subject) -> _Subject:
    """Whose sums those of a subject go into."""
    _, gateway, way, model, probe = subject
    return (
        level,
        gateway if "g" in level else "",
        way,
        model if "m" in level else "",
        probe if "p" in level else "",
    )


def _joined(parts: Iterable[_Hours]) -> _Hours:
    by_hour: dict[int, list[Sum]] = {}
    for hours in parts:
        for hour, one in hours.items():
            by_hour.setdefault(hour, []).append(one)
    return {hour: ones[0] if len(ones) == 1 else together(ones) for hour, ones in by_hour.items()}


class Summing:
    """How results come into the sums of a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def roll_up(self, *, most: int | None = None) -> int:
        """Sums every run that has ended and is not summed yet, the oldest first; how many they were.

        With `most` it begins with no further run once it has summed so many results.
        """
        runs = results = 0
        waiting = iter(self.waiting())
        while most is None or results < most:
            # Many at once: the sums of a day are then read and written once for all of them.
            part: list[_Found] = []
            enough = results + min(_TOGETHER, most or _TOGETHER)
            while results < enough and (run_id := next(waiting, None)) is not None:
                part.append(self._found(run_id))
                results += len(part[-1].results) + len(part[-1].lists)
            if not part:
                break
            self._add_found(part)
            runs += len(part)
        return runs

    def waiting(self) -> tuple[str, ...]:
        """The runs that have ended and are not summed yet, the oldest first."""
        done = select(SUMMED_RUNS.c.run_id).where(
            SUMMED_RUNS.c.run_id == RUNS.c.id, SUMMED_RUNS.c.done == 1
        )
        query = select(RUNS.c.id).where(RUNS.c.status != RunStatus.RUNNING.value, ~done.exists())
        with self._session.reading() as connection:
            return tuple(connection.execute(query.order_by(RUNS.c.number)).scalars())

    def sum_run(self, run_id: str) -> int:
        """Adds what a run has found to the sums; how many results it had that were in none."""
        found = self._found(run_id)
        self._add_found([found])
        return len(found.results) + len(found.lists)

    def _found(self, run_id: str) -> _Found:
        """What a run has found that is in no sum yet."""
        with self._session.reading() as connection:
            after = _summed_to(connection, run_id)
            saw = select(RUNS.c.id).where(RUNS.c.id == run_id, SAW_SOMETHING)
            # Who judges a stored run again sees nothing that was not seen before.
            is_new = connection.execute(saw).first() is not None
            up_to, results = read_run_results(connection, run_id, after, self._session.where)
        if not is_new:
            return _Found(run_id, (), again=tuple(results), after=after, up_to=up_to)
        lists = _lists_read(results) if after is None else ()
        return _Found(run_id, tuple(results), tuple(lists), after=after, up_to=up_to)

    def add(
        self, run_id: str, results: Iterable[ProbeResult], *, after: int | None, up_to: int
    ) -> bool:
        """Adds a run's results that lie between two numbers: all of them, or none when it raises.

        `after` is None for the first ones of a run. False, and nothing is done, when somebody else
        has added them meanwhile.
        """
        return self._add_found([_Found(run_id, tuple(results), after=after, up_to=up_to)]) == 1

    def _add_found(self, found: Sequence[_Found]) -> int:
        """Adds what some runs found: all of it, or none when it raises; of how many runs.

        What somebody else has added meanwhile is left out.
        """
        # As long as nobody else may write, as little as may be is done.
        left, added = list(found), _added_up(found)
        with self._session.writing() as connection:
            hold(connection, Lock.SUMMING)
            if any(_summed_to(connection, one.run_id) != one.after for one in found):
                left = [one for one in found if _summed_to(connection, one.run_id) == one.after]
                added = _added_up(left)
            self._add(connection, added)
            for one in left:
                put(connection, SUMMED_RUNS, {"run_id": one.run_id, "up_to": one.up_to, "done": 1})
            self._count(connection, left)
        return len(left)

    def _count(self, connection: Connection, found: Iterable[_Found]) -> None:
        """Adds to each model's availability; what was judged again, or goes on, is counted anew."""
        new: list[ProbeResult] = []
        anew: list[ProbeResult] = []
        for one in found:
            (new if one.after is None else anew).extend(one.results)
            anew += one.again
        where = self._session.where
        count_new(connection, where, as_judged_last(connection, where, new))
        count_anew(connection, where, anew)

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
                # Whoever sums at this moment would write some of them again.
                hold(connection, Lock.SUMMING)
                connection.execute(HOURS.delete().where(old))
                forget_minutes(connection, day)
                note_removed(connection, "hours", midnight)
        return found

    def _add(self, connection: Connection, added: _Sums) -> None:
        numbers = _numbered(connection, {subject for subject, _ in added})
        numbered = {(numbers[who], day): sums for (who, day), sums in added.items()}
        self._join(connection, HOURS, numbered, with_hours)
        self._join(connection, DAYS, numbered, with_day)

    def _join(
        self,
        connection: Connection,
        table: Table,
        added: Mapping[tuple[int, int], _Hours],
        joined: Callable[[str | None, _Hours], str],
    ) -> None:
        """Writes what is kept joined with what is added; what is the same of two subjects once."""
        kept = dict(self._rows(connection, table, list(added)))
        texts: dict[tuple[str | None, int], str] = {}
        rows = []
        for (who, day), hours in added.items():
            before = kept.get((who, day))
            same = before, id(hours)
            text = texts.get(same)
            if text is None:
                text = texts[same] = joined(before, hours)
            row = {"subject": who, "day": day, "sums": text}
            rows.append({**row, "checksum": checksum(row)})
        put(connection, table, *rows)

    def _rows(
        self, connection: Connection, table: Table, names: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], str]]:
        key = tuple_(table.c.subject, table.c.day)
        for at in range(0, len(names), _AT_ONCE):
            query = select(table).where(key.in_(names[at : at + _AT_ONCE]))
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"a sum of day {row['day']}", self._session.where)
                yield (row["subject"], row["day"]), row["sums"]


def _added_up(found: Iterable[_Found]) -> _Sums:
    return _Added(result for one in found for result in (*one.results, *one.lists)).hours()


def note_removed(connection: Connection, what: str, before: datetime) -> None:
    """Keeps up to which moment something was removed, the latest of all times."""
    moment = moment_text(before)
    if not put_new(connection, REMOVED, {"what": what, "moment": moment}):
        # Compared by the database: somebody else may be removing more at this moment.
        earlier = REMOVED.c.what == what, REMOVED.c.moment < moment
        connection.execute(REMOVED.update().where(*earlier).values(moment=moment))


def note_all_removed(connection: Connection, what: str, before: datetime) -> None:
    """Forgets that up to an earlier moment only some was removed: now all of it is."""
    earlier = REMOVED.c.what == what, REMOVED.c.moment <= moment_text(before)
    connection.execute(REMOVED.delete().where(*earlier))


def _summed_to(connection: Connection, run_id: str) -> int | None:
    query = select(SUMMED_RUNS.c.up_to).where(SUMMED_RUNS.c.run_id == run_id)
    found: int | None = connection.execute(query).scalar()
    return found


def _lists_read(results: Sequence[ProbeResult]) -> list[ProbeResult]:
    """The model lists that were read without a word on them, or nothing could have been asked."""
    told = {(one.gateway, one.way) for one in results if not one.model}
    found: dict[tuple[str, str], ProbeResult] = {}
    for one in results:
        lane = one.gateway, one.way
        if lane not in found and one.outcome is not Outcome.SKIPPED and lane not in told:
            found[lane] = ProbeResult(
                one.at, one.gateway, "", CATALOG_PROBE, Outcome.PASSED, one.way
            )
    return list(found.values())


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
