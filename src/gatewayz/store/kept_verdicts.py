"""What was found of one model, over all stored runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gatewayz.core import Outcome, Verdict, Way
from gatewayz.core.case import CaseName
from gatewayz.core.codec import from_json, loads, moment_text
from gatewayz.core.units import utc_now
from gatewayz.store.first_hand import SAW_SOMETHING, TAKEN_OVER
from gatewayz.store.lines import StoredVerdict
from gatewayz.store.rows import check
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS, VERDICTS


class KeptVerdicts:
    """The verdicts in a store, model by model."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def standing(
        self, since: datetime, wanted: Callable[[Mapping[str, Any], str, Way], bool]
    ) -> dict[CaseName, tuple[str, Verdict]]:
        """What passed when it was asked last, at a moment or later, with the id of its run.

        `wanted` says by a run's settings, a gateway and a way whether these count at all. What was
        taken over from an earlier run counts as that run's.
        """
        oldest = moment_text(since)
        # A run may have been begun long before: it went on for a time, or was taken up again.
        asked_since = select(RESULTS.c.run_id).where(RESULTS.c.at >= oldest)
        runs = select(RUNS).where(RUNS.c.id.in_(asked_since), SAW_SOMETHING)
        last: dict[CaseName, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        with self._session.reading() as connection:
            for run in map(dict, connection.execute(runs).mappings()):
                check(run, f"run {run['id']}", self._session.where)
                settings = loads(dict[str, Any], run["settings"])
                for row in self._asked_in(connection, run["id"], oldest):
                    name = (row["gateway"], row["way"], row["model"], row["probe"], row["repeat"])
                    if not wanted(settings, row["gateway"], row["way"]):
                        continue
                    # Of one moment the later run has the word, and in it what was kept later.
                    rank = (row["started_at"], run["ordered_at"], run["number"], row["number"])
                    if name not in last or rank > last[name][0]:
                        last[name] = rank, row
        return {
            name: (row["run_id"], loads(Verdict, row["verdict"]))
            for name, (_, row) in last.items()
            if row["outcome"] == Outcome.PASSED.value
        }

    def _asked_in(
        self, connection: Connection, run_id: str, oldest: str
    ) -> Iterator[dict[str, Any]]:
        """The rows of what a run itself sent since a moment; what is still to come was another clock's."""
        asked, now = VERDICTS.c.started_at, moment_text(utc_now())
        sent = VERDICTS.c.model.is_not(None), asked >= oldest, asked <= now, ~TAKEN_OVER
        query = select(VERDICTS).where(VERDICTS.c.run_id == run_id, *sent)
        for row in map(dict, connection.execute(query).mappings()):
            check(row, f"result {row['number']} of run {run_id}", self._session.where)
            yield row

    def of(
        self, gateway: str, model: str, *, way: Way = "direct", limit: int = 200
    ) -> tuple[StoredVerdict, ...]:
        """The latest ones of one model of a gateway, the newest first.

        What was judged again later comes once, as it was judged last.
        """
        query = (
            select(
                VERDICTS,
                RUNS.c.started_at.label("run_started_at"),
                (~SAW_SOMETHING).label("judged_again"),
            )
            .join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
            .where(VERDICTS.c.gateway == gateway, VERDICTS.c.model == model, VERDICTS.c.way == way)
            .order_by(
                func.coalesce(VERDICTS.c.started_at, RUNS.c.started_at).desc(),
                VERDICTS.c.number.desc(),
            )
            .limit(limit)
        )
        found: dict[tuple[object, ...], StoredVerdict] = {}
        latest: dict[tuple[object, ...], str] = {}
        with self._session.reading() as connection:
            for row in map(dict, connection.execute(query).mappings()):
                run_started_at = row.pop("run_started_at")
                # By an import the first judgement may come after the later ones.
                judged = row["run_id"] if row.pop("judged_again") else ""
                check(row, f"result {row['number']} of run {row['run_id']}", self._session.where)
                asked = row["started_at"]
                same = (asked or row["number"], row["probe"], row["repeat"])
                if same in found and latest[same] >= judged:
                    continue
                latest[same] = judged
                found[same] = StoredVerdict(
                    run_id=row["run_id"],
                    at=from_json(datetime, asked or run_started_at),
                    verdict=loads(Verdict, row["verdict"]),
                )
        return tuple(sorted(found.values(), key=lambda kept: kept.at, reverse=True))
