"""The judgement of one observation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewayz.core.observation import Observation


class Outcome(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Culprit(StrEnum):
    """On whose side a failure lies."""

    PROBE = "our probe"
    NETWORK = "our network"
    KEY = "the key"
    BILLING = "billing or quota"
    RATE_LIMIT = "rate limit"
    BACKEND = "the backend"
    GATEWAY = "the gateway"
    MODEL = "the model"
    FEATURE = "the feature"


# What lies there says nothing of how a gateway has changed. A probe that it took before and refuses now does.
OUR_SIDE = frozenset({Culprit.NETWORK, Culprit.KEY, Culprit.BILLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a check saw that is not as it should be.

    `kind` names a row of the failure table, or is "" for a fault outside it, which then still has
    the class `failure_class`. `expected` and `saw` are short, bounded and safe to print. `culprit`
    is set where what was seen points at another side than the kind does by itself.
    """

    kind: str = ""
    failure_class: str = "semantic"
    expected: str = ""
    saw: str = ""
    warning: bool = False
    culprit: Culprit | None = None


Check = Callable[["Observation"], Finding | None]


def check(function: Check) -> Check:
    """Marks a function as a check: one question, one answer, None when satisfied."""
    function.__dict__["is_check"] = True
    return function


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a case failed: a name, a class, a culprit, evidence.

    `kind` is None for a fault outside the table. `evidence` is a bounded excerpt without secrets.
    """

    kind: str | None
    failure_class: str
    culprit: Culprit
    evidence: str = ""

    @property
    def label(self) -> str:
        """The name, or the class where the fault has no name."""
        return self.kind or self.failure_class


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one observation.

    `failure` is the primary cause, None unless the outcome is failed or unknown. `warnings` are
    what a passing answer still did oddly. `reason` says why a case was skipped or is unknown.
    `first_outcome` is that of the first attempt alone, so that retries never hide flakiness.
    `step` is the question that decided, where further ones were put all the same; None: the last.
    `taken_from` is the earlier run whose verdict this is, where it was not asked again; "" where it was.
    """

    observation: Observation
    outcome: Outcome
    failure: Failure | None = None
    warnings: tuple[Finding, ...] = ()
    also: tuple[Failure, ...] = ()
    reason: str = ""
    first_outcome: Outcome | None = None
    step: int | None = None
    taken_from: str = ""
