"""The store: runs and verdicts go in and are durable when the call returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select

from gatewayz.core import (
    Case,
    Counts,
    Habits,
    Model,
    Outcome,
    Run,
    RunStatus,
    StoreError,
    Verdict,
    Whom,
)
from gatewayz.core.codec import from_json, loads
from gatewayz.core.summary import Ended, tally
from gatewayz.store.finding import find_run
from gatewayz.store.first_hand import OF_A_TEST, judged_again
from gatewayz.store.holding import planned_by_now
from gatewayz.store.holding_schema import HOLDERS, PLANS
from gatewayz.store.inserts import insert, put
from gatewayz.store.lines import RunLine, StoredCatalog, StoredHabits
from gatewayz.store.noun_rows import (
    catalog_row,
    habits_row,
    read_habits,
    read_run,
    read_summary,
    run_row,
    verdict_row,
)
from gatewayz.store.parts import Parts
from gatewayz.store.results import keep_results
from gatewayz.store.rows import check
from gatewayz.store.run_order import NEWEST_FIRST, add_run
from gatewayz.store.run_rows import RunRows, rows_of
from gatewayz.store.tables import CATALOGS, HABITS, RESULTS, RUNS, VERDICTS


class Store(Parts):
    """An open store: its parts, and the runs themselves with what was learned of gateways and models."""

    def begin_run(self, run: Run) -> None:
        """A new run: its plan, settings and environment. Its verdicts come by `record`."""
        with self._session.writing() as connection:
            add_run(connection, run_row(run))

    def record(self, run_id: str, verdicts: Sequence[Verdict]) -> None:
        """More verdicts of a begun run: all of them, or none when it raises.

        Many at once cost one wait for the disk.
        """
        rows = [verdict_row(run_id, verdict) for verdict in verdicts]
        if not rows:
            return
        with self._session.writing() as connection:
            insert(connection, VERDICTS, rows)
            keep_results(connection, run_id, verdicts)

    def finish_run(self, run: Run) -> None:
        """How a begun run ended: status, end and summary (and its plan, which may have grown)."""
        with self._session.writing() as connection:
            done = connection.execute(RUNS.update().where(RUNS.c.id == run.id), run_row(run))
            if done.rowcount != 1:
                raise StoreError(f"the store {self.where} holds no run '{run.id}' to finish")
            for table in (PLANS, HOLDERS):
                connection.execute(table.delete().where(table.c.run_id == run.id))

    def add_runs(self, runs: Sequence[Run]) -> None:
        """Whole runs that have ended, in one transaction: all of them, or none when it raises."""
        # As long as nobody else may write, as little as may be is done.
        self.add_rows([rows_of(run) for run in runs])

    def add_rows(self, made: Sequence[RunRows]) -> None:
        """The same of runs whose rows somebody made before."""
        with self._session.writing() as connection:
            for one in made:
                add_run(connection, one.run)
                insert(connection, VERDICTS, one.verdicts)
                insert(connection, RESULTS, one.results)

    def runs(self, limit: int = 20, offset: int = 0) -> list[RunLine]:
        """The latest runs but `offset`, the newest first, in the order in which they were begun."""
        with self._session.reading() as connection:
            rows = connection.execute(
                select(RUNS).order_by(*NEWEST_FIRST).limit(limit).offset(offset)
            ).mappings()
            lines = [dict(row) for row in rows]
            counts = self._counts(connection, [row["id"] for row in lines])
            going_on = [row["id"] for row in lines if row["status"] == RunStatus.RUNNING.value]
            planned = planned_by_now(connection, going_on)
            return [
                self._line(
                    row,
                    planned.get(row["id"], row["planned"]),
                    *counts.get(row["id"], (Counts(), 0)),
                )
                for row in lines
            ]

    def run(self, run_id: str = "last") -> Run:
        """One run with its verdicts in the order they were recorded.

        `run_id` is an id, the beginning of one, or "last".
        Raises: UnknownName, or ConfigError when several runs begin so.
        """
        with self._session.reading() as connection:
            row = find_run(connection, run_id)
            check(row, f"run {row['id']}", self.where)
            return read_run(row, tuple(self._verdicts(connection, row["id"])))

    def heading(self, run_id: str) -> Run:
        """One run without its verdicts. Raises: UnknownName."""
        with self._session.reading() as connection:
            row = find_run(connection, run_id)
            check(row, f"run {row['id']}", self.where)
            return read_run(row, ())

    def failed_cases(self, run_id: str | None = None) -> tuple[Case, ...]:
        """The cases that failed in a run; None: in the latest run that has any verdict, rounds of a watch aside.

        A run that only judged another one again (`rejudge --save`) stands for that one, and is not the latest.
        Empty when nothing failed, or nothing was ever run.
        """
        with self._session.reading() as connection:
            if run_id is None:
                latest = select(VERDICTS.c.run_id).order_by(VERDICTS.c.number.desc()).limit(1)
                asked = latest.join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
                newest = connection.execute(asked.where(OF_A_TEST)).scalar()
                if newest is None:
                    return ()
                alike = VERDICTS.c.run_id.in_([newest, *judged_again(connection, newest)])
                run_id = connection.execute(latest.where(alike)).scalar_one()
            else:
                run_id = str(find_run(connection, run_id)["id"])
            failed = self._verdicts(connection, run_id, Outcome.FAILED)
            return tuple(verdict.observation.case for verdict in failed)

    def save_catalog(self, gateway: str, models: Sequence[Model], at: datetime) -> None:
        """Keeps a gateway's catalogue in place of the one before."""
        row = catalog_row(gateway, tuple(models), at)
        with self._session.writing() as connection:
            put(connection, CATALOGS, row)

    def catalog(self, gateway: str) -> StoredCatalog | None:
        """The last catalogue kept of a gateway; None when there is none."""
        with self._session.reading() as connection:
            query = select(CATALOGS).where(CATALOGS.c.gateway == gateway)
            found = connection.execute(query).mappings().first()
            if found is None:
                return None
            row = dict(found)
            check(row, f"the catalogue of {gateway}", self.where)
            return StoredCatalog(
                gateway=row["gateway"],
                models=loads(tuple[Model, ...], row["models"]),
                fetched_at=from_json(datetime, row["fetched_at"]),
            )

    def save_habits(self, whom: Whom, habits: Habits, learned_at: datetime) -> None:
        """How a model wants to be asked, in place of what was known; empty ones are forgotten."""
        row = habits_row(whom, habits, learned_at)
        same = [column == row[column.name] for column in HABITS.primary_key]
        with self._session.writing() as connection:
            if habits == Habits():
                connection.execute(HABITS.delete().where(*same))
            else:
                put(connection, HABITS, row)

    def habits(self, gateway: str | None = None) -> tuple[StoredHabits, ...]:
        """All habits that are kept, or those of one gateway's models, in order of their names."""
        query = select(HABITS).order_by(*HABITS.primary_key)
        if gateway is not None:
            query = query.where(HABITS.c.gateway == gateway)
        with self._session.reading() as connection:
            found = []
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"the habits of {row['model']}", self.where)
                found.append(read_habits(row))
            return tuple(found)

    def forget_habits(self, gateway: str) -> int:
        """Forgets the habits of a gateway's models; how many there were."""
        with self._session.writing() as connection:
            gone = connection.execute(HABITS.delete().where(HABITS.c.gateway == gateway))
            return gone.rowcount

    def _verdicts(
        self, connection: Connection, run_id: str, outcome: Outcome | None = None
    ) -> Iterator[Verdict]:
        query = select(VERDICTS).where(VERDICTS.c.run_id == run_id).order_by(VERDICTS.c.number)
        if outcome is not None:
            query = query.where(VERDICTS.c.outcome == outcome.value)
        for found in connection.execute(query).mappings():
            row = dict(found)
            check(row, f"result {row['number']} of run {run_id}", self.where)
            yield loads(Verdict, row["verdict"])

    def _counts(self, connection: Connection, run_ids: list[str]) -> dict[str, tuple[Counts, int]]:
        """How the verdicts of each run came out, and how many there are, model lists among them."""
        # No parameter among what is grouped by: PostgreSQL would not know it again.
        of_list, warned = VERDICTS.c.model.is_(None), VERDICTS.c.warnings > literal_column("0")
        alike = (VERDICTS.c.run_id, VERDICTS.c.gateway, VERDICTS.c.outcome, of_list, warned)
        query = select(*alike, func.count()).where(VERDICTS.c.run_id.in_(run_ids)).group_by(*alike)
        found: dict[str, list[Ended]] = {}
        for run_id, gateway, outcome, is_list, is_warned, number in connection.execute(query):
            found.setdefault(run_id, []).append(
                Ended(
                    outcome=Outcome(outcome),
                    gateway=gateway,
                    of_list=bool(is_list),
                    warned=bool(is_warned),
                    number=number,
                )
            )
        return {
            run_id: (tally(ended), sum(one.number for one in ended))
            for run_id, ended in found.items()
        }

    def _line(self, row: dict[str, Any], planned: int, counts: Counts, recorded: int) -> RunLine:
        check(row, f"run {row['id']}", self.where)
        # A finished run shows the numbers that were printed for it.
        summary = read_summary(row)
        status = RunStatus(row["status"])
        return RunLine(
            id=row["id"],
            started_at=from_json(datetime, row["started_at"]),
            finished_at=from_json(datetime, row["finished_at"]) if row["finished_at"] else None,
            status=status,
            planned=planned or (recorded if status is RunStatus.FINISHED else 0),
            recorded=recorded,
            counts=summary.total if summary else counts,
            elapsed_s=summary.elapsed_s if summary else None,
        )
