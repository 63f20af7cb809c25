"""One execution: what was planned, how it was set, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gatewayz.core.case import Case
from gatewayz.core.summary import Summary
from gatewayz.core.verdict import Verdict


class RunStatus(StrEnum):
    """How far a run got."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution.

    `settings` and `environment` are JSON values without secrets. `summary` is None while running.
    """

    id: str
    started_at: datetime
    finished_at: datetime | None = None
    status: RunStatus = RunStatus.RUNNING
    plan: tuple[Case, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    summary: Summary | None = None

    @property
    def planned(self) -> int:
        """How many cases were planned; of one that came to its end and kept no plan, what it recorded."""
        without = not self.plan and self.status is RunStatus.FINISHED
        return len(self.verdicts if without else self.plan)

    @property
    def elapsed_s(self) -> float:
        """How long it has gone on by the monotonic clock, in seconds; 0 where that is not kept."""
        return (self.summary.elapsed_s or 0.0) if self.summary is not None else 0.0


def lasted_s(
    started_at: datetime, finished_at: datetime | None, elapsed_s: float | None
) -> float | None:
    """How long something went on, in seconds: by the monotonic clock, where that was kept.

    Else by the times of day; None when these go backwards, or it has not ended.
    """
    if finished_at is None or elapsed_s is not None:
        return None if finished_at is None else elapsed_s
    told = (finished_at - started_at).total_seconds()
    return told if told >= 0 else None
