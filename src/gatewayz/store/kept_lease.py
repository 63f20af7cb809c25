"""The lease of the one that watches, and the fence that keeps an older one from writing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from gatewayz.core.codec import from_json, moment_text
from gatewayz.core.watching import Lease, LostLease
from gatewayz.store.inserts import put_new
from gatewayz.store.session import Session
from gatewayz.store.watch_tables import LEASES

_NAME = "watch"
_IT = LEASES.c.name == _NAME


class KeptLease:
    """One lease for a store; see `gatewayz.watch.leading`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lease(self) -> Lease | None:
        """The lease as it stands; None when nobody ever watched."""
        with self._session.reading() as connection:
            return _read(connection)

    def take(self, holder: str, seen: Lease | None, at: datetime) -> Lease | None:
        """Takes the lease if it still is what was seen; None when it is not."""
        with self._session.writing() as connection:
            now = _read(connection)
            if (now and (now.token, now.beat)) != (seen and (seen.token, seen.beat)):
                return None
            token = 1 if seen is None else seen.token + 1
            row = {"holder": holder, "token": token, "beat": 0, "at": moment_text(at)}
            if seen is None:
                taken = put_new(connection, LEASES, {"name": _NAME, **row})
            else:
                as_seen = _IT, LEASES.c.token == seen.token, LEASES.c.beat == seen.beat
                taken = (
                    connection.execute(LEASES.update().where(*as_seen).values(**row)).rowcount == 1
                )
            if not taken:
                return None
            return Lease(holder=holder, token=token, beat=0, at=at)

    def beat(self, lease: Lease, at: datetime) -> Lease:
        """The lease with its beat moved on. Raises: LostLease."""
        with self._session.writing() as connection:
            fence(connection, lease)
            beat = lease.beat + 1
            connection.execute(LEASES.update().where(_IT).values(beat=beat, at=moment_text(at)))
            return Lease(holder=lease.holder, token=lease.token, beat=beat, at=at)

    def release(self, lease: Lease, at: datetime) -> None:
        """Lets go of it, unless it is another's by now."""
        with self._session.writing() as connection:
            connection.execute(
                LEASES.update()
                .where(_IT, LEASES.c.token == lease.token)
                .values(holder="", at=moment_text(at))
            )


def fence(connection: Connection, lease: Lease) -> None:
    """Holds the lease for this transaction. Raises: LostLease when it is another's by now."""
    mine = _IT, LEASES.c.token == lease.token, LEASES.c.holder == lease.holder
    # An update, so that on PostgreSQL too nobody takes it before this transaction ends.
    done = connection.execute(LEASES.update().where(*mine).values(holder=lease.holder))
    if done.rowcount != 1:
        raise LostLease("another watcher has taken over this store; this one stands by")


def _read(connection: Connection) -> Lease | None:
    row = connection.execute(select(LEASES).where(_IT)).mappings().first()
    if row is None:
        return None
    at = from_json(datetime, row["at"])
    return Lease(holder=row["holder"], token=row["token"], beat=row["beat"], at=at)
