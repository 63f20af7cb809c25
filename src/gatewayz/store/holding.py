"""Which process a run belongs to while it goes on, so that one whose process was killed is known."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import JSON, Connection, cast, func, select

from gatewayz.core import Case, ConfigError, Run, RunStatus, Summary
from gatewayz.core.codec import dumps, from_json, loads, moment_text
from gatewayz.core.text import well_formed
from gatewayz.store.finding import find_run
from gatewayz.store.holding_schema import HOLDERS, PLANS
from gatewayz.store.inserts import put
from gatewayz.store.noun_rows import read_kept, run_row
from gatewayz.store.rows import Row, check, checksum
from gatewayz.store.run_order import add_run
from gatewayz.store.session import Session
from gatewayz.store.summary_schema import SUMMED_RUNS
from gatewayz.store.tables import RUNS

# A process says every 20 s that it is there; one on another machine that has not for so long is gone.
SILENT_S = 300.0
# Of a run without a holder nobody knows: an older version began it, or it came by an import.
_UNHELD_S = 3600.0
# The kernel's states of a process that has ended: a zombie, and one that is just being removed.
_ENDED = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process on a machine. Both are told as digests: a store goes to other places."""

    host: str
    process: str

    @property
    def is_gone(self) -> bool:
        """Whether it is surely no more; of another machine's nothing is known."""
        return self.host == this_process().host and not _goes_on(self.process)


@cache
def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:16]


def this_process() -> Holder:
    """The process that asks."""
    pid = os.getpid()
    return Holder(_host(), f"{pid}:{_began(pid)}")


