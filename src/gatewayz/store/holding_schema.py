"""The tables of runs that go on: whose each is, and its plan as far as it is made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, text

_schema = MetaData()

HOLDERS = Table(
    "run_holders",
    _schema,
    Column("run_id", Text, primary_key=True),
    Column("host", Text),
    Column("process", Text),
    Column("seen_at", Text),
    Column("began_at", Text),
)

# A plan as far as it is made: a run's row has it at the end.
PLANS = Table(
    "run_plans",
    _schema,
    Column("run_id", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("place", Integer),
    Column("cases", Text),
    Column("checksum", BigInteger),
)


def holders_and_plans(connection: Connection) -> None:
    """10: whose a run is while it goes on, and what it has planned by then."""
    for statement in (
        """CREATE TABLE run_holders (
            run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
            host TEXT NOT NULL,
            process TEXT NOT NULL,
            seen_at TEXT NOT NULL
        )""",
        """CREATE TABLE run_plans (
            run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            gateway TEXT NOT NULL,
            place INTEGER NOT NULL,
            cases TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (run_id, gateway)
        )""",
    ):
        connection.execute(text(statement))


def began_at(connection: Connection) -> None:
    """21: when a process began a run, or took it over; of those of before nobody knows."""
    connection.execute(text("ALTER TABLE run_holders ADD COLUMN began_at TEXT"))
