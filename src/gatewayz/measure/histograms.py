"""Distributions that are kept in little room, and that merge as if one had seen it all.

Over the buckets of DDSketch (Masson, Rim and Lee, VLDB 2019, "DDSketch: a fast and fully-mergeable
quantile sketch with relative-error guarantees"): each value falls in a bucket by its logarithm, and
merging adds the counts of equal buckets, so the order and the number of parts change nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

from gatewayz.core import MeasureError
from gatewayz.measure.intervals import CONFIDENCE, Estimate, rank_of, ranks_around

# A quantile is off by at most this share of itself.
RELATIVE_ERROR = 0.005
# Less than a nanosecond (or a billionth of a token a second) is as good as nothing.
_NOTHING = 1e-9
_MAPPING = LogarithmicMapping(RELATIVE_ERROR)


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many values above `low` and up to `high`; of zeros both are 0."""

    low: float
    high: float
    count: int


class Histogram:
    """The distribution of one metric: no negative values, in any unit.

    Counts and the smallest and the largest value are exact; every other value is known to within
    `RELATIVE_ERROR` of itself, and never outside of what was seen.
    """

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._store = DenseStore()
        self._zeros = 0
        self.lowest: float | None = None
        self.highest: float | None = None
        for value in values:
            self.add(value)

    def add(self, value: float) -> None:
        """One more value.

        Raises: MeasureError for a negative value and for one that is no number.
        """
        if not 0 <= value < math.inf:
            raise MeasureError(f"a histogram holds times and rates from 0 on, not {value!r}")
        if value < _NOTHING:
            self._zeros += 1
        else:
            self._store.add(_MAPPING.key(value))
        self._stretch(value, value)

    def merge(self, other: Histogram) -> None:
        """Takes in all that another one has; the other stays as it is."""
        self._store.merge(other._store)
        self._zeros += other._zeros
        if other.lowest is not None and other.highest is not None:
            self._stretch(other.lowest, other.highest)

    @property
    def count(self) -> int:
        """How many values were added."""
        return self._zeros + int(self._store.count)

    def quantile(self, share: float) -> float | None:
        """The value at a share (0 to 1), by nearest rank; None of nothing.

        Raises: MeasureError for a share outside of 0 to 1.
        """
        return self._at(rank_of(self.count, share)) if self.count else None

    def estimate(self, share: float, *, confidence: float = CONFIDENCE) -> Estimate:
        """The value at a share with the interval around it, as `quantile_of` gives it."""
        ranks = ranks_around(self.count, share, confidence) if self.count else None
        low, high = (None, None) if ranks is None else map(self._at, ranks)
        return Estimate(self.quantile(share), low, high, self.count, ranks is not None, confidence)

    def buckets(self) -> tuple[Bucket, ...]:
        """What there is, from the smallest to the largest; empty buckets are left out."""
        zeros = [Bucket(0.0, 0.0, self._zeros)] if self._zeros else []
        # A bucket's own value is off by the same share of either end.
        middles = ((_MAPPING.value(key), ways) for key, ways in self._ways())
        return (
            *zeros,
            *(
                Bucket(middle / (1 + RELATIVE_ERROR), middle / (1 - RELATIVE_ERROR), ways)
                for middle, ways in middles
            ),
        )

    def to_bytes(self) -> bytes:
        """All there is to it, for another process; `from_bytes` reads it."""
        return json.dumps(
            {
                "relative_error": RELATIVE_ERROR,
                "zeros": self._zeros,
                "lowest": self.lowest,
                "highest": self.highest,
                "counts": self._ways(),
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Histogram:
        """The histogram that `to_bytes` wrote.

        Raises: MeasureError where it was not written with the same buckets.
        """
        kept = json.loads(data)
        if kept["relative_error"] != RELATIVE_ERROR:
            raise MeasureError("the histogram has other buckets than this version's")
        made = cls()
        made._zeros, made.lowest, made.highest = kept["zeros"], kept["lowest"], kept["highest"]
        for key, ways in kept["counts"]:
            made._store.add(key, ways)
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def _ways(self) -> list[tuple[int, int]]:
        first = self._store.offset
        return [(first + at, int(ways)) for at, ways in enumerate(self._store.bins) if ways]

    def _at(self, rank: int) -> float:
        if self.lowest is None or self.highest is None:
            raise MeasureError("an empty histogram has no values")
        if rank == self.count:
            return self.highest
        if rank <= self._zeros:
            return self.lowest
        found = float(_MAPPING.value(self._store.key_at_rank(rank - self._zeros - 1)))
        return min(self.highest, max(self.lowest, found))

    def _stretch(self, low: float, high: float) -> None:
        self.lowest = low if self.lowest is None else min(self.lowest, low)
        self.highest = high if self.highest is None else max(self.highest, high)
