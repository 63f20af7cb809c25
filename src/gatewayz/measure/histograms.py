"""Distributions that are kept in little room, and that merge as if one had seen it all.

Over the buckets of DDSketch (Masson, Rim and Lee, VLDB 2019, "DDSketch: a fast and fully-mergeable
quantile sketch with relative-error guarantees"): each value falls in a bucket by its logarithm, and
merging adds the counts of equal buckets, so the order and the number of parts change nothing. A small
sample needs no sketch: its values are kept beside the buckets until there are too many.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

from gatewayz.core import MeasureError
from gatewayz.core.estimates import CONFIDENCE, Estimate
from gatewayz.measure.intervals import rank_of, ranks_around

# A quantile is off by at most this share of itself.
RELATIVE_ERROR = 0.005
# So many values are kept as they are; of more there are buckets only.
MOST_EXACT = 10_000
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

    Up to `MOST_EXACT` values all are exact. Of more, counts and the smallest and the largest value
    are; every other value is known to within `RELATIVE_ERROR` of itself, and never outside of what
    was seen.
    """

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._store = DenseStore()
        self._zeros = 0
        self._exact: list[float] | None = []
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
        if self._exact is not None:
            self._keep((value,))
        self._stretch(value, value)

    def merge(self, other: Histogram) -> None:
        """Takes in all that another one has; the other stays as it is."""
        self._store.merge(other._store)
        self._zeros += other._zeros
        self._keep(other._exact)
        if other.lowest is not None and other.highest is not None:
            self._stretch(other.lowest, other.highest)

    @property
    def count(self) -> int:
        """How many values were added."""
        return self._zeros + int(self._store.count)

    @property
    def zeros(self) -> int:
        """How many of them were nothing at all, as far as a clock can tell."""
        return self._zeros

    @property
    def relative_error(self) -> float:
        """How far a quantile may be off, as a share of itself: 0 while all values are kept."""
        return RELATIVE_ERROR if self._exact is None else 0.0

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
                # Of few values the buckets follow from them.
                "counts": self._ways() if self._exact is None else [],
                "values": self._sorted(),
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
        if kept["values"] is not None:
            return cls(kept["values"])
        made = cls()
        made._exact = None
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
        if (values := self._sorted()) is not None:
            return values[rank - 1]
        if rank <= self._zeros:
            return self.lowest
        found = float(_MAPPING.value(self._store.key_at_rank(rank - self._zeros - 1)))
        return min(self.highest, max(self.lowest, found))

    def _keep(self, values: Sequence[float] | None) -> None:
        """More values as they are, None for those that are buckets only, as long as all are few.

        Whether they are kept hangs on nothing but how many there are, so the order changes nothing.
        """
        if self._exact is None:
            return
        if values is None or len(self._exact) + len(values) > MOST_EXACT:
            self._exact = None
        else:
            self._exact.extend(values)

    def _sorted(self) -> list[float] | None:
        if self._exact is not None:
            self._exact.sort()
        return self._exact

    def _stretch(self, low: float, high: float) -> None:
        self.lowest = low if self.lowest is None else min(self.lowest, low)
        self.highest = high if self.highest is None else max(self.highest, high)
