"""What stays of verdicts when they are removed: sums by the hour and by the day, read for pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select

from gatewayz.core import CATALOG_PROBE, Way
from gatewayz.core.availability import Tally
from gatewayz.core.codec import from_json
from gatewayz.core.globs import is_meant_by
from gatewayz.core.objectives import Maintenance, Source
from gatewayz.core.summed import Step, Uptime
from gatewayz.store.availability import read_tallies
from gatewayz.store.availability_time import tallies_of_steps
from gatewayz.store.rows import check
from gatewayz.store.session import Session
from gatewayz.store.summary_schema import DAYS, HOURS, PASSES, REMOVED, SUBJECTS
from gatewayz.store.summing import Summing
from gatewayz.store.sums import Sum, read_day, read_hours

HOUR_S, DAY_S = 3600, 86400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 500


class KeptSummaries(Summing):
    """The sums in a store: what a page of months asks, without looking at one verdict.

    Counts are exact; quantiles are within 0.5 % of themselves. Days are days in UTC.
    """

    def timeline(
        self,
        gateway: str = "*",
        model: str = "*",
        *,
        since: datetime,
        until: datetime,
        step_s: int = HOUR_S,
        way: Way | None = "direct",
        probe: str | None = None,
    ) -> tuple[Step, ...]:
        """All steps of a time, the empty ones too, over the models that two globs mean, case aside.

        `step_s` is a multiple of an hour; whole days are read faster. The time is widened to whole
        hours (days). Without `probe` all probes count together, and of model lists only the failures are
        named; with "catalogue" and no model the lists count. `way` None takes both ways together.
        Raises: ValueError for another step.
        """
        if step_s <= 0 or step_s % HOUR_S:
            raise ValueError(f"a step is a multiple of {HOUR_S} seconds, not {step_s}")
        unit = HOUR_S if step_s % DAY_S else DAY_S
        first, end = _whole(since, until, unit)
        sums, lists = ([Sum() for _ in range(first, end, step_s)] for _ in range(2))
        with self._session.reading() as connection:
            subjects = _subjects(connection, gateway, model, way, probe)
            for at, kept in _kept(connection, subjects, first, end, unit, self._session):
                sums[(at - first) // step_s].add_kept(kept)
            if probe is None:
                subjects = _subjects(connection, gateway, "*", way, CATALOG_PROBE)
                for at, kept in _kept(connection, subjects, first, end, unit, self._session):
                    lists[(at - first) // step_s].add_kept(kept)
        starts = range(first, end, step_s)
        return tuple(
            _with_lists(one.step(_moment(start), step_s), of_list.step(_moment(start), step_s))
            for one, of_list, start in zip(sums, lists, starts, strict=True)
        )

    def availability(
        self,
        gateway: str = "*",
        model: str = "*",
        *,
        since: datetime,
        until: datetime,
        step_s: int = HOUR_S,
        way: Way = "direct",
        maintenance: Sequence[Maintenance] = (),
    ) -> tuple[Tally, ...]:
        """How the same steps as `timeline`'s count, as docs/sla.md says and `uptime` does."""
        first, end = _whole(since, until, HOUR_S if step_s % DAY_S else DAY_S)
        names, steps = (gateway, model), range(first, end, step_s)
        with self._session.reading() as connection:
            where = self._session.where
            return tallies_of_steps(connection, where, names, steps, way, maintenance)

    def total(
        self,
        gateway: str = "*",
        model: str = "*",
        *,
        since: datetime,
        until: datetime,
        way: Way | None = "direct",
        probe: str | None = None,
    ) -> Step:
        """All of a time, widened to whole hours, as one step."""
        first, end = _whole(since, until, HOUR_S)
        whole = Sum()
        with self._session.reading() as connection:
            subjects = _subjects(connection, gateway, model, way, probe)
            for low, high, unit in _parts(first, end):
                for _, kept in _kept(connection, subjects, low, high, unit, self._session):
                    whole.add_kept(kept)
        return whole.step(_moment(first), end - first)

    def uptime(
        self,
        *,
        until: date | None = None,
        days: int = 90,
        way: Way = "direct",
        maintenance: Sequence[Maintenance] = (),
    ) -> Uptime:
        """So many days of every model of every gateway, up to one in UTC (today).

        They count as docs/sla.md says; what lies in `maintenance` is left out, to the minute.
        """
        last = (until or datetime.now(UTC).date()).toordinal() - _EPOCH.toordinal()
        asked = range(last - days + 1, last + 1)
        found: dict[tuple[str, str], list[Tally | None]] = {}
        with self._session.reading() as connection:
            where = self._session.where
            for day, gateway, models in read_tallies(connection, where, asked, way, maintenance):
                for model, tally in models.items():
                    line = found.get((gateway, model))
                    if line is None:
                        line = found[gateway, model] = [None] * days
                    line[day - asked.start] = tally
        return Uptime(
            days=tuple(_moment(day * DAY_S).date() for day in asked),
            models={name: tuple(line) for name, line in sorted(found.items())},
        )

    def models(self) -> tuple[tuple[str, str], ...]:
        """Every gateway and model that was ever summed, in order."""
        query = select(SUBJECTS.c.gateway, SUBJECTS.c.model).where(SUBJECTS.c.level == "gm")
        with self._session.reading() as connection:
            return tuple(sorted({(gateway, model) for gateway, model in connection.execute(query)}))

    def probes(self, gateway: str, model: str) -> tuple[str, ...]:
        """The probes that were ever put to a model, in order."""
        of_model = SUBJECTS.c.gateway == gateway, SUBJECTS.c.model == model
        query = select(SUBJECTS.c.probe).where(SUBJECTS.c.level == "gmp", *of_model).distinct()
        with self._session.reading() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def raw_since(self) -> datetime | None:
        """The moment from which on verdicts are all there; None when none was ever removed."""
        return self._removed("raw")

    def hours_since(self) -> datetime | None:
        """The moment from which on there are sums by the hour; None when none was ever removed."""
        return self._removed("hours")

    def requests_since(self) -> datetime | None:
        """The moment from which on records of requests are all there; None when none was ever removed."""
        return self._removed("requests")

    def shares_since(self, source: Source) -> datetime | None:
        """The moment before which only failures were left, and what ended them; None where nothing was picked."""
        return self._removed(PASSES[source])

    def _removed(self, what: str) -> datetime | None:
        query = select(REMOVED.c.moment).where(REMOVED.c.what == what)
        with self._session.reading() as connection:
            found = connection.execute(query).scalar()
        return from_json(datetime, found) if found is not None else None


