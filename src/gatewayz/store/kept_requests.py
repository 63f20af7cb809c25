"""What the backend served, as it is kept: a row for each request."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gatewayz.core import Served
from gatewayz.core.codec import from_json, moment_text
from gatewayz.core.served import ServedRequest
from gatewayz.core.text import well_formed
from gatewayz.store.inserts import insert_values
from gatewayz.store.rows import check, finite, words_of
from gatewayz.store.session import Session
from gatewayz.store.tables import REQUESTS

# So many rows are held at once, of however many there are.
_AT_ONCE = 2000
# What stands in its row as it is in Served.
_NUMBERS = ("status", "attempts", "input_tokens", "output_tokens")
_AMOUNTS = ("cost_usd", "upstream_s", "first_byte_s", "total_s")
_WORDS = ("id", "client", "endpoint", "gateway", "model", "kind")
# All columns that are summed, in the order in which they are.
_SUMMED = (
    "attempts", "class", "client", "cost_usd", "endpoint", "first_byte_s", "gateway", "id",
    "input_tokens", "kind", "model", "output_tokens", "started_at", "status", "streamed", "total_s",
    "upstream_s",
)  # fmt: skip
_COLUMNS = (*_SUMMED, "checksum")
_FORM = words_of(_SUMMED)


class KeptRequests:
    """The requests in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, requests: Sequence[ServedRequest]) -> None:
        """More of them: all, or none when it raises. Many at once cost one wait for the disk."""
        rows = [_row_of(request) for request in requests]
        if not rows:
            return
        with self._session.writing() as connection:
            insert_values(connection, REQUESTS, _COLUMNS, rows)

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
                yield _read(row)

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
                found.append(_read(row))
            return tuple(found)


def _row_of(served: ServedRequest) -> tuple[Any, ...]:
    """What stands in each of `_COLUMNS`."""
    values: tuple[Any, ...] = (
        served.attempts,
        served.failure_class,
        served.client,
        finite(served.cost_usd),
        served.endpoint,
        finite(served.first_byte_s),
        served.gateway,
        served.id,
        served.input_tokens,
        served.kind,
        served.model,
        served.output_tokens,
        moment_text(served.started_at),
        served.status,
        int(served.streamed),
        finite(served.total_s),
        finite(served.upstream_s),
    )
    words = _FORM % values
    if not words.isascii() or "\x00" in words:  # seldom
        values = tuple([well_formed(one) if isinstance(one, str) else one for one in values])
        words = _FORM % values
    return (*values, zlib.crc32(words.encode("utf-8", "replace")))


def _read(row: Mapping[str, Any]) -> Served:
    return Served(
        started_at=from_json(datetime, row["started_at"]),
        streamed=bool(row["streamed"]),
        failure_class=row["class"],
        **{name: row[name] for name in (*_WORDS, *_NUMBERS, *_AMOUNTS)},
    )
