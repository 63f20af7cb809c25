"""What a sample says of the world behind it: a value, and how sure one may be of it."""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantile of a sample, and the interval around it.

    `value` is one that was seen, None only of an empty sample. `low` and `high` are values that
    were seen, too; both are None where the sample is too small to have any at this `confidence`,
    and then `enough` is False.
    """

    value: float | None
    low: float | None
    high: float | None
    count: int
    enough: bool
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True)
class Shift:
    """How much larger the one sample is than the other, in their unit.

    `low` and `high` enclose the true shift at `confidence`; both None, and `enough` False, where the
    samples are too small for that at any distance. `p_value` is two-sided, None of empty samples.
    `effect` goes from -1 (always smaller) over 0 to 1 (always larger). `count` is the number of pairs,
    or of the smaller sample.
    """

    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    effect: float | None
    count: int
    enough: bool
    confidence: float = CONFIDENCE
