"""Availability step by step: the same counts as by the day, cut where a page or a programme wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from gatewayz.core import Way
from gatewayz.core.availability import Standing, Tally
from gatewayz.core.globs import is_meant_by
from gatewayz.core.objectives import Maintenance
from gatewayz.measure.sla import is_meant
from gatewayz.store.availability import (
    DAY_S,
    MINUTE_S,
    minutes_of,
    read_tallies,
    span_of_day,
    times_on,
)
from gatewayz.store.availability_rows import CODE_OF, flat_of, pieces, read_json, tally_of
from gatewayz.store.availability_schema import AVAILABLE_MINUTES
from gatewayz.store.rows import check

_MINUTES_OF_DAY = DAY_S // MINUTE_S
# A minute since 1970, a code, and how many.
_Count = tuple[int, int, int]


def tallies_of_steps(
    connection: Connection, shown: str, names: tuple[str, str], steps: range, way: Way,
    maintenance: Sequence[Maintenance],
) -> tuple[Tally, ...]:  # fmt: skip
    """One tally for each step over the models that two globs mean, case aside.

    `steps` are the steps' starts in seconds since 1970. Days of which the minutes are gone, or were
    never known, have nothing in steps of hours.
    """
    totals: list[Counter[int]] = [Counter() for _ in steps]
    days = range(steps.start // DAY_S, -(-steps.stop // DAY_S))
    by_day = steps.step % DAY_S == 0 and steps.start % DAY_S == 0
    found = _of_days if by_day else _of_minutes
    for minute, code, count in found(connection, shown, names, days, way, maintenance):
        moment = minute * MINUTE_S
        if steps.start <= moment < steps.stop:
            totals[(moment - steps.start) // steps.step][code] += count
    return tuple(tally_of(tuple(flat_of(one))) for one in totals)


def _of_days(
    connection: Connection, shown: str, names: tuple[str, str], days: range, way: Way,
    maintenance: Sequence[Maintenance],
) -> Iterator[_Count]:  # fmt: skip
    gateway_glob, model_glob = names
    for day, gateway, models in read_tallies(connection, shown, days, way, maintenance):
        if _fits(gateway, gateway_glob):
            for model, tally in models.items():
                if _fits(model, model_glob):
                    yield from _coded(day * _MINUTES_OF_DAY, tally)


def _coded(minute: int, tally: Tally) -> Iterator[_Count]:
    counts: Mapping[Standing, int]
    counts = {Standing.GOOD: tally.good, Standing.BAD: tally.bad, **tally.excluded}
    for standing, count in counts.items():
        yield minute, CODE_OF[standing], count


def _of_minutes(
    connection: Connection, shown: str, names: tuple[str, str], days: range, way: Way,
    maintenance: Sequence[Maintenance],
) -> Iterator[_Count]:  # fmt: skip
    gateway_glob, model_glob = names
    table = AVAILABLE_MINUTES
    query = select(table).where(table.c.day.between(days.start, days.stop - 1), table.c.way == way)
    announced = CODE_OF[Standing.MAINTENANCE]
    for row in map(dict, connection.execute(query).mappings()):
        gateway, day = row["gateway"], row["day"]
        if not _fits(gateway, gateway_glob):
            continue
        check(row, f"the days of {gateway}", shown)
        for model, flat in read_json(row["models"]).items():
            if _fits(model, model_glob):
                times = _times(maintenance, gateway, model, day)
                for minute, code, count in pieces(3, flat):
                    left_out = any(first <= minute < end for first, end in times)
                    yield day * _MINUTES_OF_DAY + minute, announced if left_out else code, count


def _times(
    maintenance: Sequence[Maintenance], gateway: str, model: str, day: int
) -> list[tuple[int, int]]:
    """The minutes of a day that count for nothing, for one model."""
    meant = [one for one in maintenance if is_meant(one.targets, gateway, model)]
    return [minutes_of(span, span_of_day(day)) for one in meant for span in times_on(one, day)]


def _fits(name: str, glob: str) -> bool:
    return glob == "*" or is_meant_by(glob, name)
