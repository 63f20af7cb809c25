"""What keeps a store from growing for ever: results are summed, and removed when they are old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gatewayz.cli.interrupted import end_abandoned
from gatewayz.core.objectives import Confirmation

if TYPE_CHECKING:
    from gatewayz.config import Settings
    from gatewayz.store import Store
    from gatewayz.store.moving import Pruned

# So many results of earlier runs are summed besides at the end of a run, so that a store which never
# was comes to it in the course of some, and none of them takes long.
BESIDES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """How many runs were summed, what was removed, how many load runs, and days of sums by the hour.

    With `dry_run` nothing was removed, and this is what would be.
    """

    summed: int
    removed: Pruned
    loads: int
    hours: int


def sum_run(store: Store, run_id: str) -> None:
    """Sums a run that has just ended, and some of those before it. Raises: StoreError."""
    store.summaries.sum_run(run_id)
    store.summaries.roll_up(most=BESIDES)


def tidy(
    store: Store,
    settings: Settings,
    now: datetime,
    *,
    keep_failed: bool = False,
    dry_run: bool = False,
    most: int | None = None,
) -> Tidied:
    """Sums what is not summed, then removes what is older than the settings keep.

    `keep_failed` leaves what failed, as `KeptRuns.prune` has it. With `most` it sums about so many
    results, and removes nothing while there are more to sum.
    Raises: StoreError.
    """
    from gatewayz.store.moving import Pruned

    end_abandoned(store, now)
    summed = store.summaries.roll_up(most=most)
    removed, loads, hours = Pruned(), 0, 0
    if most is not None and store.summaries.waiting():
        return Tidied(summed=summed, removed=removed, loads=loads, hours=hours)
    if settings.keep_s is not None:
        before = now - timedelta(seconds=settings.keep_s)
        removed = store.copies.prune(
            before, keep_failed=keep_failed, rounds=_rounds(settings), dry_run=dry_run
        )
        loads = store.loads.prune(before, keep_failed=keep_failed, dry_run=dry_run)
    if settings.keep_hours_s is not None:
        before = now - timedelta(seconds=settings.keep_hours_s)
        hours = store.summaries.remove_hours(before, dry_run=dry_run)
    return Tidied(summed=summed, removed=removed, loads=loads, hours=hours)


def _rounds(settings: Settings) -> int:
    """So many good rounds behind a failure are needed by every promise to tell that it is over."""
    rules = [Confirmation(), *(one.confirmation for one in settings.slas)]
    return max(rule.settled_after for rule in rules)
