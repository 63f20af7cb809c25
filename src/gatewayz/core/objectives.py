"""What was promised: objectives over gateways and models, their window, and times that do not count.

docs/sla.md says in words what each means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from gatewayz.core.case import Way
from gatewayz.core.verdict import Culprit

ObjectiveKind = Literal["availability", "feature", "ttft", "latency", "decode_rate"]
Per = Literal["model", "gateway", "all"]
Calendar = Literal["month", "week", "day"]
Source = Literal["probes", "traffic"]

# What is asked to find out whether a model delivers; features have objectives of their own.
DELIVERY_PROBES = ("chat", "streaming")
# In place of a probe's name, where it is customers who ask.
TRAFFIC = "traffic"
# Faults of what is promised. A rate limit is that of our account, a key ours, a feature no outage.
THEIR_FAULTS = frozenset({Culprit.GATEWAY, Culprit.MODEL, Culprit.BACKEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One number that was promised: so large a share of what counts is to be good.

    `share` is between 0 and 1, both left out: 0.999 for an availability of 99.9 %, 0.95 for a p95.
    `limit` is what an answer may take at most (`ttft`, `latency`; seconds) or must give at least
    (`decode_rate`; tokens per second), None for the others. `probes` are the questions it looks at.
    """

    name: str
    kind: ObjectiveKind
    share: float
    limit: float | None = None
    probes: tuple[str, ...] = DELIVERY_PROBES


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time over which a promise is kept: the last `rolling_s` seconds, or a calendar unit.

    `time_zone` is an IANA name; days, weeks (from Monday) and months begin at its midnight.
    """

    rolling_s: float | None = None
    calendar: Calendar | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """When trouble is believed: `bad` of the last `of` rounds. It is over after `good` good ones in a row."""

    bad: int = 2
    of: int = 3
    good: int = 2

    @property
    def settled_after(self) -> int:
        """So many good rounds in a row end all trouble, and no bad one behind them adds up with one before."""
        return max(self.good, self.of - self.bad + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """One `[[sla]]` of gatewayz.toml.

    `targets` are globs over GATEWAY/MODEL, case aside. `per` says for whom it holds: each model, each
    gateway's models together, or all of them together. `faults` are the sides whose failures count.
    `source` says whose results they are: of probes, or of the requests that the backend served.
    """

    name: str
    objectives: tuple[Objective, ...]
    targets: tuple[str, ...] = ("*",)
    way: Way = "direct"
    per: Per = "model"
    window: Window = Window(rolling_s=30 * 86400.0)
    confirmation: Confirmation = Confirmation()
    faults: frozenset[Culprit] = THEIR_FAULTS
    source: Source = "probes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A time of each week: it begins on `weekday` (0: Monday) at `start`, and ends at the next `end`."""

    weekday: int
    start: time
    end: time
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A time that was announced, in which nothing counts: once (`start`, `end`), or `weekly`."""

    targets: tuple[str, ...] = ("*",)
    start: datetime | None = None
    end: datetime | None = None
    weekly: Weekly | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A time from `start` on, and before `end`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()
