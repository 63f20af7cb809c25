"""What a sample says of the world behind it: a value, and how sure one may be of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A quantile of a sample with its interval, in the unit of the sample.

    `low` and `high` are None where the sample of `count` values is too small to bound the quantile
    at this confidence on that side; `enough` says that both are there.
    """

    value: float
    low: float | None = None
    high: float | None = None
    count: int = 0
    enough: bool = False
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """By how much a second sample lies above a first one, in their unit.

    `value` is None where there is nothing to compare. `low` and `high` bound it, None where the
    samples are too small; `p_value` is that of no difference. `effect` is the shift as a share of the first sample's median.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    effect: float | None = None
    count: int = 0
    enough: bool = False