def _began(pid: int) -> str:
    """When a process that goes on began, in the kernel's own count; "" where that cannot be told.

    Numbers of processes come again, and one that ended keeps its own until its parent has asked how.
    """
    try:
        # The name of the program, in brackets, may hold anything.
        told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return "" if told[0] in _ENDED else told[19]
    except (OSError, IndexError):
        return ""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a run that did not come to its end: what those before it took, and when it began.

    `before` is None where there were none, `began_at` where an older version began it.
    """

    before: Summary | None
    began_at: datetime | None


def planned_by_now(connection: Connection, run_ids: Sequence[str]) -> dict[str, int]:
    """How many cases runs that have not ended have planned by now, by their ids; their own rows say it at the end."""
    if not run_ids:
        return {}
    # The text of a plan is a list, which each database measures without making values of it.
    is_sqlite = connection.dialect.name == "sqlite"
    cases = PLANS.c.cases if is_sqlite else cast(PLANS.c.cases, JSON)
    count = func.sum(func.json_array_length(cases))
    query = select(PLANS.c.run_id, count).where(PLANS.c.run_id.in_(run_ids))
    return {run: int(found) for run, found in connection.execute(query.group_by(PLANS.c.run_id))}


def _goes_on(process: str) -> bool:
    number, _, began = process.partition(":")
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return _began(int(number)) == began


class Holding:
    """Runs that go on, in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, run: Run, at: datetime) -> None:
        """A new run of this process, as `Store.begin_run` keeps one."""
        with self._session.writing() as connection:
            add_run(connection, run_row(run))
            _hold(connection, run.id, this_process(), at, began_at=at)

    def hold(self, run_id: str, at: datetime) -> None:
        """This process says that the run is its own, and that it is there."""
        with self._session.writing() as connection:
            _hold(connection, run_id, this_process(), at)

    def planned(self, run_id: str, gateway: str, cases: Sequence[Case]) -> None:
        """Keeps what a run that goes on has planned for a gateway."""
        with self._session.writing() as connection:
            before = select(PLANS.c.place).where(PLANS.c.run_id == run_id)
            places = connection.execute(before).scalars()
            row: Row = {
                "run_id": run_id,
                "gateway": gateway,
                "place": max(places, default=0) + 1,
                "cases": dumps(tuple(cases)),
            }
            put(connection, PLANS, {**row, "checksum": checksum(row)})

    def plan_of(self, run_id: str) -> tuple[Case, ...]:
        """What a run that did not come to its end had planned."""
        query = select(PLANS).where(PLANS.c.run_id == run_id).order_by(PLANS.c.place)
        found: list[Case] = []
        with self._session.reading() as connection:
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"the plan of run {run_id}", self._session.where)
                found += loads(tuple[Case, ...], row["cases"])
        return tuple(found)

    def part_of(self, run_id: str) -> Part:
        """The part in which a run was interrupted."""
        query = select(HOLDERS.c.began_at).where(HOLDERS.c.run_id == run_id)
        with self._session.reading() as connection:
            row = find_run(connection, run_id)
            check(row, f"run {row['id']}", self._session.where)
            began_at = connection.execute(query).scalar()
            return Part(read_kept(row), from_json(datetime, began_at) if began_at else None)

    def abandoned(self, now: datetime) -> tuple[str, ...]:
        """The runs that did not end and whose process is gone, the oldest first."""
        query = (
            select(RUNS.c.id, RUNS.c.started_at, *HOLDERS.c)
            .select_from(RUNS.outerjoin(HOLDERS, HOLDERS.c.run_id == RUNS.c.id))
            .where(RUNS.c.status == RunStatus.RUNNING.value)
            .order_by(RUNS.c.number)
        )
        with self._session.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(row["id"] for row in rows if _is_abandoned(dict(row), now))

    def go_on(self, run: Run, now: datetime) -> None:
        """This process takes over a run that was interrupted: its row says again that it goes on.

        What it took so far stays in the row, for the case that this process is killed as well.
        Raises: ConfigError when it goes on already, or came to its end.
        """
        with self._session.writing() as connection:
            # Held, so that of two that go on with it at once the second one sees the first.
            connection.execute(select(RUNS.c.id).where(RUNS.c.id == run.id).with_for_update())
            row = find_run(connection, run.id)
            query = select(HOLDERS).where(HOLDERS.c.run_id == run.id)
            held = connection.execute(query).mappings().first()
            state = {**row, **(held or {"host": None})}
            if row["status"] == RunStatus.RUNNING.value and not _is_abandoned(state, now):
                raise ConfigError(f"run {run.id} goes on in another process; wait for its end")
            if row["status"] == RunStatus.FINISHED.value:
                raise ConfigError(f"run {run.id} came to its end; there is nothing to go on with")
            again = run_row(replace(run, summary=_account(row, len(run.verdicts))))
            connection.execute(RUNS.update().where(RUNS.c.id == run.id), again)
            connection.execute(
                SUMMED_RUNS.update().where(SUMMED_RUNS.c.run_id == run.id), {"done": 0}
            )
            _hold(connection, run.id, this_process(), now, began_at=now)


def _account(row: Row, verdicts: int) -> Summary | None:
    """What the parts of a run took: their time, and the account over so many of its verdicts, if there is one."""
    kept = read_kept(row)
    if kept is None:
        return None
    spend = kept.spend
    if spend is not None and spend.verdicts is None:
        spend = replace(spend, verdicts=verdicts)
    return Summary(spend=spend, elapsed_s=kept.elapsed_s)


def _hold(
    connection: Connection,
    run_id: str,
    holder: Holder,
    at: datetime,
    *,
    began_at: datetime | None = None,
) -> None:
    row = {
        "run_id": well_formed(run_id),
        "host": holder.host,
        "process": holder.process,
        "seen_at": moment_text(at),
    }
    # Who only says that it is there leaves the moment when it began as it is.
    began = {} if began_at is None else {"began_at": moment_text(began_at)}
    put(connection, HOLDERS, {**row, **began})


def _is_abandoned(row: Row, now: datetime) -> bool:
    if row["host"] is None:
        began = from_json(datetime, row["started_at"])
        return now - began > timedelta(seconds=_UNHELD_S)
    holder = Holder(row["host"], row["process"])
    if holder.host == this_process().host:
        return holder.is_gone
    return now - from_json(datetime, row["seen_at"]) > timedelta(seconds=SILENT_S)
