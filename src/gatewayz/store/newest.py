"""How every question came out last: the newest run that put it, however many have not since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gatewayz.core import Outcome, Way
from gatewayz.core.codec import from_json, moment_text
from gatewayz.store.past import SAW_SOMETHING
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS

# So many results are gone back over: a day of a thousand models that are asked twice an hour.
MOST_RESULTS = 50_000
_AT_ONCE = 2000
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """One question as the newest run found it, over its repeats.

    `label` names what failed, "" where nothing did. `at` is when it was asked first; `ttft_s` and
    `latency_s` are of its last answer that has them, None where none has.
    """

    gateway: str
    model: str
    probe: str
    run_id: str
    at: datetime
    outcomes: tuple[Outcome, ...]
    label: str = ""
    ttft_s: float | None = None
    latency_s: float | None = None


class KeptNewest:
    """The newest of everything in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(
        self, *, since: datetime | None = None, way: Way = "direct", most: int = MOST_RESULTS
    ) -> tuple[Newest, ...]:
        """Every question that was put from `since` on, each as the newest run that put it found it.

        In the order of gateways. Model lists are not among them, nor what was only judged again.
        """
        found: dict[tuple[str, str, str], list[Any]] = {}
        with self._session.reading() as connection:
            for row in _rows(connection, since, way, most):
                name = (row.gateway, row.model, row.probe)
                rows = found.get(name)
                if rows is None:
                    found[name] = [row]
                elif rows[0].run_id == row.run_id:
                    rows.append(row)
        return tuple(_newest(rows) for _, rows in sorted(found.items(), key=lambda one: one[0][0]))


def _rows(connection: Connection, since: datetime | None, way: Way, most: int) -> Iterator[Any]:
    """The results, the newest first."""
    again = list(connection.execute(select(RUNS.c.id).where(~SAW_SOMETHING)).scalars())
    columns = (
        RESULTS.c.gateway, RESULTS.c.model, RESULTS.c.probe, RESULTS.c.run_id, RESULTS.c.outcome,
        RESULTS.c.kind, RESULTS.c["class"].label("failure_class"), RESULTS.c.at, RESULTS.c.ttft_s,
        RESULTS.c.latency_s,
    )  # fmt: skip
    query = select(*columns).where(RESULTS.c.way == way, RESULTS.c.model != "")
    if again:
        query = query.where(RESULTS.c.run_id.not_in(again))
    if since is not None:
        query = query.where(RESULTS.c.at >= moment_text(since))
    query = query.order_by(RESULTS.c.at.desc(), RESULTS.c.number.desc()).limit(most)
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query)


def _newest(rows: list[Any]) -> Newest:
    """One question out of the results of its newest run, of which the latest comes first."""
    latest, first = rows[0], rows[-1]
    return Newest(
        gateway=latest.gateway,
        model=latest.model,
        probe=latest.probe,
        run_id=latest.run_id,
        at=from_json(datetime, first.at),
        outcomes=tuple(_OUTCOMES[row.outcome] for row in reversed(rows)),
        label=next(
            (row.kind or row.failure_class for row in rows if row.kind or row.failure_class), ""
        ),
        ttft_s=next((row.ttft_s for row in rows if row.ttft_s is not None), None),
        latency_s=next((row.latency_s for row in rows if row.latency_s is not None), None),
    )
