"""What tells what a run has seen itself from what it was told by an earlier one: conditions of queries, and which
runs stand for which.

A run that only judged another one again (`rejudge --save`) saw nothing. A verdict that was taken over from an
earlier run (`--max-age`) was not asked in its own. A round of a watch asks what is due by itself, so it is not
the run of `gatewayz test` that somebody made last.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, and_, select

from gatewayz.store.run_order import OLDEST_FIRST
from gatewayz.store.tables import RUNS, VERDICTS

# Inside a JSON text a quote is escaped, so that no value of a setting can look like these names.
SAW_SOMETHING = RUNS.c.settings.not_like('%"rejudged":"%')
# What somebody made by `gatewayz test`.
OF_A_TEST = and_(SAW_SOMETHING, RUNS.c.settings.not_like('%"watch":"%'))
# A verdict as JSON names the run it was taken from; within such a text a quote is escaped, so that no
# answer can look like this. Older versions wrote the name of none, too.
_TAKEN = '"taken_from":"'
TAKEN_OVER = and_(
    VERDICTS.c.verdict.contains(_TAKEN, autoescape=True),
    ~VERDICTS.c.verdict.contains(_TAKEN + '"', autoescape=True),
)


def judged_again(connection: Connection, run_id: str) -> tuple[str, ...]:
    """The runs that only judged a run again, or one of these, the oldest first."""
    query = select(RUNS.c.id, RUNS.c.settings).where(~SAW_SOMETHING).order_by(*OLDEST_FIRST)
    found = [run_id]
    for again, settings in connection.execute(query):
        if json.loads(settings)["rejudged"] in found:
            found.append(again)
    return tuple(found[1:])
