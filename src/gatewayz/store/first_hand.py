"""What tells what a run has seen itself from what it was told by an earlier one: conditions of queries.

A run that only judged another one again (`rejudge --save`) saw nothing. A verdict that was taken over from an
earlier run (`--max-age`) was not asked in its own.
"""

from __future__ import annotations

from sqlalchemy import and_

from gatewayz.store.tables import RUNS, VERDICTS

# Inside a JSON text a quote is escaped, so that no value of a setting can look like this name.
SAW_SOMETHING = RUNS.c.settings.not_like('%"rejudged":"%')
# A verdict as JSON names the run it was taken from; within such a text a quote is escaped, so that no
# answer can look like this. Older versions wrote the name of none, too.
_TAKEN = '"taken_from":"'
TAKEN_OVER = and_(
    VERDICTS.c.verdict.contains(_TAKEN, autoescape=True),
    ~VERDICTS.c.verdict.contains(_TAKEN + '"', autoescape=True),
)
