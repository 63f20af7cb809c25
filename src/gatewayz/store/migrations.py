"""The schema, as the numbered steps that made it. A step that was released is never edited.

`bring_up` runs all missing steps in one transaction, so a store is at one version or at the next,
never between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, inspect, text

from gatewayz.core import StoreError
from gatewayz.store.availability_schema import availability_by_day
from gatewayz.store.catalogue_schema import catalogues_of_runs
from gatewayz.store.holding_schema import began_at, holders_and_plans
from gatewayz.store.load_tables import load_runs
from gatewayz.store.quarantine_schema import quarantine
from gatewayz.store.run_order import runs_in_order
from gatewayz.store.summary_schema import sums_by_hour_and_day
from gatewayz.store.watch_tables import (
    budgets,
    budgets_told,
    covered_by_tiers,
    spent_while_down,
    unpriced_calls,
    watching,
)

Migration = Callable[[Connection], None]

VERSION_TABLE = "gatewayz_schema"


def runs_and_verdicts(connection: Connection) -> None:
    """1: runs, and their verdicts with the columns that are searched."""
    serial = _serial(connection)
    connection.execute(
        text(f"""
        CREATE TABLE runs (
            number {serial},
            id TEXT NOT NULL UNIQUE,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            status TEXT NOT NULL,
            planned INTEGER NOT NULL,
            plan TEXT NOT NULL,
            settings TEXT NOT NULL,
            environment TEXT NOT NULL,
            summary TEXT,
            checksum BIGINT NOT NULL
        )""")
    )
    connection.execute(
        text(f"""
        CREATE TABLE verdicts (
            number {serial},
            run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            gateway TEXT NOT NULL,
            way TEXT NOT NULL,
            model TEXT,
            probe TEXT NOT NULL,
            repeat INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            kind TEXT,
            class TEXT,
            warnings INTEGER NOT NULL,
            started_at TEXT,
            first_token_s DOUBLE PRECISION,
            total_s DOUBLE PRECISION,
            verdict TEXT NOT NULL,
            checksum BIGINT NOT NULL
        )""")
    )
    connection.execute(text("CREATE INDEX verdicts_of_run ON verdicts (run_id, outcome)"))
    connection.execute(
        text("CREATE INDEX verdicts_of_model ON verdicts (gateway, model, started_at)")
    )


def catalogs(connection: Connection) -> None:
    """2: the last catalogue of each gateway, so that a plan can be made offline."""
    connection.execute(
        text("""
        CREATE TABLE catalogs (
            gateway TEXT PRIMARY KEY,
            fetched_at TEXT NOT NULL,
            models TEXT NOT NULL,
            checksum BIGINT NOT NULL
        )""")
    )


def habits(connection: Connection) -> None:
    """3: how each model wants to be asked, learned once and used by later runs."""
    connection.execute(
        text("""
        CREATE TABLE habits (
            gateway TEXT NOT NULL,
            way TEXT NOT NULL,
            model TEXT NOT NULL,
            learned_at TEXT NOT NULL,
            habits TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (gateway, way, model)
        )""")
    )


def habits_by_host(connection: Connection) -> None:
    """4: habits belong to a gateway at one host.

    Those known until now do not say where they were learned, so they are learned anew, which costs
    a call each.
    """
    connection.execute(text("DROP TABLE habits"))
    connection.execute(
        text("""
        CREATE TABLE habits (
            gateway TEXT NOT NULL,
            way TEXT NOT NULL,
            host TEXT NOT NULL,
            model TEXT NOT NULL,
            learned_at TEXT NOT NULL,
            habits TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (gateway, way, host, model)
        )""")
    )


def client_keys(connection: Connection) -> None:
    """5: the keys that the backend's clients show, as digests."""
    connection.execute(
        text("""
        CREATE TABLE client_keys (
            name TEXT PRIMARY KEY,
            prefix TEXT NOT NULL,
            digest TEXT NOT NULL UNIQUE,
            created_at TEXT NOT NULL,
            revoked_at TEXT,
            allowance TEXT NOT NULL,
            checksum BIGINT NOT NULL
        )""")
    )


