"""What watching knows: what was seen of a target, how it stands, what changed, what is told of it.

A target is one question to one model of one gateway; without a probe it is all that is known of the
model, without a model it is the gateway. Which sightings make which state is decided in `watch/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gatewayz.core.availability import Alert
from gatewayz.core.case import Way
from gatewayz.core.errors import StoreError
from gatewayz.core.units import show_usd

# The layers that read a gateway's model list; every other layer is a probe of that name.
REACHABLE = "reachable"
LISTED = "listed"
LISTS = frozenset({REACHABLE, LISTED})


# The kind of a change, or of a notice, whose cause is that something is not watched any more.
UNWATCHED = "unwatched"
# A gateway on one of its ways.
Place = tuple[str, Way]


class Level(StrEnum):
    """What one sighting says: well, well with a blemish, broken, or that we could not look."""

    GOOD = "good"
    POOR = "poor"
    BAD = "bad"
    BLIND = "blind"


class State(StrEnum):
    """How a target stands, once sightings have confirmed it."""

    UP = "up"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    DOWN = "down"


# What is worse comes later.
SEVERITY: Mapping[State, int] = {state: number for number, state in enumerate(State)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is watched: `probe` "" means the whole model, `model` "" the whole gateway."""

    gateway: str
    way: Way = "direct"
    model: str = ""
    probe: str = ""

    @property
    def place(self) -> Place:
        """Its gateway, on this way."""
        return self.gateway, self.way

    @property
    def is_gateway(self) -> bool:
        """Whether it is a gateway as a whole."""
        return not self.model and not self.probe

    @property
    def told(self) -> str:
        """For people: "groq/llama-3.3-70b (chat)", and the way where it is not the direct one."""
        name = f"{self.gateway}/{self.model}" if self.model else self.gateway
        words = [word for word in (self.probe, "" if self.way == "direct" else self.way) if word]
        return f"{name} ({', '.join(words)})" if words else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look at a target; `level` is None where it says nothing, such as a case that was skipped.

    `kind` is the failure's name in the table, `reason` a line for people. `unasked`: it was not put, since
    a cap is used up.
    """

    target: Target
    at: datetime
    level: Level | None
    kind: str = ""
    reason: str = ""
    run_id: str = ""
    unasked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a target stands. `state` is None until sightings have confirmed any.

    `recent` are its last levels, the oldest first. `since` is when the state began: the moment of
    the first sighting that made it so, not of the one that confirmed it; `off_since` is when
    the sightings began of which none was good before it was not "up", None while it is up. `unasked_since` is when a cap
    first kept it from being asked, None while it is asked.
    """

    target: Target
    state: State | None = None
    since: datetime | None = None
    recent: tuple[Level, ...] = ()
    recent_at: tuple[datetime, ...] = ()
    last_at: datetime | None = None
    last_good_at: datetime | None = None
    kind: str = ""
    reason: str = ""
    run_id: str = ""
    unasked_since: datetime | None = None
    off_since: datetime | None = None

    @property
    def is_off(self) -> bool:
        """Whether it is known not to be up."""
        return self.state not in (None, State.UP)

    def let_go(self, at: datetime) -> StateChange | None:
        """The last change of one that is watched no more: nobody knows how it is. None where it was not off."""
        if not self.is_off:
            return None
        return StateChange(
            target=self.target,
            at=at,
            since=at,
            before=self.state,
            after=State.UNKNOWN,
            kind=UNWATCHED,
            reason="not watched any more",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A confirmed change. `before` is None for what had no state yet; `at` is when it was confirmed."""

    target: Target
    at: datetime
    since: datetime
    before: State | None
    after: State
    kind: str = ""
    reason: str = ""
    run_id: str = ""

    @property
    def recovered(self) -> bool:
        """Whether it is well again, and not only what was off of it not watched any more."""
        return self.after is State.UP and self.before is not None and self.kind != UNWATCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A gateway in trouble, alone or with models of it, from the first notice to the all-clear.

    `models` are those that were told of, empty where the whole gateway was; `notices` counts what
    was told, `told_at` is when last. `questions` are those that fell and are not well yet, `well_at` is
    when the last of the others was well again; `unseen` are those that are watched no more and were not
    seen well, or their model, where nothing is asked of it any more. One that is `flapping` is quiet; `turned_at` is when it last became
    well (`is_well`) or bad.
    """

    id: str
    gateway: str
    way: Way
    state: State
    opened_at: datetime
    closed_at: datetime | None = None
    whole: bool = False
    models: tuple[str, ...] = ()
    questions: tuple[Target, ...] = ()
    well_at: datetime | None = None
    unseen: tuple[Target, ...] = ()
    reason: str = ""
    told_at: datetime | None = None
    notices: int = 0
    flapping: bool = False
    is_well: bool = False
    turned_at: datetime | None = None

    @property
    def place(self) -> Place:
        """Its gateway, on this way."""
        return self.gateway, self.way


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to whoever is to know. `id` is the same however often it has to be sent.

    `kind` is one of docs/watching.md's table; `details` are JSON values, part of the webhook's
    document.
    """

    id: str
    kind: str
    at: datetime
    title: str
    text: str
    gateway: str = ""
    way: Way = "direct"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who watches for a store. `token` grows with each new leader, `beat` while one is alive.

    `holder` is "" where the last one has left in good order.
    """

    holder: str
    token: int
    beat: int
    at: datetime


class LostLease(StoreError):
    """Another watcher has taken over; nothing of ours was written."""


def asked_of(place: Place, selection: str = "") -> str:
    """How a mark names a gateway with the selection of its models."""
    gateway, way = place
    return f"{gateway} ({way}) {selection}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMark:
    """When a tier was last begun, in what run, and of whom: `covers` names each gateway with the selection of
    its models, and what was asked of them. Older versions did not keep that: None.
    """

    tier: str
    at: datetime
    run_id: str = ""
    covers: frozenset[str] | None = None

    def is_of(self, place: Place) -> bool:
        """Whether it asked a gateway anything, as far as that was kept."""
        return self.covers is None or any(one.startswith(asked_of(place)) for one in self.covers)

    def holds_for(self, asked: Set[str]) -> bool:
        """Whether all that are to be asked were asked then, as far as it is known."""
        return self.covers is None or asked <= self.covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What some calls came to: how many, tokens in and out, USD as far as it is known."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpent:
    """What a day's watching came to (UTC): calls, tokens in and out, USD as far as it is known.

    `usd` leaves out `unpriced_calls`. `while_down` is the part of it all that went to gateways, by name,
    while each was down.
    """

    day: str
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced_calls: int = 0
    while_down: Mapping[str, Amounts] = field(default_factory=dict)

    @property
    def known_usd(self) -> float | None:
        """What it cost, at the least; None where of no call the cost is known."""
        return None if self.calls and self.unpriced_calls >= self.calls else self.usd

    @property
    def cost(self) -> str:
        """For people: "$0.0012", "at least $0.0012" or "cost unknown"."""
        if self.known_usd is None:
            return "cost unknown"
        return f"{'at least ' if self.unpriced_calls else ''}{show_usd(self.known_usd)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice on its way to one channel."""

    number: int
    notice: Notice
    channel: str
    attempts: int = 0
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRecord:
    """All that one step of watching changes; a store keeps all of it or nothing.

    `forgotten` are targets that are watched no more. `notices` go to every one of `channels`. `budgets`
    are alerts of budgets that were told or are over; of a target's objective one at most is on.
    """

    conditions: tuple[Condition, ...] = ()
    forgotten: tuple[Target, ...] = ()
    changes: tuple[StateChange, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    notices: tuple[Notice, ...] = ()
    channels: tuple[str, ...] = ()
    marks: tuple[TierMark, ...] = ()
    spent: DaySpent | None = None
    budgets: tuple[Alert, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not (
            self.conditions or self.forgotten or self.changes or self.alarms
            or self.notices or self.marks or self.spent or self.budgets
        )  # fmt: skip
