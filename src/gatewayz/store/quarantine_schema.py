"""The table of the cases in quarantine."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, text

QUARANTINE = Table(
    "quarantine",
    MetaData(),
    Column("gateway", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("probe", Text, primary_key=True),
    Column("reason", Text),
    Column("until", Text),
    Column("checksum", BigInteger),
)


def quarantine(connection: Connection) -> None:
    """11: cases that are known to fail, and change no exit code for a time."""
    connection.execute(
        text("""
        CREATE TABLE quarantine (
            gateway TEXT NOT NULL,
            model TEXT NOT NULL,
            probe TEXT NOT NULL,
            reason TEXT NOT NULL,
            until TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (gateway, model, probe)
        )""")
    )
