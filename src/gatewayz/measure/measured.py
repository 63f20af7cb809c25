"""A number, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

CountedBy = Literal["", "usage", "chunks"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one attempt gave for one metric.

    `value` is in the metric's unit, and None where it is not measurable: then `reason` says why,
    and is empty otherwise. `counted_by` says where a token count in it is from: "usage" for what
    the provider reported, "chunks" for a count of chunks, which are no tokens. `estimated` says
    how a part of it was come by that nobody told; "" for a value without such a part.
    """

    value: float | None
    reason: str = ""
    counted_by: CountedBy = ""
    estimated: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.reason):
            raise ValueError("a measured value has no reason, and a missing one has one")

    def with_value(self, value: float) -> Measured:
        """Another value that was come by in the same way."""
        return Measured(value, self.reason, self.counted_by, self.estimated)


@lru_cache(maxsize=256)  # mostly one of a few reasons, for each of many answers
def missing(reason: str) -> Measured:
    """Not measurable, and why."""
    return Measured(None, reason)
