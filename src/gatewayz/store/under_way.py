"""The newest run as far as it has come, in few words: what somebody who watches it wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from gatewayz.core import Outcome, RunStatus
from gatewayz.core.codec import from_json
from gatewayz.store.holding import planned_by_now
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """One result of the run; `label` names its failure, "" where there is none."""

    gateway: str
    model: str
    probe: str
    way: str
    at: datetime
    outcome: Outcome
    label: str = ""
    latency_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """The newest run: how many cases were planned, how many of each gateway ended how, the latest first."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    planned: int
    ended: Mapping[str, Mapping[Outcome, int]]
    latest: tuple[Latest, ...] = ()

    @property
    def recorded(self) -> int:
        """How many results there are."""
        return sum(count for ended in self.ended.values() for count in ended.values())


class KeptUnderWay:
    """The newest run of a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def newest(self, *, latest: int = 25) -> UnderWay | None:
        """The run that was begun last, with its latest results; None where there is no run."""
        columns = (RUNS.c.id, RUNS.c.started_at, RUNS.c.finished_at, RUNS.c.status, RUNS.c.planned)
        query = select(*columns).order_by(RUNS.c.number.desc()).limit(1)
        with self._session.reading() as connection:
            run = connection.execute(query).first()
            if run is None:
                return None
            status = RunStatus(run.status)
            planned = run.planned or 0
            if status is RunStatus.RUNNING:
                planned = planned_by_now(connection, [run.id]).get(run.id, planned)
            return UnderWay(
                id=run.id,
                started_at=from_json(datetime, run.started_at),
                finished_at=from_json(datetime, run.finished_at) if run.finished_at else None,
                status=status,
                planned=planned,
                ended=_ended(connection, run.id),
                latest=_latest(connection, run.id, latest),
            )


def _ended(connection: Connection, run_id: str) -> dict[str, dict[Outcome, int]]:
    alike = (RESULTS.c.gateway, RESULTS.c.outcome)
    query = select(*alike, func.count()).where(RESULTS.c.run_id == run_id).group_by(*alike)
    found: dict[str, dict[Outcome, int]] = {}
    for gateway, outcome, count in connection.execute(query):
        found.setdefault(gateway, {})[Outcome(outcome)] = count
    return found


def _latest(connection: Connection, run_id: str, most: int) -> tuple[Latest, ...]:
    query = select(RESULTS).where(RESULTS.c.run_id == run_id).order_by(RESULTS.c.number.desc())
    return tuple(
        Latest(
            gateway=row.gateway,
            model=row.model,
            probe=row.probe,
            way=row.way,
            at=from_json(datetime, row.at),
            outcome=Outcome(row.outcome),
            label=row.kind or getattr(row, "class"),
            latency_s=row.latency_s,
        )
        for row in connection.execute(query.limit(most))
    )
