"""What the backend served, as it is kept: a row for each request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Dialect, select

from gatewayz.core import Served
from gatewayz.store.rows import check, read_served, served_row
from gatewayz.store.session import Session
from gatewayz.store.tables import REQUESTS

# Rows of one statement. SQLite's driver lets go of the interpreter for each statement, and gets it back
# late where other threads are busy: row by row, a server at work writes a few hundred a second. Old
# SQLites take 999 values at once.
_AT_ONCE = (50, 7, 1)


@lru_cache
def _insert(dialect: Dialect, columns: tuple[str, ...], rows: int) -> str:
    """For the driver itself: SQLAlchemy would look at each value, and all are as it wants them."""
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    quote = dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    row = f"({', '.join([mark] * len(columns))})"
    into = f"INSERT INTO {quote(REQUESTS.name)} ({names})"
    return f"{into} VALUES {', '.join([row] * rows)}"


class KeptRequests:
    """The requests in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, requests: Sequence[Served]) -> None:
        """More of them: all, or none when it raises. Many at once cost one wait for the disk."""
        rows = [served_row(request) for request in requests]
        if not rows:
            return
        with self._session.writing() as connection:
            at = 0
            for size in _AT_ONCE:
                insert = _insert(connection.dialect, tuple(rows[0]), size)
                while len(rows) - at >= size:
                    values = [value for row in rows[at : at + size] for value in row.values()]
                    connection.exec_driver_sql(insert, tuple(values))
                    at += size

    def latest(
        self,
        limit: int = 100,
        *,
        gateway: str | None = None,
        client: str | None = None,
        failed: bool = False,
    ) -> tuple[Served, ...]:
        """The latest ones, the newest first: of a gateway, of a key's name, those that failed.

        An answer that broke off has failed, whatever its status.
        """
        query = select(REQUESTS).order_by(REQUESTS.c.number.desc()).limit(limit)
        for column, wanted in ((REQUESTS.c.gateway, gateway), (REQUESTS.c.client, client)):
            if wanted is not None:
                query = query.where(column == wanted)
        if failed:
            query = query.where((REQUESTS.c.status >= 400) | (REQUESTS.c.kind != ""))
        with self._session.reading() as connection:
            found = []
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"request {row['number']}", self._session.where)
                found.append(read_served(row))
            return tuple(found)
