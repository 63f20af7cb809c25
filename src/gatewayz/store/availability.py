"""Each model's availability as it is kept: a day's results by how they count, and in which minute.

What counts how is `measure.sla`'s to say, docs/sla.md in words; here it is only added up. Announced
maintenance is not in it: it is taken off when it is read, by the minute.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, select

from gatewayz.core import Way
from gatewayz.core.availability import Standing, Tally
from gatewayz.core.calendars import spans_of
from gatewayz.core.globs import is_meant_by
from gatewayz.core.objectives import Maintenance, Span
from gatewayz.core.text import well_formed
from gatewayz.measure.sla import is_meant
from gatewayz.measure.sla.streams import Counted
from gatewayz.store.availability_rows import (
    CODE_OF,
    flat_of,
    pieces,
    read_json,
    tally_of,
    write_json,
)
from gatewayz.store.availability_schema import AVAILABLE_DAYS, AVAILABLE_MINUTES
from gatewayz.store.inserts import put
from gatewayz.store.rows import Row, check, checksum

DAY_S, MINUTE_S = 86400, 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# One row of the table: a day since 1970, the way, the gateway.
Page = tuple[int, str, str]
# How many results of a model count how: (minute of the day, code), and (code).
_Minutes = Counter[tuple[int, int]]
_Totals = Counter[int]


@dataclass(slots=True)
class Counts:
    """A gateway's models in one day. Any two add up, in any order."""

    totals: defaultdict[str, _Totals] = field(default_factory=lambda: defaultdict(Counter))
    minutes: defaultdict[str, _Minutes] = field(default_factory=lambda: defaultdict(Counter))

    def put(self, model: str, minute: int, code: int, count: int = 1) -> None:
        """So many more results of a minute; below 0: fewer."""
        self.totals[model][code] += count
        self.minutes[model][minute, code] += count

    def put_whole(self, model: str, standing: Standing, count: int) -> None:
        """So many more results of the day, of which no minute is known."""
        self.totals[model][CODE_OF[standing]] += count

    def take_out(self, first: int, end: int) -> None:
        """Takes out what came in the minutes from `first` on and before `end`."""
        for model, minutes in self.minutes.items():
            for (minute, code), count in list(minutes.items()):
                if first <= minute < end:
                    self.put(model, minute, code, -count)

    def join(self, other: Counts) -> None:
        """All that another has."""
        for model, totals in other.totals.items():
            self.totals[model].update(totals)
        for model, minutes in other.minutes.items():
            self.minutes[model].update(minutes)


