"""The past of some models: what each run said of them, and since when what holds.

Runs that only judged another one again (`rejudge --save`) saw nothing of their own and are left out. What
a run took over from an earlier one (`--max-age`) was not asked in it: its cell says so, and it counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, or_, select

from gatewayz.core import Outcome, RunStatus, UnknownName, Verdict, Way
from gatewayz.core.codec import from_json, loads
from gatewayz.core.globs import is_meant_by
from gatewayz.core.past import ListPast, Past, PastRun, PastVerdict, QuestionPast
from gatewayz.store.first_hand import SAW_SOMETHING, TAKEN_OVER
from gatewayz.store.list_reads import last_reads, newest_reads
from gatewayz.store.run_order import AS_TEXT, NEWEST_FIRST, number_in
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS, VERDICTS

if TYPE_CHECKING:
    from gatewayz.store.newest import KeptNewest
    from gatewayz.store.under_way import KeptUnderWay

_NAMES = ("gateway", "way", "model", "probe")
# A verdict that was taken over from an earlier run has no result of its own.
_QUESTION = tuple(RESULTS.c[name] for name in _NAMES)

# The models that are meant of each gateway; None: all.
_Meant = Mapping[str, Sequence[str] | None]


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
        """The run that goes on, as far as it has come."""
        from gatewayz.store.under_way import KeptUnderWay

        return KeptUnderWay(self._session)

    def of(self, gateway: str, model: str = "*", *, limit: int = 20) -> Past:
        """The past of the models that two globs mean, case aside, over the latest `limit` runs.

        Questions are told over all runs that are kept, in the order of gateways, ways and models.
        Raises: UnknownName when no gateway, or none of its models, was ever asked.
        """
        with self._session.reading() as connection:
            meant = _matching(connection, gateway, model)
            runs = _latest(connection, meant, limit)
            verdicts = tuple(_verdicts(connection, meant, runs))
            questions = {one.question: one for one in _questions(connection, meant)}
            for one in verdicts:
                gateway, way, model, probe = one.question
                questions.setdefault(  # it was asked in no run that is kept
                    one.question,
                    QuestionPast(gateway=gateway, way=way, model=model, probe=probe),
                )
            return Past(
                runs=tuple(runs.values()),
                verdicts=verdicts,
                questions=tuple(questions[name] for name in sorted(questions)),
                lists=tuple(_lists(connection, meant)),
            )


def _matching(connection: Connection, gateway: str, model: str) -> _Meant:
    """What picks those models that two globs mean."""
    was_asked = or_(VERDICTS.c.model.is_not(None), VERDICTS.c.outcome != Outcome.SKIPPED.value)
    asked = select(VERDICTS.c.gateway, VERDICTS.c.model).where(was_asked)
    models: dict[str, set[str]] = {}
    for name, model_id in connection.execute(asked.distinct()):
        models.setdefault(name, set()).update({model_id} - {None})
    gateways = {name for name in models if is_meant_by(gateway, name)}
    if not gateways:
        raise UnknownName("gateway", gateway, models)
    found = {
        name: None if wanted == models[name] else sorted(wanted)
        for name in sorted(gateways)
        if (wanted := {one for one in models[name] if is_meant_by(model, one)})
        or (model == "*" and not models[name])  # its list never worked
    }
    if not found:
        known = {one for name in gateways for one in models[name]}
        raise UnknownName("model", model, known)
    return found


def _picked(meant: _Meant, table: Table) -> ColumnElement[bool]:
    """The condition that picks what a table has of these models."""
    # Of a model list one table has no model, and the other one without a name.
    has_model = table.c.model.is_not(None) if table is VERDICTS else table.c.model != ""
    return or_(
        *(
            (table.c.gateway == name) & (has_model if ids is None else table.c.model.in_(ids))
            for name, ids in meant.items()
        )
    )


def _latest(connection: Connection, meant: _Meant, limit: int) -> dict[str, PastRun]:
    """The latest runs with such a verdict, by id, the newest first."""
    chosen = _picked(meant, VERDICTS)
    asked = select(VERDICTS.c.number).where(VERDICTS.c.run_id == RUNS.c.id, chosen).exists()
    query = (
        select(RUNS.c.id, RUNS.c.started_at, RUNS.c.status)
        .where(SAW_SOMETHING, asked)
        .order_by(*NEWEST_FIRST)
        .limit(limit)
    )
    return {row.id: _run(row) for row in connection.execute(query)}


def _run(row: Any) -> PastRun:
    return PastRun(
        id=row.id,
        started_at=from_json(datetime, row.started_at),
        status=RunStatus(row.status),
    )


def _verdicts(connection: Connection, meant: _Meant, runs: Iterable[str]) -> Iterable[PastVerdict]:
    names = (*_NAMES, "run_id", "outcome", "kind", "class")
    taken_over = case((TAKEN_OVER, VERDICTS.c.verdict)).label("taken_over")
    query = (
        select(*(VERDICTS.c[name] for name in names), taken_over)
        .where(VERDICTS.c.run_id.in_(list(runs)), _picked(meant, VERDICTS))
        .order_by(VERDICTS.c.number)
    )
    for row in connection.execute(query).mappings():
        text = row["taken_over"]
        yield PastVerdict(
            run_id=row["run_id"],
            gateway=row["gateway"],
            way=row["way"],
            model=row["model"],
            probe=row["probe"],
            outcome=Outcome(row["outcome"]),
            label=row["kind"] or row["class"] or "",
            taken_from=loads(Verdict, text).taken_from if text else "",
        )


def _questions(connection: Connection, meant: _Meant) -> Iterable[QuestionPast]:
    """Each question over all runs: two passes, since "since" is counted from the last pass on."""
    chosen = _picked(meant, RESULTS)
    passed = RESULTS.c.outcome == Outcome.PASSED.value
    failed = RESULTS.c.outcome == Outcome.FAILED.value
    results = RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id)
    whole = (
        select(
            *_QUESTION,
            func.min(AS_TEXT).label("first"),
            func.max(case((passed, AS_TEXT))).label("good"),
            func.count(case((passed, RUNS.c.number))).label("passed"),
            func.count(case((failed, RUNS.c.number))).label("failed"),
        )
        .select_from(results)
        .where(chosen, SAW_SOMETHING)
        .group_by(*_QUESTION)
    )
    known = whole.subquery()
    same = and_(*(column == known.c[column.name] for column in _QUESTION))
    after = or_(known.c.good.is_(None), known.c.good < AS_TEXT)
    since = (
        select(
            *_QUESTION,
            func.min(AS_TEXT).label("bad"),
            func.count(RUNS.c.number.distinct()).label("runs"),
        )
        .select_from(results.join(known, same))
        .where(failed, after, SAW_SOMETHING)
        .group_by(*_QUESTION)
    )
    failing = {tuple(row[:4]): (row.bad, row.runs) for row in connection.execute(since)}
    rows = connection.execute(whole.order_by(*_QUESTION)).all()
    places = {row.first for row in rows} | {row.good for row in rows}
    runs = _by_place(connection, places | {bad for bad, _ in failing.values()})
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


def _lists(connection: Connection, meant: _Meant) -> Iterable[ListPast]:
    """The model lists of these gateways that fail now, which nobody has read since."""
    lane = RESULTS.c.gateway, RESULTS.c.way
    results = RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id)
    of_these = RESULTS.c.gateway.in_(meant), SAW_SOMETHING
    query = (
        select(*lane, AS_TEXT, RESULTS.c.at, RESULTS.c.kind, RESULTS.c["class"])
        .select_from(results)
        .where(*of_these, RESULTS.c.model == "", RESULTS.c.outcome == Outcome.FAILED.value)
        .order_by(*lane, AS_TEXT)
    )
    # Mostly there are none; who has read a list is told by all that was ever asked of its gateway.
    failed = connection.execute(query).all()
    gateways = {row.gateway for row in failed}
    read, newest = last_reads(connection, gateways), newest_reads(connection, gateways)
    failing: dict[tuple[str, Way], dict[str, str]] = {}
    for gateway, way, place, at, kind, failure_class in failed:
        last = newest.get((gateway, way))
        is_over = last is not None and last > datetime.fromisoformat(at)
        if not is_over and place > read.get((gateway, way), ""):
            failing.setdefault((gateway, way), {})[place] = kind or failure_class
    runs = _by_place(connection, {*read.values(), *(min(labels) for labels in failing.values())})
    for (gateway, way), labels in failing.items():
        yield ListPast(
            gateway=gateway,
            way=way,
            fails_since=runs[min(labels)],
            failing_runs=len(labels),
            label=labels[max(labels)],
            last_read=runs.get(read.get((gateway, way))),
        )


def _by_place(connection: Connection, places: Iterable[str | None]) -> Mapping[str | None, PastRun]:
    wanted: dict[int, str | None] = {
        number_in(place): place for place in places if place is not None
    }
    query = select(RUNS.c.number, RUNS.c.id, RUNS.c.started_at, RUNS.c.status)
    found = connection.execute(query.where(RUNS.c.number.in_(wanted)))
    return {wanted[row.number]: _run(row) for row in found}
