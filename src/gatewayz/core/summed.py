"""What is left of many verdicts once they are summed by the hour and by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from gatewayz.core.availability import Tally
from gatewayz.core.buckets import Times
from gatewayz.core.verdict import Outcome


@dataclass(frozen=True, slots=True)
class FailedAs:
    """So many verdicts that failed, or could not be judged, for one and the same cause.

    `of_list`: what failed is a gateway's model list, which stands for its models and counts as none of them.
    """

    outcome: Outcome
    label: str
    failure_class: str
    culprit: str
    count: int
    of_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All verdicts from `start` on (UTC), for so many seconds."""

    start: datetime
    seconds: int
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    failures: tuple[FailedAs, ...] = ()
    times: Mapping[str, Times] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """The denominator of a rate: passed and failed, nothing else."""
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Share passed, 0 to 1; None over nothing, which is never 100 %."""
        return self.passed / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Uptime:
    """How every model's days count (docs/sla.md), the oldest first; None where none was asked."""

    days: tuple[date, ...]
    models: Mapping[tuple[str, str], tuple[Tally | None, ...]]