def counts_of(counted: Iterable[Counted], way: Way) -> dict[Page, Counts]:
    """Results by the rows that they belong into."""
    found: dict[Page, Counts] = {}
    for one in counted:
        day, seconds = divmod(int(one.at.timestamp()), DAY_S)
        page = day, way, well_formed(one.gateway)
        counts = found.get(page) or found.setdefault(page, Counts())
        counts.put(well_formed(one.model), seconds // MINUTE_S, CODE_OF[one.standing])
    return found


def add_counts(connection: Connection, shown: str, added: Mapping[Page, Counts]) -> None:
    """Adds to the rows; the caller's transaction makes it all or nothing."""
    for page, counts in added.items():
        known = _read(connection, shown, page)
        known.join(counts)
        _write(connection, page, known)


def replace_counts(
    connection: Connection, shown: str, way: Way, gateway: str, span: Span, counts: Mapping[Page, Counts]
) -> None:  # fmt: skip
    """Puts these in place of all that a gateway's rows have of a span of whole minutes."""
    for day, first, end in _days_of(span):
        page = day, way, well_formed(gateway)
        known = _read(connection, shown, page)
        known.take_out(first, end)
        known.join(counts.get(page, Counts()))
        _write(connection, page, known)


def forget_minutes(connection: Connection, before: int) -> None:
    """Keeps the days before one (since 1970) as wholes."""
    connection.execute(AVAILABLE_MINUTES.delete().where(AVAILABLE_MINUTES.c.day < before))


def read_tallies(
    connection: Connection, shown: str, days: range, way: Way, maintenance: Sequence[Maintenance]
) -> Iterator[tuple[int, str, Mapping[str, Tally]]]:
    """Every row of some days: the day, the gateway, and its models' tallies; not to be changed."""
    table = AVAILABLE_DAYS
    meant = table.c.day.between(days.start, days.stop - 1), table.c.way == way
    query = select(table).where(*meant).order_by(table.c.gateway, table.c.day)
    for row in map(dict, connection.execute(query).mappings()):
        check(row, f"the days of {row['gateway']}", shown)
        day, gateway = row["day"], row["gateway"]
        planned = tuple(one for one in maintenance if _may_mean(one, gateway, day))
        if not planned:
            yield day, gateway, _tallies(row["models"])
            continue
        minutes = kept_models(connection, AVAILABLE_MINUTES, shown, (day, way, gateway))
        yield day, gateway, _tallies_without(row["models"], minutes, gateway, day, planned)


def _may_mean(one: Maintenance, gateway: str, day: int) -> bool:
    """Whether an announced time meets a day, and may be one of a model of the gateway."""
    globs = (glob.partition("/")[0] for glob in one.targets)
    # A star reaches over the slash.
    may_be = any("*" in glob or is_meant_by(glob, gateway) for glob in globs)
    return may_be and bool(times_on(one, day))


@lru_cache(maxsize=2048)  # all gateways have the same days
def times_on(one: Maintenance, day: int) -> tuple[Span, ...]:
    """The announced times that meet a day since 1970."""
    span = span_of_day(day)
    return spans_of(one, span.start, span.end)


def span_of_day(day: int) -> Span:
    """A day since 1970, in UTC."""
    start = _EPOCH + timedelta(days=day)
    return Span(start, start + timedelta(days=1))


@lru_cache(maxsize=2048)
def _tallies_without(
    totals: str, minutes: str, gateway: str, day: int, planned: tuple[Maintenance, ...]
) -> Mapping[str, Tally]:
    """A row's tallies, what lies in announced times left out and counted as that."""
    span, by_minute = span_of_day(day), read_json(minutes)
    spans = [(one, times_on(one, day)) for one in planned]
    found: dict[str, Tally] = {}
    for model, flat in read_json(totals).items():
        meant = [
            one for plan, ones in spans if is_meant(plan.targets, gateway, model) for one in ones
        ]
        found[model] = _without(flat, by_minute.get(model, []), [minutes_of(one, span) for one in meant])  # fmt: skip
    return found


def minutes_of(span: Span, day: Span) -> tuple[int, int]:
    """From which minute of a day on a time is, and before which; it may reach over both ends."""
    first, end = (
        int((one - day.start).total_seconds()) // MINUTE_S for one in (span.start, span.end)
    )
    return first, end


def _without(flat: list[int], by_minute: list[int], times: Sequence[tuple[int, int]]) -> Tally:
    totals = dict(zip(flat[::2], flat[1::2], strict=True))
    announced = CODE_OF[Standing.MAINTENANCE]
    for minute, code, count in pieces(3, by_minute):
        if any(first <= minute < end for first, end in times):
            totals[code] -= count
            totals[announced] = totals.get(announced, 0) + count
    return tally_of(tuple(flat_of(totals)))


def _days_of(span: Span) -> Iterator[tuple[int, int, int]]:
    """The days that a span meets, with the minutes of each from which on and before which it is."""
    first, end = (int(one.timestamp()) // MINUTE_S for one in (span.start, span.end))
    a_day = DAY_S // MINUTE_S
    for day in range(first // a_day, -(-end // a_day)):
        yield day, max(first - day * a_day, 0), min(end - day * a_day, a_day)


def _read(connection: Connection, shown: str, page: Page) -> Counts:
    days, minutes = (
        read_json(kept_models(connection, table, shown, page))
        for table in (AVAILABLE_DAYS, AVAILABLE_MINUTES)
    )
    counts = Counts()
    for name, flat in days.items():
        counts.totals[name].update(dict(pieces(2, flat)))
    for name, flat in minutes.items():
        counts.minutes[name].update({(at, code): count for at, code, count in pieces(3, flat)})
    return counts


def _same(table: Table, page: Page) -> tuple[Any, ...]:
    day, way, gateway = page
    return table.c.day == day, table.c.way == way, table.c.gateway == gateway


def kept_models(connection: Connection, table: Table, shown: str, page: Page) -> str:
    """The models of a row, as they are kept; none where there is no row."""
    row = connection.execute(select(table).where(*_same(table, page))).mappings().first()
    if row is None:
        return "{}"
    check(dict(row), f"the days of {page[2]}", shown)
    return str(row["models"])


def _write(connection: Connection, page: Page, counts: Counts) -> None:
    minutes = {name: _flat_minutes(one) for name, one in sorted(counts.minutes.items())}
    totals = {name: flat_of(one) for name, one in sorted(counts.totals.items())}
    for table, models in ((AVAILABLE_DAYS, totals), (AVAILABLE_MINUTES, minutes)):
        kept = write_json({name: flat for name, flat in models.items() if flat})
        row: Row = {"day": page[0], "way": page[1], "gateway": page[2], "models": kept}
        put(connection, table, {**row, "checksum": checksum(row)})


def _flat_minutes(minutes: _Minutes) -> list[int]:
    return [n for (at, code), count in sorted(minutes.items()) if count for n in (at, code, count)]


@lru_cache(maxsize=2048)  # a page of 90 days asks again for all days that are over
def _tallies(totals: str) -> Mapping[str, Tally]:
    return {model: tally_of(tuple(flat)) for model, flat in read_json(totals).items()}
