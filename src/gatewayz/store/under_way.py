"""A run as far as it has come, in few words: what somebody who watches it wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, func, literal_column, select

from gatewayz.core import Outcome, RunStatus
from gatewayz.core.codec import from_json
from gatewayz.store.holding import Holding, planned_by_now
from gatewayz.store.holding_schema import HOLDERS
from gatewayz.store.noun_rows import planned_cases
from gatewayz.store.run_order import NEWEST_FIRST
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS

# Of so many that were begun last it is looked which ended last: a long run may outlast many short ones.
_LATELY = 200


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
    """A run: how many cases were planned, how many of each gateway ended how, the latest first.

    `goes_on` says whether the process that has it is there; None where nobody knows, since no process said that
    it has it. A case is put to a model. What came of the gateways whose model list had something to tell, or that
    were not called up, stands in `lists` by itself: no plan holds it beforehand.
    """

    id: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    planned: int
    ended: Mapping[str, Mapping[Outcome, int]]
    goes_on: bool | None = None
    lists: Mapping[str, Outcome] = field(default_factory=dict)
    latest: tuple[Latest, ...] = ()

    @property
    def recorded(self) -> int:
        """How many cases have their result."""
        return sum(count for ended in self.ended.values() for count in ended.values())


class KeptUnderWay:
    """The run of a store that somebody wants to watch."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self, now: datetime, *, latest: int = 25) -> UnderWay | None:
        """The run that goes on, with its latest results; None where there is no run.

        Of several that go on it is the one that was begun last; where none does, the one that ended last.
        """
        held = self._held(now)
        going_on = next((run_id for run_id, is_there in held.items() if is_there), None)
        columns = (RUNS.c.id, RUNS.c.started_at, RUNS.c.finished_at, RUNS.c.status)
        query = select(*columns).where(RUNS.c.id == (going_on or _ended_last()))
        with self._session.reading() as connection:
            run = connection.execute(query).first()
            if run is None:
                return None
            ended, lists = _ended(connection, run.id)
            is_open = run.status == RunStatus.RUNNING.value
            return UnderWay(
                id=run.id,
                started_at=from_json(datetime, run.started_at),
                finished_at=from_json(datetime, run.finished_at) if run.finished_at else None,
                status=RunStatus(run.status),
                goes_on=held.get(run.id) if is_open else False,
                planned=_planned(connection, run.id) or _put(run.status, ended),
                ended=ended,
                lists=lists,
                latest=_latest(connection, run.id, latest),
            )

    def _held(self, now: datetime) -> dict[str, bool]:
        """The runs without an end that a process said to have, the newest first, and whether it is there."""
        query = select(RUNS.c.id).join(HOLDERS, HOLDERS.c.run_id == RUNS.c.id)
        query = query.where(RUNS.c.status == RunStatus.RUNNING.value).order_by(*NEWEST_FIRST)
        with self._session.reading() as connection:
            held = connection.execute(query).scalars().all()
        # Who is gone is found by a look at all runs, which is spared where nobody has any.
        gone = Holding(self._session).abandoned(now) if held else ()
        return {run_id: run_id not in gone for run_id in held}


def _ended_last() -> ScalarSelect[str]:
    """The run of which there was a sign last: its end, else that its process was there, else its beginning."""
    columns = RUNS.c.id, RUNS.c.started_at, RUNS.c.finished_at, RUNS.c.ordered_at, RUNS.c.number
    lately = select(*columns).order_by(*NEWEST_FIRST).limit(_LATELY).subquery()
    sign = func.coalesce(lately.c.finished_at, HOLDERS.c.seen_at, lately.c.started_at)
    query = select(lately.c.id).outerjoin(HOLDERS, HOLDERS.c.run_id == lately.c.id)
    in_order = sign.desc(), lately.c.ordered_at.desc(), lately.c.number.desc()
    return query.order_by(*in_order).limit(1).scalar_subquery()


def _planned(connection: Connection, run_id: str) -> int:
    """How many cases are put to models, as far as is planned by now."""
    planned = planned_by_now(connection, [run_id]).get(run_id)
    if planned is None:  # it has ended, and its own row holds the plan
        query = select(RUNS.c.plan).where(RUNS.c.id == run_id)
        planned = planned_cases(connection.execute(query).scalar_one())
    return planned


def _put(status: str, ended: Mapping[str, Mapping[Outcome, int]]) -> int:
    """What a run without a plan put to models, where it came to its end: so many cases were planned."""
    if status != RunStatus.FINISHED.value:
        return 0
    return sum(count for outcomes in ended.values() for count in outcomes.values())


def _ended(
    connection: Connection, run_id: str
) -> tuple[dict[str, dict[Outcome, int]], dict[str, Outcome]]:
    """How many cases of each gateway ended how, and how its model list did where that is kept."""
    # No parameter among what is grouped by: PostgreSQL would not know it again.
    of_list = RESULTS.c.model == literal_column("''")
    alike = (RESULTS.c.gateway, RESULTS.c.outcome, of_list)
    query = select(*alike, func.count()).where(RESULTS.c.run_id == run_id).group_by(*alike)
    found: dict[str, dict[Outcome, int]] = {}
    lists: dict[str, set[Outcome]] = {}
    for gateway, outcome, is_list, count in connection.execute(query):
        cases = found.setdefault(gateway, {})
        if is_list:
            lists.setdefault(gateway, set()).add(Outcome(outcome))
        else:
            cases[Outcome(outcome)] = count
    # On two ways the worse of the two is told.
    worst = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED, Outcome.SKIPPED)
    return found, {name: min(seen, key=worst.index) for name, seen in lists.items()}


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
