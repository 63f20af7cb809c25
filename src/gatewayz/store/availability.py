"""Each model's availability as it is kept: a day's results by how they count, and in which minute.

What counts how is `measure.sla`'s to say, docs/sla.md in words; here it is only added up. Announced
maintenance is not in it: it is taken off when it is read, by the minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Table, select

from gatewayz.core import Way
from gatewayz.core.availability import Standing, Tally
from gatewayz.core.calendars import spans_of
from gatewayz.core.objectives import Maintenance, Span
from gatewayz.core.text import well_formed
from gatewayz.measure.sla import announced
from gatewayz.measure.sla.streams import Counted
from gatewayz.store.availability_schema import AVAILABLE_DAYS, AVAILABLE_MINUTES
from gatewayz.store.rows import Row, check, checksum

DAY_S, MINUTE_S = 86400, 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# How a standing is written; the places are for ever, and new ones come behind.
_CODES = (
    Standing.GOOD,
    Standing.BAD,
    Standing.MAINTENANCE,
    Standing.NO_KEY,
    Standing.KEY,
    Standing.BILLING,
    Standing.RATE_LIMIT,
    Standing.PROBE,
    Standing.NETWORK,
    Standing.BACKEND,
    Standing.GATEWAY,
    Standing.MODEL,
    Standing.FEATURE,
    Standing.NOT_ANSWERED,
    Standing.NOT_MEASURED,
    Standing.UNKNOWN,
    Standing.SKIPPED,
)
_CODE_OF = {standing: code for code, standing in enumerate(_CODES)}

# One row of the table: a day since 1970, the way, the gateway.
Page = tuple[int, str, str]
# How many results of a model count how: (minute of the day, code), and (code).
_Minutes = Counter[tuple[int, int]]
_Totals = Counter[int]


@dataclass(slots=True)
class Counts:
    """A gateway's models in one day. Any two add up, in any order."""

    totals: dict[str, _Totals] = field(default_factory=dict)
    minutes: dict[str, _Minutes] = field(default_factory=dict)

    def put(self, model: str, minute: int, code: int, count: int = 1) -> None:
        """So many more results of a minute; below 0: fewer."""
        self.totals.setdefault(model, Counter())[code] += count
        self.minutes.setdefault(model, Counter())[minute, code] += count

    def put_whole(self, model: str, standing: Standing, count: int) -> None:
        """So many more results of the day, of which no minute is known."""
        self.totals.setdefault(model, Counter())[_CODE_OF[standing]] += count

    def take_out(self, first: int, end: int) -> None:
        """Takes out what came in the minutes from `first` on and before `end`."""
        for model, minutes in self.minutes.items():
            for (minute, code), count in list(minutes.items()):
                if first <= minute < end:
                    self.put(model, minute, code, -count)

    def join(self, other: Counts) -> None:
        """All that another has."""
        for model, totals in other.totals.items():
            self.totals.setdefault(model, Counter()).update(totals)
        for model, minutes in other.minutes.items():
            self.minutes.setdefault(model, Counter()).update(minutes)


