"""Which runs found well what had failed in an earlier one: without them it would look as if it had failed ever since."""

from __future__ import annotations

from sqlalchemy import Connection, case, func, select

from gatewayz.core import Outcome
from gatewayz.store.first_hand import SAW_SOMETHING
from gatewayz.store.list_reads import last_reads
from gatewayz.store.run_order import AS_TEXT, number_in
from gatewayz.store.tables import RESULTS, RUNS


def mending_runs(connection: Connection) -> frozenset[int]:
    """The numbers of the latest runs that passed a question, or read a list, that had failed before.

    Also where it has failed again since: what fails now fails since then only.
    """
    bad = func.min(case((RESULTS.c.outcome == Outcome.FAILED.value, AS_TEXT)))
    good = func.max(case((RESULTS.c.outcome == Outcome.PASSED.value, AS_TEXT)))
    names = RESULTS.c.gateway, RESULTS.c.way, RESULTS.c.model
    query = (
        select(*names, bad, good)
        .select_from(RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id))
        .where(SAW_SOMETHING)
        .group_by(*names, RESULTS.c.probe)
        .having(bad.is_not(None))
    )
    failed = connection.execute(query).all()
    read = last_reads(connection, {row[0] for row in failed if not row[2]})
    lasts = ((row[3], row[4] if row[2] else read.get((row[0], row[1]))) for row in failed)
    return frozenset(number_in(well) for broken, well in lasts if well and well > broken)
