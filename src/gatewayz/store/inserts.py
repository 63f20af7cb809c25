"""Many rows of a table at once, and what they cost: little more than the database's own work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import methodcaller
from typing import Any

from sqlalchemy import Connection, Dialect, Table

# Rows of one statement. SQLite's driver lets go of the interpreter for each statement, and gets it back
# late where other threads are busy: row by row, a server at work writes a few hundred a second. Old
# SQLites take 999 values at once.
_AT_ONCE = (50, 7, 1)
_values = methodcaller("values")


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, all of which have the same columns in the same order."""
    at = 0
    for size in _AT_ONCE:
        while len(rows) - at >= size:
            values = tuple(chain.from_iterable(map(_values, rows[at : at + size])))
            statement = _statement(connection.dialect, table.name, tuple(rows[at]), size)
            connection.exec_driver_sql(statement, values)
            at += size


@lru_cache
def _statement(dialect: Dialect, table: str, columns: tuple[str, ...], rows: int) -> str:
    """For the driver itself: SQLAlchemy would look at each value, and all are as it wants them."""
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    quote = dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    row = f"({', '.join([mark] * len(columns))})"
    into = f"INSERT INTO {quote(table)} ({names})"
    return f"{into} VALUES {', '.join([row] * rows)}"
