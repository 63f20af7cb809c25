"""Whether one share of failures is larger than another by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class Share:
    """So many passed and so many failed."""

    passed: int
    failed: int


def chance_of_so_many_failures(before: Share, after: Share) -> float:
    """How often chance alone puts at least so many of all failures among those `after`.

    Shape: 0 to 1; 1 where there is nothing to tell apart. One-sided Fisher's exact test.
    Source: Fisher, "The Design of Experiments" (1935), section 21.
    """
    of_after = after.passed + after.failed
    failed = before.failed + after.failed
    total = before.passed + before.failed + of_after
    ways = sum(
        comb(failed, k) * comb(total - failed, of_after - k)
        for k in range(after.failed, min(failed, of_after) + 1)
    )
    return ways / comb(total, of_after)
