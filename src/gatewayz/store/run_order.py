"""The order of runs: that in which they were begun, wherever that was.

Runs that are begun here stand in the order of their beginnings, also where the clock is put back between
two of them. One that an import brings stands where its moment belongs. Runs of one moment stand by their
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, cast, literal, select, text
from sqlalchemy import tuple_ as together

from gatewayz.store.rows import Row
from gatewayz.store.tables import RUNS

OLDEST_FIRST = (RUNS.c.ordered_at, RUNS.c.number)
NEWEST_FIRST = (RUNS.c.ordered_at.desc(), RUNS.c.number.desc())

# Numbers may be negative. With this added each has 16 digits, so that as text they sort as numbers do.
_DIGITS, _ADDED = 16, 5 * 10**15
# Both parts of the order as one text, for what only takes one value, such as a maximum.
AS_TEXT: ColumnElement[str] = RUNS.c.ordered_at + cast(
    cast(RUNS.c.number, BigInteger) + literal(_ADDED, BigInteger), Text
)


def number_in(as_text: str) -> int:
    """The number of the run whose place in the order a text is."""
    return int(as_text[-_DIGITS:]) - _ADDED


def comes_before(connection: Connection, run_id: str) -> ColumnElement[bool]:
    """The condition that picks the runs before one that is kept."""
    own = connection.execute(select(*OLDEST_FIRST).where(RUNS.c.id == run_id)).one()
    return together(*OLDEST_FIRST) < together(*own)


def add_run(connection: Connection, row: Row) -> None:
    """Puts in the row of a run that is the newest one."""
    connection.execute(RUNS.insert(), {**row, "ordered_at": newest_place(connection, row)})


def newest_place(connection: Connection, row: Row) -> str:
    """Where a run stands that comes after all others, whatever the clock said when it was begun."""
    return max(str(row["started_at"]), latest_place(connection))


def latest_place(connection: Connection) -> str:
    """Where the newest run stands, as a moment: its own, or of one before it that the clock had later.

    "" where there is none.
    """
    latest = connection.execute(select(RUNS.c.ordered_at).order_by(*NEWEST_FIRST).limit(1)).scalar()
    return latest or ""


def runs_in_order(connection: Connection) -> None:
    """18: where each run stands among the others.

    Until now imported runs that were older than the newest one had numbers below 1, in most stores.
    """
    connection.execute(text("ALTER TABLE runs ADD COLUMN ordered_at TEXT NOT NULL DEFAULT ''"))
    connection.execute(text("UPDATE runs SET ordered_at = started_at"))
    begun_here = text("SELECT number, started_at FROM runs WHERE number > 0 ORDER BY number")
    late = [{"number": n, "place": p} for n, p in _put_back(connection.execute(begun_here).all())]
    if late:
        connection.execute(text("UPDATE runs SET ordered_at = :place WHERE number = :number"), late)
    connection.execute(text("CREATE INDEX runs_in_order ON runs (ordered_at, number)"))


def _put_back(runs: Sequence[Any]) -> list[tuple[int, str]]:
    """Those that were begun by a clock that was put back, each with the place it has all the same."""
    found, latest = [], ""
    for number, started_at in runs:
        if started_at < latest:
            found.append((number, latest))
        latest = max(latest, started_at)
    return found
