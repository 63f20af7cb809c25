"""What the backend served, as it is kept: a row for each request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from gatewayz.core import Served
from gatewayz.core.codec import moment_text
from gatewayz.core.served import ServedRequest
from gatewayz.store.inserts import insert
from gatewayz.store.rows import check, read_served, served_row
from gatewayz.store.session import Session
from gatewayz.store.tables import REQUESTS

# So many rows are held at once, of however many there are.
_AT_ONCE = 2000


class KeptRequests:
    """The requests in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, requests: Sequence[ServedRequest]) -> None:
        """More of them: all, or none when it raises. Many at once cost one wait for the disk."""
        rows = [served_row(request) for request in requests]
        if not rows:
            return
        with self._session.writing() as connection:
            insert(connection, REQUESTS, rows)

    def within(self, since: datetime, until: datetime) -> Iterator[Served]:
        """Those that came from `since` on and before `until`, in the order in which they ended."""
        times = (
            REQUESTS.c.started_at >= moment_text(since),
            REQUESTS.c.started_at < moment_text(until),
        )
        query = select(REQUESTS).where(*times).order_by(REQUESTS.c.number)
        with self._session.reading() as connection:
            found = connection.execution_options(yield_per=_AT_ONCE).execute(query)
            for row in map(dict, found.mappings()):
                check(row, f"request {row['number']}", self._session.where)
                yield read_served(row)

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