def requests(connection: Connection) -> None:
    """6: what the backend served, one row for each request."""
    serial = _serial(connection)
    connection.execute(
        text(f"""
        CREATE TABLE requests (
            number {serial},
            id TEXT NOT NULL,
            started_at TEXT NOT NULL,
            client TEXT,
            endpoint TEXT NOT NULL,
            gateway TEXT,
            model TEXT,
            streamed INTEGER NOT NULL,
            status INTEGER NOT NULL,
            kind TEXT,
            class TEXT,
            attempts INTEGER NOT NULL,
            input_tokens BIGINT,
            output_tokens BIGINT,
            cost_usd DOUBLE PRECISION,
            upstream_s DOUBLE PRECISION,
            first_byte_s DOUBLE PRECISION,
            total_s DOUBLE PRECISION NOT NULL,
            checksum BIGINT NOT NULL
        )""")
    )
    connection.execute(
        text("CREATE INDEX requests_of_model ON requests (gateway, model, started_at)")
    )


def results(connection: Connection) -> None:
    """7: a narrow row beside each verdict, for promises and alerts."""
    from gatewayz.store.results import fill_results

    serial = _serial(connection)
    connection.execute(
        text(f"""
        CREATE TABLE results (
            number {serial},
            run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            at TEXT NOT NULL,
            gateway TEXT NOT NULL,
            model TEXT NOT NULL,
            probe TEXT NOT NULL,
            way TEXT NOT NULL,
            repeat INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            kind TEXT NOT NULL,
            class TEXT NOT NULL,
            culprit TEXT NOT NULL,
            reason TEXT NOT NULL,
            ttft_s DOUBLE PRECISION,
            latency_s DOUBLE PRECISION,
            decode_rate DOUBLE PRECISION,
            checksum BIGINT NOT NULL
        )""")
    )
    connection.execute(text("CREATE INDEX results_by_time ON results (at)"))
    connection.execute(text("CREATE INDEX results_of_model ON results (gateway, model, at)"))
    connection.execute(text("CREATE INDEX results_of_run ON results (run_id)"))
    fill_results(connection)


def verdicts_by_gateway(connection: Connection) -> None:
    """19: what a run asked of one gateway is found without reading all that it asked."""
    connection.execute(text("DROP INDEX verdicts_of_run"))
    connection.execute(
        text("CREATE INDEX verdicts_of_run ON verdicts (run_id, gateway, way, outcome)")
    )


MIGRATIONS: tuple[Migration, ...] = (
    runs_and_verdicts,
    catalogs,
    habits,
    habits_by_host,
    client_keys,
    requests,
    results,
    watching,
    sums_by_hour_and_day,
    holders_and_plans,
    quarantine,
    load_runs,
    catalogues_of_runs,
    availability_by_day,
    spent_while_down,
    budgets,
    budgets_told,
    runs_in_order,
    verdicts_by_gateway,
    unpriced_calls,
    began_at,
    covered_by_tiers,
)


def version_of(connection: Connection) -> int:
    """The schema version a store is at; 0 for an empty one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return 0
    return int(connection.execute(text(f"SELECT version FROM {VERSION_TABLE}")).scalar_one())  # noqa: S608 -- a constant


def refuse_newer(version: int, shown: str, migrations: Sequence[Migration]) -> None:
    """Raises StoreError for a store that this version cannot know."""
    if version > len(migrations):
        raise StoreError(
            f"the store {shown} was written by a newer gatewayz (schema {version}, this one knows "
            f"{len(migrations)}); upgrade gatewayz, or set GATEWAYZ_STORE to another place"
        )


def bring_up(connection: Connection, shown: str, migrations: Sequence[Migration]) -> None:
    """Runs the steps that a store is missing; the caller's transaction makes them one."""
    version = version_of(connection)
    refuse_newer(version, shown, migrations)
    if version == len(migrations):
        return
    for step in migrations[version:]:
        step(connection)
    if version == 0:
        connection.execute(text(f"CREATE TABLE {VERSION_TABLE} (version INTEGER NOT NULL)"))
        connection.execute(
            text(f"INSERT INTO {VERSION_TABLE} (version) VALUES (:v)"),  # noqa: S608 -- a constant
            {"v": len(migrations)},
        )
    else:
        connection.execute(
            text(f"UPDATE {VERSION_TABLE} SET version = :v"),  # noqa: S608 -- a constant
            {"v": len(migrations)},
        )


def _serial(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return "INTEGER PRIMARY KEY AUTOINCREMENT"
    return "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
