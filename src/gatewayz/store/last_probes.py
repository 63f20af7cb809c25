"""What became of each gateway when it was last asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from gatewayz.core import Outcome
from gatewayz.core.codec import from_json
from gatewayz.store.session import Session
from gatewayz.store.tables import RUNS, VERDICTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedGateway:
    """What the last run that called a gateway itself found there: its models' verdicts, counted."""

    gateway: str
    run_id: str
    at: datetime
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0


def last_probes(session: Session) -> dict[str, ProbedGateway]:
    """What the last direct run of each gateway found, by gateway; lists count for nothing."""
    direct = VERDICTS.c.way == "direct", VERDICTS.c.model.is_not(None)
    newest = (
        select(VERDICTS.c.gateway, func.max(VERDICTS.c.number).label("number"))
        .where(*direct)
        .group_by(VERDICTS.c.gateway)
        .subquery()
    )
    last = (
        select(VERDICTS.c.gateway, VERDICTS.c.run_id)
        .join(newest, VERDICTS.c.number == newest.c.number)
        .subquery()
    )
    query = (
        select(
            VERDICTS.c.gateway, VERDICTS.c.run_id, RUNS.c.started_at,
            VERDICTS.c.outcome, func.count().label("count"),
        )
        .join(last, (VERDICTS.c.gateway == last.c.gateway) & (VERDICTS.c.run_id == last.c.run_id))
        .join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
        .where(*direct)
        .group_by(VERDICTS.c.gateway, VERDICTS.c.run_id, RUNS.c.started_at, VERDICTS.c.outcome)
    )  # fmt: skip
    found: dict[str, ProbedGateway] = {}
    with session.reading() as connection:
        for gateway, run_id, started_at, outcome, count in connection.execute(query):
            at = from_json(datetime, started_at)
            kept = found.get(gateway) or ProbedGateway(gateway=gateway, run_id=run_id, at=at)
            found[gateway] = replace(kept, **{Outcome(outcome).value: count})
    return found
