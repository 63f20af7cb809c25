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
    Column("ordered_at", Text),  # see `run_order.py`
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

RESULTS = Table(
    "results",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("run_id", Text),
    Column("at", Text),
    Column("gateway", Text),
    Column("model", Text),
    Column("probe", Text),
    Column("way", Text),
    Column("repeat", Integer),
    Column("outcome", Text),
    Column("kind", Text),
    Column("class", Text),
    Column("culprit", Text),
    Column("reason", Text),
    Column("ttft_s", Float),
    Column("latency_s", Float),
    Column("decode_rate", Float),
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

CLIENT_KEYS = Table(
    "client_keys",
    _schema,
    Column("name", Text, primary_key=True),
    Column("prefix", Text),
    Column("digest", Text),
    Column("created_at", Text),
    Column("revoked_at", Text),
    Column("allowance", Text),
    Column("checksum", BigInteger),
)

REQUESTS = Table(
    "requests",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("id", Text),
    Column("started_at", Text),
    Column("client", Text),
    Column("endpoint", Text),
    Column("gateway", Text),
    Column("model", Text),
    Column("streamed", Integer),
    Column("status", Integer),
    Column("kind", Text),
    Column("class", Text),
    Column("attempts", Integer),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_usd", Float),
    Column("upstream_s", Float),
    Column("first_byte_s", Float),
    Column("total_s", Float),
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
