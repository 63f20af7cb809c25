"""Times and rates counted in buckets, which add up over hours, days and models in any order.

The buckets are those of DDSketch (Masson, Rim and Lee, VLDB 2019) with a relative error of 0.5 %, as
`measure/histograms.py` has them: the bucket of a value is its logarithm, rounded up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# A quantile is off by at most this share of itself.
RELATIVE_ERROR = 0.005
# Less than a nanosecond (or a billionth of a token a second) is as good as nothing.
_NOTHING = 1e-9
_BASE = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_STEP = 1 / math.log(_BASE)
# The bucket of nothing lies below that of every number that a float can hold.
OF_NOTHING = -100_000


def bucket_of(value: float) -> int:
    """The bucket of a value from 0 on. Raises: ValueError for a negative one and for no number."""
    if not 0 <= value < math.inf:
        raise ValueError(f"buckets hold times and rates from 0 on, not {value!r}")
    return OF_NOTHING if value < _NOTHING else math.ceil(math.log(value) * _PER_STEP)


def value_of(bucket: int) -> float:
    """The value that stands for a bucket: within `RELATIVE_ERROR` of all that are in it."""
    return 0.0 if bucket == OF_NOTHING else math.exp(bucket / _PER_STEP) * (2 / (1 + _BASE))


@dataclass(frozen=True, slots=True)
class Times:
    """How many values fell in each bucket, in any unit."""

    buckets: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[float]) -> Times:
        """These values. Raises: ValueError for a negative one and for no number."""
        buckets: dict[int, int] = {}
        for value in values:
            bucket = bucket_of(value)
            buckets[bucket] = buckets.get(bucket, 0) + 1
        return cls(buckets)

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.buckets.values())

    def quantile(self, share: float) -> float | None:
        """The value at a share (0 to 1), by nearest rank, within 0.5 % of itself; None of nothing.

        Raises: ValueError for a share outside of 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"a share lies between 0 and 1, not {share}")
        rank = max(1, math.ceil(share * self.count))
        for bucket in sorted(self.buckets):
            rank -= self.buckets[bucket]
            if rank <= 0:
                return value_of(bucket)
        return None

    def at_most(self, value: float) -> int:
        """How many values are not above this one; those within 1 % of it may fall on either side."""
        limit = bucket_of(value)
        return sum(count for bucket, count in self.buckets.items() if bucket <= limit)

    def __add__(self, other: Times) -> Times:
        added = dict(self.buckets)
        for bucket, count in other.buckets.items():
            added[bucket] = added.get(bucket, 0) + count
        return Times(added)
