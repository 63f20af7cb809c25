"""What one process at a time may do to a store. SQLite has one writer at a time anyway."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import Connection, text


class Lock(IntEnum):
    """Any number will do, as long as every gatewayz takes the same one for the same work."""

    MIGRATING = 0x6761_7465
    SUMMING = 0x6761_7375
    CATALOGUES = 0x6761_6361


def hold(connection: Connection, lock: Lock) -> None:
    """Waits until nobody else has the lock, and holds it until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int(lock)})
