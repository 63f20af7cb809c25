"""What a run tells whoever listens: the display, the store, the reports."""

from __future__ import annotations

from dataclasses import dataclass

from gatewayz.core import Attempt, Case, Habits, Model, Run, Verdict, Way, Whom


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins; only one that goes on has a plan, since catalogues have yet to be read."""

    run: Run


@dataclass(frozen=True, slots=True)
class CatalogRead:
    """A gateway's models are known, or the reading of its list was judged.

    `listed` counts every entry of the list, `models` are all chat models of it, `chosen` those
    that will be tested. `verdict` is None for a list that was read and has nothing odd about it.
    """

    gateway: str
    way: Way
    listed: int
    models: tuple[Model, ...]
    chosen: tuple[Model, ...]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class CasesPlanned:
    """One gateway's cases, on all its ways, each way's in the catalogue's own order."""

    gateway: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """A case's first attempt is about to be sent."""

    case: Case


@dataclass(frozen=True, slots=True)
class AttemptFinished:
    """One try is over; `retry_in_s` is None unless another follows, 0 when it is asked otherwise."""

    case: Case
    attempt: Attempt
    retry_in_s: float | None


@dataclass(frozen=True, slots=True)
class HabitsLearned:
    """A model wants to be asked in this form from now on; plainly, when the habits are empty."""

    whom: Whom
    habits: Habits


@dataclass(frozen=True, slots=True)
class VerdictReached:
    """A case is judged."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class GatewayFinished:
    """All of one gateway's cases are judged, or will not be run."""

    gateway: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over, or was cancelled; `run` holds everything, with its summary."""

    run: Run


Event = (
    RunStarted
    | CatalogRead
    | CasesPlanned
    | CaseStarted
    | AttemptFinished
    | HabitsLearned
    | VerdictReached
    | GatewayFinished
    | RunFinished
)
