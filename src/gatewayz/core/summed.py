"""What is left of many verdicts once they are summed by the hour and by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from gatewayz.core.buckets import Times
from gatewayz.core.objectives import THEIR_FAULTS
from gatewayz.core.verdict import Culprit, Outcome


@dataclass(frozen=True, slots=True)
class FailedAs:
    """So many verdicts that failed, or could not be judged, for one and the same cause."""

    outcome: Outcome
    label: str
    failure_class: str
    culprit: str
    count: int


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


class DayOf(NamedTuple):
    """One model's day, by the probes that ask whether it delivers (`DELIVERY_PROBES`).

    `culprits` counts the failed ones by whose doing it was.
    """

    passed: int
    failed: int
    unknown: int
    skipped: int
    culprits: Mapping[str, int]

    @property
    def judged(self) -> int:
        """Passed and failed."""
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Share passed, 0 to 1; None over nothing."""
        return self.passed / self.judged if self.judged else None

    @property
    def up_rate(self) -> float | None:
        """Share of the time that the model was there, as far as probes tell; None over nothing.

        A failure of one feature is an answer all the same; one that lies with us, the key or the
        purse says nothing.
        """
        down = sum(self.culprits.get(culprit, 0) for culprit in THEIR_FAULTS)
        up = self.passed + self.culprits.get(Culprit.FEATURE, 0)
        return up / (up + down) if up + down else None


@dataclass(frozen=True, slots=True)
class Uptime:
    """Every model's days, the oldest first; None where it was not asked on that day."""

    days: tuple[date, ...]
    models: Mapping[tuple[str, str], tuple[DayOf | None, ...]]
