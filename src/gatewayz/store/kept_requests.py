"""What the backend served, as it is kept: a row for each request."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from gatewayz.core import Served
from gatewayz.core.served import ServedRequest
from gatewayz.store.inserts import insert
from gatewayz.store.rows import check, read_served, served_row
from gatewayz.store.session import Session
from gatewayz.store.tables import REQUESTS


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
