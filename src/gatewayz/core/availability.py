"""How a result counts, and what the results of a time come to. docs/sla.md has the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gatewayz.core.estimates import Estimate
from gatewayz.core.objectives import Maintenance, Objective, Sla, Span


class Standing(StrEnum):
    """How one result counts for an objective; all but the first two are left out, and counted apart."""

    GOOD = "good"
    BAD = "bad"
    MAINTENANCE = "maintenance"
    NO_KEY = "no key"
    KEY = "the key"
    BILLING = "billing or quota"
    RATE_LIMIT = "rate limit"
    PROBE = "our probe"
    NETWORK = "our network"
    BACKEND = "the backend"
    GATEWAY = "the gateway"
    MODEL = "the model"
    FEATURE = "the feature"
    NOT_ANSWERED = "not answered"
    NOT_MEASURED = "not measurable"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    CALLER = "the caller"
    LEFT_FIRST = "the client left first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """So many results were good and bad, and so many were left out, by the reason."""

    good: int = 0
    bad: int = 0
    excluded: Mapping[Standing, int] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        """How many count."""
        return self.good + self.bad

    @property
    def share(self) -> float | None:
        """The good ones among those that count; None where none does: nothing is not 100 %."""
        return self.good / self.counted if self.counted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many results may be bad (`allowed`, which need not be whole) and how many were (`spent`).

    `expected` is how many results the whole window will have; those of a window that has ended, or
    rolls, are its own.
    """

    allowed: float
    spent: int
    expected: float

    @property
    def left(self) -> float:
        """How many more may be bad; below 0 where too many were."""
        return self.allowed - self.spent

    @property
    def spent_share(self) -> float | None:
        """The part of the budget that is spent, 1 being all; None where there is none."""
        return self.spent / self.allowed if self.allowed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A time of trouble, from the first bad round that was confirmed to the first good one.

    `after` is the last good round before it, None where there is none: it may have begun at any moment
    since. `end` is None while it lasts; `until` is the end, or the moment up to which it is known.
    `kinds` and `culprits` count the failures of its bad results.
    """

    start: datetime
    until: datetime
    confirmed_at: datetime
    after: datetime | None = None
    end: datetime | None = None
    end_confirmed_at: datetime | None = None
    bad: int = 0
    good: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    culprits: Mapping[str, int] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """How long it lasted, or has lasted so far."""
        return (self.until - self.start).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnWindow:
    """How fast the budget burns over a window: 1 spends it exactly by the end of the promise's window.

    `asked_s` is how long the window was to be, `held_s` how long it is: where it was `lengthened`, it
    begins with the fifth round from the end. `rounds` and `results` are in it. `rate` is None where
    there are fewer than five rounds in all.
    """

    asked_s: float
    held_s: float
    lengthened: bool
    rounds: int
    results: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A long and a short window of one severity; both have to burn at `factor` or more."""

    severity: Literal["page", "ticket"]
    factor: float
    long: BurnWindow
    short: BurnWindow

    @property
    def burning(self) -> bool:
        """Whether both windows burn fast enough."""
        rates = self.long.rate, self.short.rate
        return all(rate is not None and rate >= self.factor for rate in rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Somebody is to look: the budget burns, and x of the last y rounds are bad.

    `ended_at` is the round that confirmed that it is over, None while it lasts. `severity` is the
    highest it had.
    """

    sla: str
    objective: str
    target: str
    severity: Literal["page", "ticket"]
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a window, for a picture: how many results in it were good, bad, left out."""

    start: datetime
    good: int = 0
    bad: int = 0
    excluded: int = 0


State = Literal["kept", "at risk", "broken", "no data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One objective of one target over its window, up to the moment `at`.

    `low` and `high` enclose the true share at 95 % (Wilson). `quantile` is the value that is held
    against the limit, for an objective that has one. `rounds` counts those that say something,
    `interval_s` is the usual time between two (None below two), `unwatched_s` the time of which
    nothing is known. `down_s` is the time in incidents. `alert` is the one that is on, None without.
    """

    sla: str
    objective: Objective
    target: str
    way: str
    span: Span
    at: datetime
    state: State
    tally: Tally
    low: float | None
    high: float | None
    quantile: Estimate | None
    budget: Budget
    rounds: int
    interval_s: float | None
    unwatched_s: float
    down_s: float
    incidents: tuple[Incident, ...] = ()
    burns: tuple[Burn, ...] = ()
    alert: Alert | None = None
    alerts: tuple[Alert, ...] = ()
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Incidents of several targets of one gateway that are one to a reader: alike, at the same time.

    `ended` is False where one of them still lasts.
    """

    sla: str
    objective: str
    gateway: str
    targets: tuple[str, ...]
    start: datetime
    until: datetime
    ended: bool
    kinds: Mapping[str, int] = field(default_factory=dict)
    culprits: Mapping[str, int] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """From the first of them to the end of the last."""
        return (self.until - self.start).total_seconds()


def unseen_of(slas: Iterable[Sla], found: Iterable[Assessment]) -> tuple[Sla, ...]:
    """The promises of which nothing was found, since there is no result of them at all."""
    seen = {one.sla for one in found}
    return tuple(sla for sla in slas if sla.name not in seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaReport:
    """How promises stand at a moment. `month` is the calendar month that was asked for, "" for none.

    `removed_before` has those promises, by their names, of which a part of the window was pruned: before
    this moment only what was left there, or came back, is counted. `shares_since` has those of them of which
    only failures were left, and what ended them: there are incidents of it, and shares of the time since.
    """

    at: datetime
    slas: tuple[Sla, ...]
    assessments: tuple[Assessment, ...]
    troubles: tuple[Trouble, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    month: str = ""
    removed_before: Mapping[str, datetime] = field(default_factory=dict)
    shares_since: Mapping[str, datetime] = field(default_factory=dict)

    def of(self, sla: Sla) -> tuple[Assessment, ...]:
        """What was found of one promise."""
        return tuple(one for one in self.assessments if one.sla == sla.name)

    def in_state(self, state: State) -> tuple[Assessment, ...]:
        """The objectives in a state."""
        return tuple(one for one in self.assessments if one.state == state)

    @property
    def unseen(self) -> tuple[Sla, ...]:
        """The promises of which there is no result at all."""
        return unseen_of(self.slas, self.assessments)
