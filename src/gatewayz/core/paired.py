"""What two ways differ by in time, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Two values that were seen, between which the true one lies with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTime:
    """How much longer a question took through the API than directly, over pairs of one moment.

    `median_s` of the differences, negative where the API was the faster; `interval` is None for too
    few pairs. `told` is "slower", "faster", "no difference seen" or "too few".
    """

    pairs: int
    median_s: float
    interval: Interval | None
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedTime:
    """What the backend adds to one probe of one model; `model` "" is all models of a gateway.

    `ttft` and `latency` are None where no pair had such a time. Of the pairs that are not in them,
    `warm_up` had to open a connection on one of their ways, `left_out` failed, were retried or were asked
    on one way only, and `not_sent` were asked on neither, as under a cap. `own_s` is the median of what the backend itself says it took of the
    pairs' calls, in seconds, and `own_count` how many said so. Of `held_up` pairs one time or both are
    left out, as our own event loop may have made them longer.
    """

    gateway: str
    model: str
    probe: str
    ttft: PairedTime | None = None
    latency: PairedTime | None = None
    warm_up: int = 0
    left_out: int = 0
    not_sent: int = 0
    own_s: float | None = None
    own_count: int = 0
    held_up: int = 0
