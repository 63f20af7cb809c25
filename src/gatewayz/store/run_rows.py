"""A run that has ended as the rows which a store keeps of it."""

from __future__ import annotations

from typing import NamedTuple

from gatewayz.core import Run
from gatewayz.store.noun_rows import run_row, verdict_row
from gatewayz.store.results import result_rows
from gatewayz.store.rows import Row


class RunRows(NamedTuple):
    """The row of a run, those of its verdicts, and those of their results."""

    run: Row
    verdicts: list[Row]
    results: list[Row]


def rows_of(run: Run) -> RunRows:
    """The rows of a whole run: most of the work of keeping it, and none that needs the store."""
    return RunRows(
        run=run_row(run),
        verdicts=[verdict_row(run.id, verdict) for verdict in run.verdicts],
        results=result_rows(run.verdicts, run.id, run.started_at),
    )
