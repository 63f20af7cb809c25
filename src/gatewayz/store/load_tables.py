"""Where load runs lie: each whole, and its lines apart, so that a model's are found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, text

_schema = MetaData()

LOADS = Table(
    "loads",
    _schema,
    Column("id", Text, primary_key=True),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("status", Text),
    Column("shape", Text),
    Column("targets", Integer),
    Column("passed", BigInteger),
    Column("failed", BigInteger),
    Column("result", Text),
    Column("checksum", BigInteger),
)

LOAD_LINES = Table(
    "load_lines",
    _schema,
    Column("load_id", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("gateway", Text),
    Column("way", Text),
    Column("model", Text),
    Column("line", Text),
    Column("checksum", BigInteger),
)


def load_runs(connection: Connection) -> None:
    """12: what load runs came to: percentiles, histograms and series, no single request."""
    connection.execute(
        text("""
        CREATE TABLE loads (
            id TEXT PRIMARY KEY,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            status TEXT NOT NULL,
            shape TEXT NOT NULL,
            targets INTEGER NOT NULL,
            passed BIGINT NOT NULL,
            failed BIGINT NOT NULL,
            result TEXT NOT NULL,
            checksum BIGINT NOT NULL
        )""")
    )
    connection.execute(
        text("""
        CREATE TABLE load_lines (
            load_id TEXT NOT NULL REFERENCES loads (id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            gateway TEXT NOT NULL,
            way TEXT NOT NULL,
            model TEXT NOT NULL,
            line TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (load_id, place)
        )""")
    )
    connection.execute(text("CREATE INDEX load_lines_of_model ON load_lines (gateway, model)"))
    connection.execute(text("CREATE INDEX loads_by_time ON loads (started_at)"))
