"""What was found of one model, over all stored runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from gatewayz.core import Verdict, Way
from gatewayz.core.codec import from_json, loads
from gatewayz.store.lines import StoredVerdict
from gatewayz.store.rows import check
from gatewayz.store.session import Session
from gatewayz.store.tables import RUNS, VERDICTS


class KeptVerdicts:
    """The verdicts in a store, model by model."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(
        self, gateway: str, model: str, *, way: Way = "direct", limit: int = 200
    ) -> tuple[StoredVerdict, ...]:
        """The latest ones of one model of a gateway, the newest first.

        What was judged again later comes once, as it was judged last.
        """
        query = (
            select(VERDICTS, RUNS.c.started_at.label("run_started_at"))
            .join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
            .where(VERDICTS.c.gateway == gateway, VERDICTS.c.model == model, VERDICTS.c.way == way)
            .order_by(VERDICTS.c.number.desc())
            .limit(limit)
        )
        found: dict[tuple[object, ...], StoredVerdict] = {}
        with self._session.reading() as connection:
            for row in map(dict, connection.execute(query).mappings()):
                run_started_at = row.pop("run_started_at")
                check(row, f"result {row['number']} of run {row['run_id']}", self._session.where)
                asked = row["started_at"]
                same = (asked or row["number"], row["probe"], row["repeat"])
                if same in found:
                    continue
                found[same] = StoredVerdict(
                    run_id=row["run_id"],
                    at=from_json(datetime, asked or run_started_at),
                    verdict=loads(Verdict, row["verdict"]),
                )
        return tuple(sorted(found.values(), key=lambda kept: kept.at, reverse=True))
