"""Rows put into tables: many at once for little more than the database's own work, or in place of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

# Rows of one statement. SQLite's driver lets go of the interpreter for each statement, and gets it back
# late where other threads are busy: row by row, a server at work writes a few hundred a second. Old
# SQLites take 999 values at once.
_AT_ONCE = (50, 7, 1)
_values = methodcaller("values")


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, all of which have the same columns in the same order."""
    if rows:
        insert_values(connection, table, tuple(rows[0]), [*map(_values, rows)])


def insert_values(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Iterable[Any]]
) -> None:
    """Adds rows, of which each has the values of these columns."""
    at = 0
    for size in _AT_ONCE:
        while len(rows) - at >= size:
            values = tuple(chain.from_iterable(rows[at : at + size]))
            statement = _statement(connection.dialect, table.name, columns, size)
            connection.exec_driver_sql(statement, values)
            at += size


def put(connection: Connection, table: Table, *rows: Mapping[str, Any]) -> None:
    """Each row in place of the one of its key, if there is one; all have the same columns.

    Not by a removal first: on PostgreSQL two that put the same row at once would both find none to remove.
    """
    if not rows:
        return
    into = _into(connection, table)
    key = list(table.primary_key.columns.keys())
    rest = {name: into.excluded[name] for name in rows[0] if name not in key}
    connection.execute(into.on_conflict_do_update(index_elements=key, set_=rest), list(rows))


def put_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """A row, unless there is one of its key, by now or from somebody at this moment; whether it was new."""
    key = list(table.primary_key.columns.keys())
    into = _into(connection, table).on_conflict_do_nothing(index_elements=key)
    done = connection.execute(into, row, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1


def _into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    # Each is loaded with its database; the other one would be for nothing.
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


@lru_cache
def _statement(dialect: Dialect, table: str, columns: tuple[str, ...], rows: int) -> str:
    """For the driver itself: SQLAlchemy would look at each value, and all are as it wants them."""
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    quote = dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    row = f"({', '.join([mark] * len(columns))})"
    into = f"INSERT INTO {quote(table)} ({names})"
    return f"{into} VALUES {', '.join([row] * rows)}"
