"""What a store knows of load runs: each in a list, and what each found of a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gatewayz.core.case import Way
from gatewayz.core.load import LoadLine
from gatewayz.core.run import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRunLine:
    """One load run in a list; `passed` and `failed` count its requests without the warm-up's."""

    id: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    shape: str
    targets: int
    passed: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLoad:
    """What one load run found of one model in one of its stages."""

    run_id: str
    at: datetime
    gateway: str
    way: Way
    model: str
    line: LoadLine
