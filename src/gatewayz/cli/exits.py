"""Exit codes, the same everywhere; docs/cli.md has the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    UNJUDGED: "none failed, but something is unknown, or nothing ran",
    OURS: "our own fault: the store or a report could not be written",
    CANCELLED: "cancelled with Ctrl-C",
    TERMINATED: "ended by the TERM signal",
}


def exit_code(total: Counts, *, stopped_by: int = 0, own_fault: bool = False) -> int:
    """What a run's counts come to.

    `stopped_by` is CANCELLED or TERMINATED when a signal ended the run, else 0. `own_fault` says
    that the store or a report could not be written. Nothing having run is never 0.
    """
    if stopped_by:
        return stopped_by
    if own_fault:
        return OURS
    if total.any_failed:
        return FAILED
    if total.any_unknown or not total.passed:
        return UNJUDGED
    return OK
