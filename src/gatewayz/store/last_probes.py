"""What became of each gateway when it was last asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from gatewayz.core import Outcome
from gatewayz.core.codec import from_json
from gatewayz.store.run_order import AS_TEXT, number_in
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS, VERDICTS


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
    # What was taken over from an earlier run has no result: that run called nobody for it.
    called = (
        select(RESULTS.c.gateway, RESULTS.c.run_id)
        .where(RESULTS.c.way == "direct", RESULTS.c.model != "")
        .distinct()
        .subquery()
    )
    newest = (
        select(called.c.gateway, func.max(AS_TEXT))
        .join(RUNS, RUNS.c.id == called.c.run_id)
        .group_by(called.c.gateway)
    )
    direct = VERDICTS.c.way == "direct", VERDICTS.c.model.is_not(None)
    query = (
        select(RUNS.c.id, RUNS.c.started_at, VERDICTS.c.outcome, func.count())
        .join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
        .where(*direct)
        .group_by(RUNS.c.id, RUNS.c.started_at, VERDICTS.c.outcome)
    )
    found: dict[str, ProbedGateway] = {}
    with session.reading() as connection:
        for gateway, place in connection.execute(newest):
            of_run = RUNS.c.number == number_in(place), VERDICTS.c.gateway == gateway
            for run_id, started_at, outcome, count in connection.execute(query.where(*of_run)):
                at = from_json(datetime, started_at)
                kept = found.get(gateway) or ProbedGateway(gateway=gateway, run_id=run_id, at=at)
                found[gateway] = replace(kept, **{Outcome(outcome).value: count})
    return found