def counts_of(counted: Iterable[Counted], way: Way) -> dict[Page, Counts]:
    """Results by the rows that they belong into."""
    found: dict[Page, Counts] = {}
    for one in counted:
        day, seconds = divmod(int(one.at.timestamp()), DAY_S)
        page = day, way, well_formed(one.gateway)
        counts = found.get(page) or found.setdefault(page, Counts())
        counts.put(well_formed(one.model), seconds // MINUTE_S, _CODE_OF[one.standing])
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
        day, gateway, told = row["day"], row["gateway"], _tallies(row["models"])
        planned = [one for one in maintenance if _may_mean(one, gateway, day)]
        if planned:
            counts = _read(connection, shown, (day, way, gateway))
            told = {model: _without(counts, model, gateway, day, planned) for model in told}
        yield day, gateway, told


def _may_mean(one: Maintenance, gateway: str, day: int) -> bool:
    """Whether an announced time meets a day, and may be one of a model of the gateway."""
    span = span_of_day(day)
    globs = (glob.lower().partition("/")[0] for glob in one.targets)
    # A star reaches over the slash.
    is_meant = any("*" in glob or fnmatchcase(gateway.lower(), glob) for glob in globs)
    return is_meant and bool(spans_of(one, span.start, span.end))


def span_of_day(day: int) -> Span:
    """A day since 1970, in UTC."""
    start = _EPOCH + timedelta(days=day)
    return Span(start, start + timedelta(days=1))


def _without(
    counts: Counts, model: str, gateway: str, day: int, maintenance: Sequence[Maintenance]
) -> Tally:
    """A model's day, what lies in announced times left out and counted as that."""
    totals = Counter(counts.totals[model])
    span = span_of_day(day)
    times = announced(maintenance, gateway, model, span)
    for (minute, code), count in counts.minutes.get(model, {}).items():
        if times.spans and times.holds(span.start + timedelta(minutes=minute)):
            totals[code] -= count
            totals[_CODE_OF[Standing.MAINTENANCE]] += count
    return _tally(tuple(_flat(totals)))


def _days_of(span: Span) -> Iterator[tuple[int, int, int]]:
    """The days that a span meets, with the minutes of each from which on and before which it is."""
    first, end = (int(one.timestamp()) // MINUTE_S for one in (span.start, span.end))
    a_day = DAY_S // MINUTE_S
    for day in range(first // a_day, -(-end // a_day)):
        yield day, max(first - day * a_day, 0), min(end - day * a_day, a_day)


def _read(connection: Connection, shown: str, page: Page) -> Counts:
    days, minutes = (
        _models(connection, table, shown, page) for table in (AVAILABLE_DAYS, AVAILABLE_MINUTES)
    )
    return Counts(
        totals={name: Counter(dict(_in(2, flat))) for name, flat in days.items()},
        minutes={
            name: Counter({(minute, code): count for minute, code, count in _in(3, flat)})
            for name, flat in minutes.items()
        },
    )


def _in(size: int, flat: list[int]) -> Iterator[Any]:
    """A flat list in pieces."""
    return zip(*[iter(flat)] * size, strict=True)


def _same(table: Table, page: Page) -> tuple[Any, ...]:
    day, way, gateway = page
    return table.c.day == day, table.c.way == way, table.c.gateway == gateway


def _models(connection: Connection, table: Table, shown: str, page: Page) -> dict[str, list[int]]:
    row = connection.execute(select(table).where(*_same(table, page))).mappings().first()
    if row is None:
        return {}
    check(dict(row), f"the days of {page[2]}", shown)
    return _read_json(row["models"])


def _write(connection: Connection, page: Page, counts: Counts) -> None:
    minutes = {name: _flat_minutes(one) for name, one in sorted(counts.minutes.items())}
    totals = {name: _flat(one) for name, one in sorted(counts.totals.items())}
    for table, models in ((AVAILABLE_DAYS, totals), (AVAILABLE_MINUTES, minutes)):
        kept = _write_json({name: flat for name, flat in models.items() if flat})
        row: Row = {"day": page[0], "way": page[1], "gateway": page[2], "models": kept}
        connection.execute(table.delete().where(*_same(table, page)))
        connection.execute(table.insert(), {**row, "checksum": checksum(row)})


def _flat_minutes(minutes: _Minutes) -> list[int]:
    return [n for (at, code), count in sorted(minutes.items()) if count for n in (at, code, count)]


def _flat(totals: Mapping[int, int]) -> list[int]:
    return [n for code, count in sorted(totals.items()) if count for n in (code, count)]


@lru_cache(maxsize=2048)  # a page of 90 days asks again for all days that are over
def _tallies(totals: str) -> Mapping[str, Tally]:
    return {model: _tally(tuple(flat)) for model, flat in _read_json(totals).items()}


@lru_cache(maxsize=4096)  # most days are alike
def _tally(flat: tuple[int, ...]) -> Tally:
    counts = dict(zip(flat[::2], flat[1::2], strict=True))
    good, bad = counts.pop(0, 0), counts.pop(1, 0)
    return Tally(good=good, bad=bad, excluded={_CODES[code]: n for code, n in counts.items()})


def _read_json(kept: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = _json()[0](kept)
    return found


def _write_json(value: dict[str, list[int]]) -> str:
    return str(_json()[1](value).decode())


@cache
def _json() -> Any:
    """A reader, which raises ValueErrors, and a writer; imported with the first row."""
    from msgspec.json import Decoder, Encoder

    return Decoder(dict[str, list[int]]).decode, Encoder().encode
