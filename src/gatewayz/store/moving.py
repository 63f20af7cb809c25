"""Runs moved between stores, and old ones removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, starmap, zip_longest
from typing import Any

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.exc import IntegrityError

from gatewayz.core import ConfigError, Outcome, Run, StoreError
from gatewayz.core.codec import moment_text
from gatewayz.core.load import LoadResult
from gatewayz.core.objectives import Confirmation
from gatewayz.core.quarantine import Quarantined
from gatewayz.store.carried import Brought, Carried, Key
from gatewayz.store.copies import Entry, ResultLine, RunLine, end_line, result_line, run_line
from gatewayz.store.finding import find_run
from gatewayz.store.holding_schema import HOLDERS
from gatewayz.store.kept_catalogues import remove_runs
from gatewayz.store.mending import mending_runs
from gatewayz.store.noun_rows import read_run, run_row, verdict_row
from gatewayz.store.results import keep_results
from gatewayz.store.rows import Row, check, checksum
from gatewayz.store.run_order import OLDEST_FIRST, add_run, latest_place
from gatewayz.store.session import Session
from gatewayz.store.summary_schema import PASSES
from gatewayz.store.summing import note_all_removed, note_removed
from gatewayz.store.tables import REQUESTS, RUNS, VERDICTS

_AT_ONCE = 200

Entries = Iterable[Entry]


@dataclass(frozen=True, slots=True)
class Imported:
    """The ids of the runs that came in and of those that were there already, and how many results.

    `beside` is what there was besides runs.
    """

    added: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    results: int = 0
    beside: Brought = field(default_factory=Brought)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many runs, results and records of served requests are old, and so are or would be gone."""

    runs: int = 0
    results: int = 0
    requests: int = 0


@dataclass(slots=True)
class _Plan:
    """What a file will bring: which runs are new, and the numbers that they get if they are older.

    Whether one is older than what is there is known only when it is written.
    """

    carried: Carried
    new: set[str] = field(default_factory=set)
    already: list[str] = field(default_factory=list)
    next_run: int = 0
    next_result: int = 0
    awaits: tuple[Any, ...] = ()  # all that decides what is written


@dataclass(slots=True)
class _Mine:
    """What an import has written by now: runs with the number of their results, and what is beside."""

    runs: dict[str, int] = field(default_factory=dict)
    beside: set[str | Key] = field(default_factory=set)


