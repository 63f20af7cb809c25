"""The tables of what each run was offered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, text

_schema = MetaData()

VERSIONS = Table(
    "catalog_versions",
    _schema,
    Column("digest", Text, primary_key=True),
    Column("models", Text),
    Column("checksum", BigInteger),
)

# `catalog` is named as `Store.save_catalog` names it: ids through the API may differ.
OF_RUNS = Table(
    "run_catalogs",
    _schema,
    Column("run_id", Text, primary_key=True),
    Column("catalog", Text, primary_key=True),
    Column("digest", Text),
)


def catalogues_of_runs(connection: Connection) -> None:
    """13: which models each run was offered."""
    for statement in (
        """CREATE TABLE catalog_versions (
            digest TEXT PRIMARY KEY,
            models TEXT NOT NULL,
            checksum BIGINT NOT NULL
        )""",
        """CREATE TABLE run_catalogs (
            run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            catalog TEXT NOT NULL,
            digest TEXT NOT NULL REFERENCES catalog_versions (digest),
            PRIMARY KEY (run_id, catalog)
        )""",
        "CREATE INDEX run_catalogs_of_version ON run_catalogs (digest)",
    ):
        connection.execute(text(statement))
