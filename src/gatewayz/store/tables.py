"""The tables as queries name them; how they came to be is in `migrations.py`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, Table, Text

_schema = MetaData()

RUNS = Table(
    "runs",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("id", Text),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("status", Text),
    Column("planned", Integer),
    Column("plan", Text),
    Column("settings", Text),
    Column("environment", Text),
    Column("summary", Text),
    Column("checksum", BigInteger),
)

VERDICTS = Table(
    "verdicts",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("run_id", Text),
    Column("gateway", Text),
    Column("way", Text),
    Column("model", Text),
    Column("probe", Text),
    Column("repeat", Integer),
    Column("outcome", Text),
    Column("kind", Text),
    Column("class", Text),
    Column("warnings", Integer),
    Column("started_at", Text),
    Column("first_token_s", Float),
    Column("total_s", Float),
    Column("verdict", Text),
    Column("checksum", BigInteger),
)

HABITS = Table(
    "habits",
    _schema,
    Column("gateway", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("learned_at", Text),
    Column("habits", Text),
    Column("checksum", BigInteger),
)

CATALOGS = Table(
    "catalogs",
    _schema,
    Column("gateway", Text, primary_key=True),
    Column("fetched_at", Text),
    Column("models", Text),
    Column("checksum", BigInteger),
)
