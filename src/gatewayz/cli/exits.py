"""Exit codes, the same everywhere; docs/cli.md has the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewayz.core.run import Run
    from gatewayz.core.summary import Counts

OK = 0
FAILED = 1
USAGE = 2
UNJUDGED = 3
OURS = 4
CANCELLED = 130
TERMINATED = 143

MEANINGS: Mapping[int, str] = {
    OK: "all that ran passed (warnings included), and none is unknown",
    FAILED: "at least one failed",
    USAGE: "usage or configuration, found before the first call",
    UNJUDGED: "none failed, but something is unknown, nothing ran, or with `--strict` a cap left some out",
    OURS: "our own fault: the store or a report could not be written",
    CANCELLED: "cancelled with Ctrl-C",
    TERMINATED: "ended by the TERM signal",
}


def left_out_by_caps(run: Run) -> int:
    """How many cases of a run were not sent for the sake of a cap."""
    spend = run.summary.spend if run.summary is not None else None
    return spend.left_out.cases if spend is not None else 0


def exit_code(
    total: Counts,
    *,
    stopped_by: int = 0,
    own_fault: bool = False,
    incomplete: bool = False,
    spared: int = 0,
) -> int:
    """What a run's counts come to.

    `stopped_by` is CANCELLED or TERMINATED when a signal ended the run, else 0. `own_fault` says
    that the store or a report could not be written, `incomplete` that cases were left out which had
    to be judged. `spared` is how many failed in quarantine, which are not in `total`: they ran. Nothing
    having run is never 0.
    """
    if stopped_by:
        return stopped_by
    if own_fault:
        return OURS
    if total.any_failed:
        return FAILED
    if total.any_unknown or not (total.passed or spared) or incomplete:
        return UNJUDGED
    return OK
