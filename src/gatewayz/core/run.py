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
