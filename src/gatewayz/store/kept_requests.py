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
from gatewayz.store.inserts import insert
from gatewayz.store.rows import Row, check, finite, summed_words
from gatewayz.store.session import Session
from gatewayz.store.tables import REQUESTS

# So many rows are held at once, of however many there are.
_AT_ONCE = 2000
# What stands in its row as it is in Served.
_NUMBERS = ("status", "attempts", "input_tokens", "output_tokens")
_AMOUNTS = ("cost_usd", "upstream_s", "first_byte_s", "total_s")
_WORDS = ("id", "client", "endpoint", "gateway", "model", "kind")
_FORM, _values_of = summed_words(("started_at", "streamed", "class", *_WORDS, *_NUMBERS, *_AMOUNTS))


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


def _row_of(served: ServedRequest) -> Row:
    row: Row = {
        "id": served.id,
        "started_at": moment_text(served.started_at),
        "client": served.client,
        "endpoint": served.endpoint,
        "gateway": served.gateway,
        "model": served.model,
        "streamed": int(served.streamed),
        "status": served.status,
        "kind": served.kind,
        "class": served.failure_class,
        "attempts": served.attempts,
        "input_tokens": served.input_tokens,
        "output_tokens": served.output_tokens,
        "cost_usd": finite(served.cost_usd),
        "upstream_s": finite(served.upstream_s),
        "first_byte_s": finite(served.first_byte_s),
        "total_s": finite(served.total_s),
    }
    words = _FORM % _values_of(row)
    if not words.isascii() or "\x00" in words:  # seldom
        row.update({name: well_formed(row[name]) for name in ("class", *_WORDS)})
        words = _FORM % _values_of(row)
    row["checksum"] = zlib.crc32(words.encode("utf-8", "replace"))
    return row


def _read(row: Mapping[str, Any]) -> Served:
    return Served(
        started_at=from_json(datetime, row["started_at"]),
        streamed=bool(row["streamed"]),
        failure_class=row["class"],
        **{name: row[name] for name in (*_WORDS, *_NUMBERS, *_AMOUNTS)},
    )
