"""The past of some models: what each run said of them, and since when what holds.

Runs that only judged another one again (`rejudge --save`) saw nothing of their own and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from gatewayz.core import Outcome, RunStatus, UnknownName
from gatewayz.core.codec import from_json
from gatewayz.core.globs import is_meant_by
from gatewayz.core.past import Past, PastRun, PastVerdict, QuestionPast
from gatewayz.store.session import Session
from gatewayz.store.tables import RUNS, VERDICTS

if TYPE_CHECKING:
    from gatewayz.store.newest import KeptNewest
    from gatewayz.store.under_way import KeptUnderWay

_QUESTION = (VERDICTS.c.gateway, VERDICTS.c.way, VERDICTS.c.model, VERDICTS.c.probe)
# Inside a JSON text a quote is escaped, so that no value of a setting can look like this name.
SAW_SOMETHING = RUNS.c.settings.not_like('%"rejudged":"%')


class KeptPast:
    """What a store knows of models over its runs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def newest(self) -> KeptNewest:
        """How every question came out last."""
        from gatewayz.store.newest import KeptNewest

        return KeptNewest(self._session)

    @property
    def under_way(self) -> KeptUnderWay:
        """The newest run as far as it has come."""
        from gatewayz.store.under_way import KeptUnderWay

        return KeptUnderWay(self._session)

    def of(self, gateway: str, model: str = "*", *, limit: int = 20) -> Past:
        """The past of the models that two globs mean, case aside, over the latest `limit` runs.

        Questions are told over all runs that are kept, in the order of gateways, ways and models.
        Raises: UnknownName when no gateway, or none of its models, was ever asked.
        """
        with self._session.reading() as connection:
            chosen = _matching(connection, gateway, model)
            runs = _latest(connection, chosen, limit)
            return Past(
                runs=tuple(runs.values()),
                verdicts=tuple(_verdicts(connection, chosen, runs)),
                questions=tuple(_questions(connection, chosen)),
            )


def _matching(connection: Connection, gateway: str, model: str) -> ColumnElement[bool]:
    """The condition that picks the verdicts on what two globs mean."""
    asked = select(VERDICTS.c.gateway, VERDICTS.c.model).where(VERDICTS.c.model.is_not(None))
    models: dict[str, set[str]] = {}
    for name, model_id in connection.execute(asked.distinct()):
        models.setdefault(name, set()).add(model_id)
    gateways = {name for name in models if is_meant_by(gateway, name)}
    if not gateways:
        raise UnknownName("gateway", gateway, models)
    parts = []
    for name in sorted(gateways):
        found = {one for one in models[name] if is_meant_by(model, one)}
        if found:
            of_model = VERDICTS.c.model.is_not(None)
            if found != models[name]:
                of_model = VERDICTS.c.model.in_(sorted(found))
            parts.append(and_(VERDICTS.c.gateway == name, of_model))
    if not parts:
        known = {one for name in gateways for one in models[name]}
        raise UnknownName("model", model, known)
    return or_(*parts)


def _latest(connection: Connection, chosen: ColumnElement[bool], limit: int) -> dict[str, PastRun]:
    """The latest runs with such a verdict, by id, the newest first."""
    asked = select(VERDICTS.c.number).where(VERDICTS.c.run_id == RUNS.c.id, chosen).exists()
    query = (
        select(RUNS.c.id, RUNS.c.started_at, RUNS.c.status)
        .where(SAW_SOMETHING, asked)
        .order_by(RUNS.c.number.desc())
        .limit(limit)
    )
    return {row.id: _run(row) for row in connection.execute(query)}


def _run(row: Any) -> PastRun:
    return PastRun(
        id=row.id,
        started_at=from_json(datetime, row.started_at),
        status=RunStatus(row.status),
    )


def _verdicts(
    connection: Connection, chosen: ColumnElement[bool], runs: Iterable[str]
) -> Iterable[PastVerdict]:
    query = (
        select(
            *_QUESTION, VERDICTS.c.run_id, VERDICTS.c.outcome, VERDICTS.c.kind, VERDICTS.c["class"]
        )
        .where(VERDICTS.c.run_id.in_(list(runs)), chosen)
        .order_by(VERDICTS.c.number)
    )
    for gateway, way, model, probe, run_id, outcome, kind, failure_class in connection.execute(
        query
    ):
        yield PastVerdict(
            run_id=run_id,
            gateway=gateway,
            way=way,
            model=model,
            probe=probe,
            outcome=Outcome(outcome),
            label=kind or failure_class or "",
        )


def _questions(connection: Connection, chosen: ColumnElement[bool]) -> Iterable[QuestionPast]:
    """Each question over all runs: two passes, since "since" is counted from the last pass on."""
    passed = VERDICTS.c.outcome == Outcome.PASSED.value
    failed = VERDICTS.c.outcome == Outcome.FAILED.value
    verdicts = VERDICTS.join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
    whole = (
        select(
            *_QUESTION,
            func.min(RUNS.c.number).label("first"),
            func.max(case((passed, RUNS.c.number))).label("good"),
            func.count(case((passed, RUNS.c.number))).label("passed"),
            func.count(case((failed, RUNS.c.number))).label("failed"),
        )
        .select_from(verdicts)
        .where(chosen, SAW_SOMETHING)
        .group_by(*_QUESTION)
    )
    known = whole.subquery()
    same = and_(*(column == known.c[column.name] for column in _QUESTION))
    after = or_(known.c.good.is_(None), RUNS.c.number > known.c.good)
    since = (
        select(
            *_QUESTION,
            func.min(RUNS.c.number).label("bad"),
            func.count(RUNS.c.number.distinct()).label("runs"),
        )
        .select_from(verdicts.join(known, same))
        .where(failed, after, SAW_SOMETHING)
        .group_by(*_QUESTION)
    )
    failing = {tuple(row[:4]): (row.bad, row.runs) for row in connection.execute(since)}
    rows = connection.execute(whole.order_by(*_QUESTION)).all()
    numbers = {row.first for row in rows} | {row.good for row in rows}
    runs = _by_number(connection, numbers | {bad for bad, _ in failing.values()})
    for row in rows:
        bad, count = failing.get(tuple(row[:4]), (None, 0))
        yield QuestionPast(
            gateway=row.gateway,
            way=row.way,
            model=row.model,
            probe=row.probe,
            first_seen=runs[row.first],
            last_passed=runs.get(row.good),
            fails_since=runs.get(bad),
            failing_runs=count,
            passed=row.passed,
            failed=row.failed,
        )


def _by_number(connection: Connection, numbers: Iterable[int | None]) -> Mapping[int, PastRun]:
    wanted = [number for number in numbers if number is not None]
    query = select(RUNS.c.number, RUNS.c.id, RUNS.c.started_at, RUNS.c.status)
    found = connection.execute(query.where(RUNS.c.number.in_(wanted)))
    return {row.number: _run(row) for row in found}
