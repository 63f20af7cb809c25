"""What a load run is to do, as a value: whom it asks, what, how much, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gatewayz.core import Attempt, Audit, ChatRequest, Gateway, Model, Price, Spend
from gatewayz.core.habits import Habits
from gatewayz.core.load import LoadShape, Objective, Sample, Stage, Target
from gatewayz.core.verdict import Check, Verdict
from gatewayz.load.prompts import Prompts


class Asker(Protocol):
    """Who asks a model once; the client."""

    async def attempt(
        self,
        gateway: Gateway,
        model_id: str,
        request: ChatRequest,
        *,
        number: int = 1,
        step: int = 0,
    ) -> Attempt:
        """What came of asking. Never raises for what a provider does."""
        ...

    async def aclose(self) -> None:
        """Shuts every connection."""
        ...


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether a request may be sent: `refused` says why not, "" that it may.

    `may_fit` says that it may be allowed once others are over, `never` why it would not be allowed as
    the first one either, "" where it would. `held` is the guard's own.
    """

    refused: str = ""
    may_fit: bool = False
    never: str = ""
    held: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What was charged: the audit of each gateway that told a cost, and who went beyond its limits.

    `overruns` has by gateway how many calls took more than they were given, and the first in words.
    `spend` is what counts as spent under a cap on tokens or money, None without.
    """

    audits: tuple[Audit, ...] = ()
    overruns: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    spend: Spend | None = None


class Guard(Protocol):
    """Who allows each request before it is sent, and hears what it came to: a budget."""

    def reserve(self, aim: Aim, request: ChatRequest) -> Leave:
        """Leave to send a request, which is then settled; or why there is none."""
        ...

    def settle(self, leave: Leave, aim: Aim, attempt: Attempt | None) -> str:
        """Takes what one request came to, None where nobody knows; why its gateway is to be asked no
        more, or "".
        """
        ...

    def bill(self) -> Bill:
        """What was charged for all that was settled so far."""
        ...


# The guard of one of so many processes; None for none.
GuardOf = Callable[[int, int], Guard | None]


def unguarded(_part: int, _parts: int) -> Guard | None:
    """Every request may be sent."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A target as it is reached: its gateway, in the dialect its model wants, and what it costs.

    `listed` is the model as a catalogue has it, None where none was read.
    """

    target: Target
    gateway: Gateway
    price: Price = Price()
    habits: Habits = Habits()
    listed: Model | None = None

    @property
    def model(self) -> Model:
        """The model as far as it is known here."""
        return self.listed or Model(id=self.target.model_id, price=self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRules:
    """What ends a run before its bounds.

    `until_ci` is how far the interval of the median of `ci_metric` may reach from it, as a share of
    it, at every target. `max_errors` is the share of requests that may fail, looked at from
    `least_ended` requests on.
    """

    until_ci: float | None = None
    ci_metric: str = "ttft"
    max_errors: float = 0.5
    least_ended: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The bounds between which the most load is looked for."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """One load run.

    `shape` is whole but for a search, whose stages come as they are tried within `search`. `warm_up`
    is the number of requests to each target before, in no figure. `in_flight` is how many
    requests of an open shape may be under way at most. `checks` say what counts as delivered.
    `hold_to_limits` makes closed shapes wait where a gateway's limit of requests per minute says so.
    `settings` and `environment` go into the result.
    """

    aims: tuple[Aim, ...]
    prompts: Prompts
    shape: LoadShape
    checks: tuple[Check, ...]
    max_tokens: int | None = 50
    temperature: float | None = None
    stream: bool = True
    seed: int = 0
    warm_up: int = 1
    in_flight: int = 512
    objectives: tuple[Objective, ...] = ()
    stop: StopRules = StopRules()
    search: Search | None = None
    hold_to_limits: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Whom it goes to."""
        return tuple(aim.target for aim in self.aims)

    @property
    def most_at_once(self) -> int:
        """How many requests may be under way at once."""
        if self.shape.unit == "rate":
            return self.in_flight
        levels = [stage.level for stage in self.shape.stages]
        return int(max(*levels, self.search.high if self.search is not None else 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOrder:
    """One stage, to be run by every process at the same time.

    `start` is a moment of the monotonic clock, `targets` the indexes of those that take turns.
    With `drain` the stage is over when its last request is; otherwise when its time is, or its last
    request was sent.
    """

    stage: Stage
    start: float
    targets: tuple[int, ...]
    warm_up: bool = False
    drain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, for whoever watches: totals so far without the warm-up, the last samples.

    `most` is the number of requests that it will come to, None where its time decides.
    """

    stage: Stage
    warm_up: bool
    elapsed_s: float
    ended: int
    failed: int
    in_flight: int
    most: int | None = None
    fresh: Sequence[Sample] = ()


# What is shown of a failed request: whose, and the verdict with all that was seen.
Example = tuple[str, Verdict]
