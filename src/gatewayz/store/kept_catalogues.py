"""Each run's catalogues, so that those of two runs can be set side by side. Equal ones are kept once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from gatewayz.core import Model, Run
from gatewayz.core.codec import dumps, loads
from gatewayz.core.text import well_formed
from gatewayz.store.catalogue_schema import OF_RUNS, VERSIONS
from gatewayz.store.first_hand import OF_A_TEST
from gatewayz.store.inserts import put
from gatewayz.store.locks import Lock, hold
from gatewayz.store.rows import Row, check, checksum
from gatewayz.store.run_order import NEWEST_FIRST, comes_before
from gatewayz.store.session import Session
from gatewayz.store.tables import RUNS


class KeptCatalogues:
    """The catalogues that runs were offered."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, run_id: str, catalog: str, models: Sequence[Model]) -> None:
        """What a run was offered by a gateway."""
        words = dumps(tuple(sorted(models, key=lambda model: model.id)))
        digest = hashlib.sha256(words.encode()).hexdigest()
        name = {"run_id": well_formed(run_id), "catalog": well_formed(catalog)}
        with self._session.writing() as connection:
            hold(connection, Lock.CATALOGUES)
            known = select(VERSIONS.c.digest).where(VERSIONS.c.digest == digest)
            if connection.execute(known).first() is None:
                row: Row = {"digest": digest, "models": words}
                connection.execute(VERSIONS.insert(), {**row, "checksum": checksum(row)})
            put(connection, OF_RUNS, {**name, "digest": digest})

    def of(self, run_id: str) -> dict[str, tuple[Model, ...]]:
        """All that a run was offered, by the name of the catalogue; empty where nobody kept it."""
        query = select(OF_RUNS.c.catalog, VERSIONS).join(
            VERSIONS, VERSIONS.c.digest == OF_RUNS.c.digest
        )
        with self._session.reading() as connection:
            found = connection.execute(query.where(OF_RUNS.c.run_id == run_id)).mappings()
            rows = {row["catalog"]: dict(row) for row in found}
        return {catalog: self._models(row) for catalog, row in rows.items()}

    def before(self, run: Run) -> dict[str, tuple[Model, ...]]:
        """Of each catalogue what the latest run before this one that read it has; a round of a watch reads none."""
        offered = (
            select(OF_RUNS.c.catalog, OF_RUNS.c.digest)
            .join(RUNS, RUNS.c.id == OF_RUNS.c.run_id)
            .order_by(*NEWEST_FIRST)
        )
        found: dict[str, str] = {}
        with self._session.reading() as connection:
            left = set(connection.execute(select(OF_RUNS.c.catalog).distinct()).scalars())
            earlier = comes_before(connection, run.id), OF_A_TEST
            latest = offered.where(*earlier)
            for catalog, digest in connection.execute(latest) if left else ():
                found.setdefault(catalog, digest)
                left.discard(catalog)
                if not left:
                    break
            kept = select(VERSIONS).where(VERSIONS.c.digest.in_(list(found.values())))
            rows = {row["digest"]: dict(row) for row in connection.execute(kept).mappings()}
        return {catalog: self._models(rows[digest]) for catalog, digest in found.items()}

    def _models(self, row: Row) -> tuple[Model, ...]:
        row = {name: row[name] for name in ("digest", "models", "checksum")}
        check(row, f"catalogue {row['digest'][:12]}", self._session.where)
        return loads(tuple[Model, ...], row["models"])


def remove_runs(connection: Connection, *which: ColumnElement[bool]) -> int:
    """Removes runs, and the catalogues that no run is left to have been offered; how many runs."""
    # Another run may be offered, at this moment, the catalogue that the last of these leaves behind. The
    # lock comes first: who keeps a catalogue has it already while it waits for the run's row.
    hold(connection, Lock.CATALOGUES)
    # Held before it is looked at: somebody may be taking one over, too.
    connection.execute(select(RUNS.c.id).where(*which).with_for_update())
    gone = connection.execute(RUNS.delete().where(*which)).rowcount
    used = select(OF_RUNS.c.digest).where(OF_RUNS.c.digest == VERSIONS.c.digest)
    connection.execute(VERSIONS.delete().where(~used.exists()))
    return gone
