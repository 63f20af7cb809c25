"""What became of each gateway when `gatewayz test` last asked it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from gatewayz.core import Outcome
from gatewayz.core.codec import from_json
from gatewayz.store.first_hand import OF_A_TEST
from gatewayz.store.run_order import AS_TEXT, number_in
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS, VERDICTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedGateway:
    """What the last run of a test that called a gateway itself found there: of each model so many verdicts."""

    gateway: str
    run_id: str
    at: datetime
    ended: Mapping[str, Mapping[Outcome, int]]

    def counted(self, is_meant: Callable[[str], bool]) -> Mapping[Outcome, int] | None:
        """How many verdicts of the models that are meant came out how; None where it asked none of them."""
        meant = [found for model, found in self.ended.items() if is_meant(model)]
        return sum(map(Counter, meant), Counter()) if meant else None


def last_probes(session: Session) -> dict[str, ProbedGateway]:
    """What the last direct run of `gatewayz test` found, by gateway; lists count for nothing."""
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
        .where(OF_A_TEST)
        .group_by(called.c.gateway)
    )
    direct = VERDICTS.c.way == "direct", VERDICTS.c.model.is_not(None)
    alike = RUNS.c.id, RUNS.c.started_at, VERDICTS.c.model, VERDICTS.c.outcome
    query = (
        select(*alike, func.count())
        .join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
        .where(*direct)
        .group_by(*alike)
    )
    found: dict[str, ProbedGateway] = {}
    with session.reading() as connection:
        for gateway, place in connection.execute(newest):
            of_run = RUNS.c.number == number_in(place), VERDICTS.c.gateway == gateway
            ended: dict[str, dict[Outcome, int]] = {}
            for run_id, started_at, model, outcome, count in connection.execute(
                query.where(*of_run)
            ):
                ended.setdefault(model, {})[Outcome(outcome)] = count
                if gateway not in found:
                    at = from_json(datetime, started_at)
                    found[gateway] = ProbedGateway(
                        gateway=gateway, run_id=run_id, at=at, ended=ended
                    )
    return found
