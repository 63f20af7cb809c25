"""Load runs: kept whole, listed, and found again by the models they were about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from gatewayz.core import ConfigError, RunStatus, UnknownName, Way
from gatewayz.core.codec import dumps, from_json, loads, moment_text
from gatewayz.core.globs import is_meant_by
from gatewayz.core.load import LoadLine, LoadResult
from gatewayz.core.load_past import LoadRunLine, PastLoad
from gatewayz.core.text import well_formed
from gatewayz.store.load_tables import LOAD_LINES, LOADS
from gatewayz.store.rows import Row, check, checksum
from gatewayz.store.session import Session


class KeptLoads:
    """The load runs in a store. Each method raises StoreError, one line with its remedy."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, result: LoadResult) -> None:
        """One run, whole."""
        with self._session.writing() as connection:
            connection.execute(LOADS.insert(), _row_of(result))
            if rows := _rows_of_lines(result):
                connection.execute(LOAD_LINES.insert(), rows)

    def latest(self, limit: int = 20) -> list[LoadRunLine]:
        """The latest runs, the newest first."""
        with self._session.reading() as connection:
            rows = connection.execute(_newest(select(LOADS)).limit(limit)).mappings()
            return [self._line(dict(row)) for row in rows]

    def find(self, wanted: str) -> str:
        """The id of the run that is meant by an id, the beginning of one, or "last".

        Raises: UnknownName, or ConfigError when several runs begin so.
        """
        with self._session.reading() as connection:
            ids = list(connection.execute(_named(wanted)).scalars())
            if wanted in ids:
                return wanted
            if len(ids) == 1:
                return str(ids[0])
            if ids:
                raise ConfigError(
                    f"several load runs begin with '{wanted}': {', '.join(ids)}; give more of it"
                )
            known = connection.execute(_newest(select(LOADS.c.id)).limit(20)).scalars()
            raise UnknownName("load run", wanted, known)

    def load(self, wanted: str) -> LoadResult:
        """One run as it was kept; `wanted` and what is raised are those of `find`."""
        found = self.find(wanted)
        with self._session.reading() as connection:
            query = select(LOADS).where(LOADS.c.id == found)
            return self._whole(connection, dict(connection.execute(query).mappings().one()))

    def of_id(self, load_id: str) -> LoadResult | None:
        """The run of exactly this id; None where there is none."""
        with self._session.reading() as connection:
            query = select(LOADS).where(LOADS.c.id == load_id)
            row = connection.execute(query).mappings().first()
            return self._whole(connection, dict(row)) if row is not None else None

    def ids(self) -> tuple[str, ...]:
        """The ids of all load runs, the oldest first."""
        with self._session.reading() as connection:
            query = select(LOADS.c.id).order_by(LOADS.c.started_at, LOADS.c.id)
            return tuple(connection.execute(query).scalars())

    def _whole(self, connection: Connection, row: Row) -> LoadResult:
        check(row, f"load run {row['id']}", self._session.where)
        of_run = select(LOAD_LINES).where(LOAD_LINES.c.load_id == row["id"])
        lines = connection.execute(of_run.order_by(LOAD_LINES.c.place)).mappings()
        return replace(
            loads(LoadResult, row["result"]),
            lines=tuple(self._stored_line(dict(one)) for one in lines),
        )

    def of(
        self, gateway: str, model: str = "*", *, way: Way | None = None, limit: int = 20
    ) -> tuple[PastLoad, ...]:
        """What the latest `limit` runs found of the models that two globs mean, the newest run first.

        Case aside; `way` None means both. Empty where none was ever under load.
        """
        with self._session.reading() as connection:
            chosen = _matching(connection, gateway, model)
            if not chosen:
                return ()
            condition = or_(
                *(and_(LOAD_LINES.c.gateway == g, LOAD_LINES.c.model == m) for g, m in chosen)
            )
            if way is not None:
                condition &= LOAD_LINES.c.way == way
            asked = select(LOAD_LINES.c.place).where(LOAD_LINES.c.load_id == LOADS.c.id, condition)
            runs = connection.execute(
                _newest(select(LOADS.c.id, LOADS.c.started_at).where(asked.exists())).limit(limit)
            )
            began = {row.id: from_json(datetime, row.started_at) for row in runs}
            query = select(LOAD_LINES).where(condition, LOAD_LINES.c.load_id.in_(list(began)))
            found = [
                PastLoad(
                    run_id=row["load_id"],
                    at=began[row["load_id"]],
                    gateway=row["gateway"],
                    way=row["way"],
                    model=row["model"],
                    line=self._stored_line(row),
                )
                for row in map(
                    dict, connection.execute(query.order_by(LOAD_LINES.c.place)).mappings()
                )
            ]
        order = {run: number for number, run in enumerate(began)}
        return tuple(sorted(found, key=lambda one: order[one.run_id]))

    def prune(self, before: datetime, *, keep_failed: bool = False, dry_run: bool = False) -> int:
        """Removes runs begun before a moment, those with failures too unless they are to be kept; how
        many there are or were.
        """
        old = LOADS.c.started_at < moment_text(before)
        if keep_failed:
            old &= LOADS.c.failed == 0
        if dry_run:
            with self._session.reading() as connection:
                query = select(func.count()).select_from(LOADS).where(old)
                return int(connection.execute(query).scalar_one())
        with self._session.writing() as connection:
            return connection.execute(LOADS.delete().where(old)).rowcount

    def _line(self, row: Row) -> LoadRunLine:
        check(row, f"load run {row['id']}", self._session.where)
        ended = row["finished_at"]
        return LoadRunLine(
            started_at=from_json(datetime, row["started_at"]),
            finished_at=from_json(datetime, ended) if ended else None,
            status=RunStatus(row["status"]),
            **{name: row[name] for name in ("id", "shape", "targets", "passed", "failed")},
        )

    def _stored_line(self, row: Row) -> LoadLine:
        what = f"line {row['place']} of load run {row['load_id']}"
        check(row, what, self._session.where)
        return loads(LoadLine, row["line"])