class KeptRuns:
    """The runs of a store as things that are copied and removed whole."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lines(
        self, run_ids: Sequence[str], load_ids: Sequence[str] = (), *, quarantine: bool = False
    ) -> Iterator[str]:
        """These runs as an export, line by line, each with its end; see `copies.py`.

        After them come load runs, and what is in quarantine.
        """
        with self._session.reading() as connection:
            for run_id in run_ids:
                where = self._session.where
                row = _row_of(connection, run_id)
                check(row, f"run {run_id}", where)
                of_run = VERDICTS.c.run_id == run_id
                count = select(func.count()).select_from(VERDICTS).where(of_run)
                yield run_line(read_run(row, ()), connection.execute(count).scalar_one())
                query = select(VERDICTS).where(of_run).order_by(VERDICTS.c.number)
                for found in connection.execute(query).mappings():
                    check(dict(found), f"result {found['number']} of run {run_id}", where)
                    yield result_line(run_id, found["verdict"])
        beside = Carried(self._session)
        yield from beside.load_lines(load_ids)
        entries = beside.quarantine_lines() if quarantine else ()
        yield from entries
        yield end_line(len(run_ids), len(load_ids), len(entries))

    def find(self, name: str) -> str:
        """The id of the run that is meant by an id, the beginning of one, or "last".

        Raises: UnknownName, or ConfigError when several runs begin so.
        """
        with self._session.reading() as connection:
            return str(find_run(connection, name)["id"])

    def ids(self) -> tuple[str, ...]:
        """The ids of all runs, the oldest first."""
        with self._session.reading() as connection:
            return tuple(connection.execute(select(RUNS.c.id).order_by(*OLDEST_FIRST)).scalars())

    def take(self, entries: Callable[[], Entries]) -> Imported:
        """Keeps the runs of an export, each whole or not at all.

        `entries` reads the file from its beginning, and is called twice: nothing is written before
        all of it was read and found good. A run that is here already, the same in every value, is left
        as it is. Runs that are older than the newest one here come before all that are here, so that
        "last" stays what it was, whoever begins or brings runs meanwhile. Where another import brings
        something of this very file, it is looked at again.
        Load runs and what is in quarantine come in by the rules of `carried.py`.
        Raises: ConfigError when a run of the same id, with something else in it, is here.
        """
        mine = _Mine()
        failed: tuple[_Plan, StoreError] | None = None
        while True:
            plan = self._planned(entries(), mine)
            if failed is not None and plan.awaits == failed[0].awaits:
                raise failed[1]
            # Of what is to come each is noted as it is written, so that it is known afterwards whose it is.
            awaited = set(plan.carried.coming)
            try:
                self._keep_all(entries(), plan, mine)
                break
            except StoreError as error:
                if not isinstance(error.__cause__, IntegrityError):
                    raise
                failed = plan, error
            finally:
                mine.beside |= awaited - plan.carried.coming
        already = tuple(one for one in plan.already if one not in mine.runs)
        results = sum(mine.runs.values())
        return Imported(tuple(mine.runs), already, results, plan.carried.brought)

    def _keep_all(self, entries: Entries, plan: _Plan, mine: _Mine) -> None:
        left = set(plan.new)
        for run, coming in _runs_in(entries, plan.carried.keep):
            if run.id in left:
                left.remove(run.id)
                mine.runs[run.id] = self._keep(run, coming, plan)

    def _planned(self, entries: Entries, mine: _Mine) -> _Plan:
        plan = _Plan(Carried(self._session, mine.beside))
        with self._session.reading() as connection:
            results = 0
            for run, coming in _runs_in(entries, plan.carried.look_at):
                if self._is_here(connection, run, coming) or run.id in plan.new:
                    plan.already.append(run.id)
                    continue
                plan.new.add(run.id)
                results += sum(1 for _ in coming)
            plan.next_run = _lowest(connection, RUNS) - len(plan.new)
            plan.next_result = _lowest(connection, VERDICTS) - results
        plan.awaits = (
            frozenset(plan.new),
            plan.next_run,
            plan.next_result,
            frozenset(plan.carried.coming),
        )
        return plan

    def _is_here(self, connection: Connection, run: Run, coming: Iterable[ResultLine]) -> bool:
        """Whether the same run is in the store; raises ConfigError for another of its id."""
        found = connection.execute(select(RUNS).where(RUNS.c.id == run.id)).mappings().first()
        if found is None:
            return False
        query = select(VERDICTS.c.verdict).where(VERDICTS.c.run_id == run.id)
        here = connection.execute(query.order_by(VERDICTS.c.number)).scalars()
        pairs = zip_longest(here, (entry.text for entry in coming))
        if read_run(dict(found), ()) == run and all(starmap(_say_the_same, pairs)):
            return True
        raise ConfigError(
            f"run {run.id} is in {self._session.where} already, and is not the same; nothing was "
            "imported: export the others by their ids"
        )

    def _keep(self, run: Run, coming: Iterator[ResultLine], plan: _Plan) -> int:
        """One run with all its results, in one transaction; how many those are."""
        results = 0
        with self._session.writing() as connection:
            row = run_row(run)
            _hold_runs(connection)
            before = row["started_at"] < latest_place(connection)
            if before:
                placed = {**row, "ordered_at": row["started_at"], "number": plan.next_run}
                _insert(connection, RUNS, [placed])
            else:
                add_run(connection, row)
            while entries := list(islice(coming, _AT_ONCE)):
                batch = [_row(entry) for entry in entries]
                if before:
                    first = plan.next_result + results
                    batch = [{**one, "number": first + n} for n, one in enumerate(batch)]
                results += len(batch)
                _insert(connection, VERDICTS, batch)
                keep_results(connection, run.id, [entry.verdict for entry in entries])
        plan.next_run += 1
        plan.next_result += results
        return results

    def prune(
        self,
        before: datetime,
        *,
        keep_failed: bool = False,
        rounds: int = Confirmation().settled_after,
        dry_run: bool = False,
    ) -> Pruned:
        """Removes runs that were begun before a moment, and records of requests served before it.

        `keep_failed` leaves runs in which anything failed, behind each failure so many `rounds` that found it
        well again, and requests that failed. With `dry_run` nothing is removed. A run goes whole or not at all; one that goes on in some process stays.
        """
        moment = moment_text(before)
        goes_on = select(HOLDERS.c.run_id).where(HOLDERS.c.run_id == RUNS.c.id).exists()
        old = select(RUNS.c.id, RUNS.c.number).where(RUNS.c.started_at < moment, ~goes_on)
        failed = (VERDICTS.c.run_id == RUNS.c.id) & (VERDICTS.c.outcome == Outcome.FAILED.value)
        served = REQUESTS.c.started_at < moment
        if keep_failed:
            old = old.where(~select(VERDICTS.c.number).where(failed).exists())
            served &= (REQUESTS.c.status < 400) & (REQUESTS.c.kind == "")
        with self._session.reading() as connection:
            kept = mending_runs(connection, rounds) if keep_failed else frozenset()
            rows = connection.execute(old.order_by(RUNS.c.number))
            ids = [run_id for run_id, number in rows if number not in kept]
            results = {one: _count(connection, VERDICTS, VERDICTS.c.run_id == one) for one in ids}
            requests = _count(connection, REQUESTS, served)
        for run_id in () if dry_run else ids:
            with self._session.writing() as connection:
                # By now it may go on again, or somebody else has removed it.
                if remove_runs(connection, RUNS.c.id == run_id, ~goes_on):
                    note_removed(connection, "raw", before)
                    if keep_failed:
                        note_removed(connection, PASSES["probes"], before)
                else:
                    del results[run_id]
        if requests and not dry_run:
            with self._session.writing() as connection:
                connection.execute(REQUESTS.delete().where(served))
                note_removed(connection, "requests", before)
                if keep_failed:
                    note_removed(connection, PASSES["traffic"], before)
        if not keep_failed and not dry_run:
            with self._session.writing() as connection:
                for what in PASSES.values():
                    note_all_removed(connection, what, before)
        return Pruned(len(results), sum(results.values()), requests)

    def drop_empty(self, run_id: str) -> bool:
        """Takes out a run without any result, as if it had never been begun; whether it was one."""
        results = select(VERDICTS.c.number).where(VERDICTS.c.run_id == RUNS.c.id)
        with self._session.writing() as connection:
            return remove_runs(connection, RUNS.c.id == run_id, ~results.exists()) > 0

    def size(self) -> int | None:
        """The bytes that a SQLite store takes, its log among them; None for another database."""
        return self._session.size()

    def shrink(self) -> bool:
        """Gives the room of what was removed back to the disk; False where the database keeps it.

        Raises: StoreError when another process holds the store, or the disk has no room for a copy.
        """
        return self._session.compact()


def _row_of(connection: Connection, run_id: str) -> Row:
    return dict(connection.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().one())


def _count(connection: Connection, table: Table, condition: Any) -> int:
    query = select(func.count()).select_from(table).where(condition)
    return int(connection.execute(query).scalar_one())


def _hold_runs(connection: Connection) -> None:
    """Nobody else begins, brings or ends a run until the transaction does; what runs find is kept on."""
    if connection.dialect.name == "postgresql":
        # A number may be given to somebody's run already that cannot be seen yet.
        connection.execute(text("LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE"))


def _lowest(connection: Connection, table: Table) -> int:
    """The lowest number there is; what gets a lower one comes before everything."""
    return int(connection.execute(select(func.min(table.c.number))).scalar() or 0)


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows as they are, with their own numbers where they have some."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, rows[0]))
    values = ", ".join(f":{name}" for name in rows[0])
    own = "number" in rows[0] and connection.dialect.name == "postgresql"
    over = "OVERRIDING SYSTEM VALUE " if own else ""
    statement = f"INSERT INTO {quote(table.name)} ({names}) {over}VALUES ({values})"
    connection.execute(text(statement), list(rows))


def _say_the_same(one: str | None, other: str | None) -> bool:
    """Whether two texts are the same JSON: one number has several spellings (1e-05, 0.00001)."""
    if one is None or other is None:
        return False
    return one == other or json.loads(one) == json.loads(other)


def _row(entry: ResultLine) -> Row:
    """A result's row, with its text as it was written."""
    row = {**verdict_row(entry.run_id, entry.verdict), "verdict": entry.text}
    return {**row, "checksum": checksum(row)}


def _runs_in(
    entries: Entries, other: Callable[[LoadResult | Quarantined], None]
) -> Iterator[tuple[Run, Iterator[ResultLine]]]:
    """Each run with its results, which are read as they are asked for; `other` takes what is no run."""
    coming = iter(entries)
    for entry in coming:
        if isinstance(entry, RunLine):
            results = _results(islice(coming, entry.results))
            yield entry.run, results
            for _ in results:  # what nobody asked for is read all the same
                pass
        elif not isinstance(entry, ResultLine):
            other(entry)


def _results(entries: Entries) -> Iterator[ResultLine]:
    return (entry for entry in entries if isinstance(entry, ResultLine))
