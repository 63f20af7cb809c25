"""The tables of what was summed: which verdicts, by the day, by the hour, and each model's days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, text

if TYPE_CHECKING:
    from gatewayz.core.objectives import Source

_schema = MetaData()

# Whose sums: `level` says which of the names count, by their first letters ("gmp", "gm", "g", ...).
SUBJECTS = Table(
    "sum_subjects",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("level", Text),
    Column("gateway", Text),
    Column("way", Text),
    Column("model", Text),
    Column("probe", Text),
)

# `day` counts from 1970-01-01, in UTC.
DAYS = Table(
    "sums_by_day",
    _schema,
    Column("subject", Integer, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("sums", Text),
    Column("checksum", BigInteger),
)

# All hours of a day in one row.
HOURS = Table(
    "sums_by_hour",
    _schema,
    Column("subject", Integer, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("sums", Text),
    Column("checksum", BigInteger),
)

# Outlives its run, so that one which comes back by an import is not summed twice.
SUMMED_RUNS = Table(
    "summed_runs",
    _schema,
    Column("run_id", Text, primary_key=True),
    Column("up_to", BigInteger),
    Column("done", Integer),
)

# What was removed: "raw", "hours" and "requests", up to which moment; and up to which one of "raw passes"
# and "request passes" only what passed was.
REMOVED = Table(
    "removed_before",
    _schema,
    Column("what", Text, primary_key=True),
    Column("moment", Text),
)


# How the latter two are called, by whose source they are.
PASSES: Mapping[Source, str] = {"probes": "raw passes", "traffic": "request passes"}


def sums_by_hour_and_day(connection: Connection) -> None:
    """9: what results come to by the hour and by the day, which stays when they are removed."""
    # Days that are read together lie together. A row of hours is too long for that: what is over a
    # quarter of a page would take a page of its own.
    together = " WITHOUT ROWID" if connection.dialect.name == "sqlite" else ""
    for statement in (
        """CREATE TABLE sum_subjects (
            number INTEGER PRIMARY KEY,
            level TEXT NOT NULL,
            gateway TEXT NOT NULL,
            way TEXT NOT NULL,
            model TEXT NOT NULL,
            probe TEXT NOT NULL,
            UNIQUE (level, gateway, model, probe, way)
        )""",
        *(
            f"""CREATE TABLE {name} (
                subject INTEGER NOT NULL,
                day INTEGER NOT NULL,
                sums TEXT NOT NULL,
                checksum BIGINT NOT NULL,
                PRIMARY KEY (subject, day)
            ){how}"""
            for name, how in (("sums_by_day", together), ("sums_by_hour", ""))
        ),
        """CREATE TABLE model_days (
            day INTEGER NOT NULL,
            way TEXT NOT NULL,
            gateway TEXT NOT NULL,
            models TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (day, way, gateway)
        )""",
        """CREATE TABLE summed_runs (
            run_id TEXT PRIMARY KEY,
            up_to BIGINT NOT NULL,
            done INTEGER NOT NULL
        )""",
        "CREATE TABLE removed_before (what TEXT PRIMARY KEY, moment TEXT NOT NULL)",
    ):
        connection.execute(text(statement))
