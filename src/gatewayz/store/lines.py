"""What the store answers with, where no noun of the core fits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gatewayz.core import Counts, Habits, Model, RunStatus, Verdict, Whom


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in a list: enough to recognise it, without its verdicts.

    `planned` counts the cases of its plan (while it runs, of what is planned by now; see `Run.planned`),
    `recorded` the verdicts that are stored. A run whose process was killed keeps the status `running` until
    somebody ends it (see `Holding.abandoned`). `elapsed_s` is by the monotonic clock, None where that was not kept.
    """

    id: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    planned: int
    recorded: int
    counts: Counts
    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict:
    """One verdict with the run it is of, and when the question was put (or the run begun)."""

    run_id: str
    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCatalog:
    """The last catalogue that was read of a gateway, and when."""

    gateway: str
    models: tuple[Model, ...]
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHabits:
    """How one model wants to be asked, and when that was learned."""

    whom: Whom
    habits: Habits
    learned_at: datetime