def _newest(query: Select[Any]) -> Select[Any]:
    return query.order_by(LOADS.c.started_at.desc(), LOADS.c.id.desc())


def _named(wanted: str) -> Select[Any]:
    """Those that a name may mean, two being as bad as more."""
    if wanted == "last":
        return _newest(select(LOADS.c.id)).limit(1)
    begins = func.substr(LOADS.c.id, 1, len(wanted)) == wanted
    return select(LOADS.c.id).where(begins).order_by(LOADS.c.id).limit(20)


def _matching(connection: Connection, gateway: str, model: str) -> list[tuple[str, str]]:
    asked = select(LOAD_LINES.c.gateway, LOAD_LINES.c.model).distinct()
    return [
        (one, model_id)
        for one, model_id in connection.execute(asked)
        if is_meant_by(gateway, one) and is_meant_by(model, model_id)
    ]


def _row_of(result: LoadResult) -> Row:
    return _sealed(
        {
            "id": well_formed(result.id),
            "started_at": moment_text(result.started_at),
            "finished_at": moment_text(result.finished_at) if result.finished_at else None,
            "status": result.status.value,
            "shape": well_formed(result.shape.words),
            "targets": len(result.targets),
            "passed": sum(line.passed for line in result.lines),
            "failed": sum(line.failures for line in result.lines),
            "result": dumps(replace(result, lines=())),
        }
    )


def _rows_of_lines(result: LoadResult) -> list[Row]:
    targets = {target.name: target for target in result.targets}
    return [
        _sealed(
            {
                "load_id": well_formed(result.id),
                "place": place,
                "gateway": well_formed(targets[line.target].gateway),
                "way": targets[line.target].way,
                "model": well_formed(targets[line.target].model_id),
                "line": dumps(line),
            }
        )
        for place, line in enumerate(result.lines)
    ]


def _sealed(row: Row) -> Row:
    return {**row, "checksum": checksum(row)}
