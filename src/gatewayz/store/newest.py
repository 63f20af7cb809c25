"""How every question came out last: the newest run that put it, however long ago."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gatewayz.core import Outcome, Way
from gatewayz.core.codec import from_json
from gatewayz.store.past import SAW_SOMETHING
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS

# So far is gone back for what the latest runs did not ask.
MOST_RUNS = 60
MOST_RESULTS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """One question as the newest run found it, over its repeats.

    `label` names what failed, "" where nothing did. `at` is when it was asked first; `ttft_s` and
    `latency_s` are of its last answer, None where that did not pass.
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

    def all(self, *, way: Way = "direct", most_runs: int = MOST_RUNS) -> tuple[Newest, ...]:
        """Every question that the latest runs put, each as the newest of them found it.

        In the order of gateways; models and probes as they were asked. Model lists are not among them.
        """
        found: dict[tuple[str, str, str], Newest] = {}
        with self._session.reading() as connection:
            seen = 0
            for run_id in _runs(connection, most_runs):
                of_run: dict[tuple[str, str, str], Newest] = {}
                for row in _rows(connection, run_id, way):
                    seen += 1
                    name = (row.gateway, row.model, row.probe)
                    if name not in found:
                        of_run[name] = _joined(of_run.get(name), row, run_id)
                found.update(of_run)
                if seen > MOST_RESULTS:
                    break
        return tuple(sorted(found.values(), key=lambda one: one.gateway))


def _runs(connection: Connection, most: int) -> list[str]:
    query = select(RUNS.c.id).where(SAW_SOMETHING).order_by(RUNS.c.number.desc()).limit(most)
    return list(connection.execute(query).scalars())


def _rows(connection: Connection, run_id: str, way: Way) -> Iterator[Any]:
    columns = (
        RESULTS.c.gateway, RESULTS.c.model, RESULTS.c.probe, RESULTS.c.outcome, RESULTS.c.kind,
        RESULTS.c["class"].label("failure_class"), RESULTS.c.at, RESULTS.c.ttft_s, RESULTS.c.latency_s,
    )  # fmt: skip
    query = select(*columns).where(
        RESULTS.c.run_id == run_id, RESULTS.c.way == way, RESULTS.c.model != ""
    )
    yield from connection.execute(query.order_by(RESULTS.c.number))


def _joined(before: Newest | None, row: Any, run_id: str) -> Newest:
    """A question with one more of its repeats."""
    return Newest(
        gateway=row.gateway,
        model=row.model,
        probe=row.probe,
        run_id=run_id,
        at=before.at if before else from_json(datetime, row.at),
        outcomes=(*(before.outcomes if before else ()), Outcome(row.outcome)),
        label=row.kind or row.failure_class or (before.label if before else ""),
        ttft_s=row.ttft_s,
        latency_s=row.latency_s,
    )
