"""What keeps a store from growing for ever: verdicts are summed, and removed when they are old."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewayz.config import Settings
    from gatewayz.core import Run
    from gatewayz.store import Store
    from gatewayz.store.moving import Pruned

# So many results of earlier runs are summed besides at the end of a run, so that a store which never
# was comes to it in the course of some, and none of them takes long.
BESIDES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """How many runs were summed, what was removed, and how many days of sums by the hour.

    With `dry_run` nothing was removed, and this is what would be.
    """

    summed: int
    removed: Pruned
    hours: int


def roll_up(store: Store, *, most: int | None = None) -> int:
    """Sums every run that has ended and is not summed yet, the oldest first; how many they were.

    With `most` it begins with no further run once it has summed so many results.
    Raises: StoreError.
    """
    runs = results = 0
    for run_id in store.summaries.waiting():
        if most is not None and results >= most:
            break
        results += _sum_stored(store, run_id)
        runs += 1
    return runs


def sum_run(store: Store, run: Run) -> None:
    """Sums a run that has just ended, and some of those before it. Raises: StoreError."""
    after, up_to, count = store.summaries.numbers_of(run.id)
    if len(run.verdicts) == count:
        _add(store, run, after, up_to)
    roll_up(store, most=BESIDES)


def _sum_stored(store: Store, run_id: str) -> int:
    """Sums a run of the store; how many results it had that were in no sum."""
    after, up_to, verdicts = store.summaries.unsummed(run_id)
    _add(store, replace(store.heading(run_id), verdicts=verdicts), after, up_to)
    return len(verdicts)


def _add(store: Store, run: Run, after: int, up_to: int) -> None:
    from gatewayz.measure.summing import judged_in

    # Who judges a stored run again sees nothing that was not seen before.
    saw = () if "rejudged" in run.settings else judged_in(run, run.verdicts)
    store.summaries.add(run.id, saw, after=after, up_to=up_to)


def tidy(
    store: Store,
    settings: Settings,
    now: datetime,
    *,
    keep_failed: bool = False,
    dry_run: bool = False,
) -> Tidied:
    """Sums what is not summed, then removes what is older than the settings keep.

    `keep_failed` leaves what failed, as `KeptRuns.prune` has it.
    Raises: StoreError.
    """
    from gatewayz.store.moving import Pruned

    summed = roll_up(store)
    removed, hours = Pruned(), 0
    if settings.keep_s is not None:
        before = now - timedelta(seconds=settings.keep_s)
        removed = store.copies.prune(before, keep_failed=keep_failed, dry_run=dry_run)
    if settings.keep_hours_s is not None:
        before = now - timedelta(seconds=settings.keep_hours_s)
        hours = store.summaries.remove_hours(before, dry_run=dry_run)
    return Tidied(summed=summed, removed=removed, hours=hours)