def _with_lists(step: Step, lists: Step) -> Step:
    """A step with the failures of model lists, which are named as theirs."""
    if not lists.failures:
        return step
    named = (replace(one, of_list=True) for one in lists.failures)
    return replace(step, failures=(*step.failures, *named))


def _whole(since: datetime, until: datetime, unit: int) -> tuple[int, int]:
    """A time as seconds since 1970, widened to whole units."""
    first, end = since.timestamp(), until.timestamp()
    return int(first // unit) * unit, -int(-end // unit) * unit


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def _parts(first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """A time as hours up to midnight, whole days, and hours after the last of them."""
    low, high = -(-first // DAY_S) * DAY_S, end // DAY_S * DAY_S
    if low >= high:
        yield first, end, HOUR_S
        return
    for part in ((first, low, HOUR_S), (low, high, DAY_S), (high, end, HOUR_S)):
        if part[0] < part[1]:
            yield part


def _subjects(
    connection: Connection, gateway: str, model: str, way: str | None, probe: str | None
) -> list[int]:
    """Whose sums say what is asked, with the fewest of them."""
    names = "gm" if model != "*" else "" if gateway == "*" else "g"
    query = select(SUBJECTS).where(SUBJECTS.c.level == names + ("" if probe is None else "p"))
    for column, wanted in ((SUBJECTS.c.way, way), (SUBJECTS.c.probe, probe)):
        if wanted is not None:
            query = query.where(column == wanted)
    return [
        row.number
        for row in connection.execute(query)
        if is_meant_by(gateway, row.gateway) and is_meant_by(model, row.model)
    ]


def _kept(
    connection: Connection,
    subjects: Sequence[int],
    first: int,
    end: int,
    unit: int,
    session: Session,
) -> Iterator[tuple[int, Any]]:
    """Each sum of a time with its start, from a table of hours or of days."""
    table = DAYS if unit == DAY_S else HOURS
    for row in _rows(connection, table, subjects, first // DAY_S, (end - 1) // DAY_S):
        check(row, f"a sum of day {row['day']}", session.where)
        start = row["day"] * DAY_S
        if unit == DAY_S:
            yield start, read_day(row["sums"])
            continue
        for hour, kept in read_hours(row["sums"]).items():
            at = start + int(hour) * HOUR_S
            if first <= at < end:
                yield at, kept


def _rows(
    connection: Connection, table: Table, subjects: Sequence[int], first: int, last: int
) -> Iterable[dict[str, Any]]:
    for at in range(0, len(subjects), _AT_ONCE):
        some = table.c.subject.in_(subjects[at : at + _AT_ONCE])
        query = select(table).where(some, table.c.day.between(first, last))
        yield from map(dict, connection.execute(query).mappings())
