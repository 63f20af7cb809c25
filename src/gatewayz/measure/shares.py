"""Whether one share of failures is larger than another by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma

# What is less than that share of a sum changes no digit that a float holds.
_NOTHING = 1e-17


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
    passed = before.passed + after.passed
    if not failed or not of_after:
        return 1.0
    # Each tail is added up from its thick end, so that what is left out is nothing.
    if after.failed * (failed + passed) > failed * of_after:
        return min(1.0, _tail(after.failed, 1, of_after, failed, passed))
    return max(0.0, 1.0 - _tail(after.failed - 1, -1, of_after, failed, passed))


def _tail(first: int, step: int, drawn: int, failed: int, passed: int) -> float:
    """How often so many of the failures are among those drawn, or ever more (`step` 1) or fewer (-1)."""
    least, most = max(0, drawn - passed), min(failed, drawn)
    if not least <= first <= most:
        return 0.0
    ways = _log_ways(failed, first) + _log_ways(passed, drawn - first)
    term = exp(ways - _log_ways(failed + passed, drawn))
    whole, k = term, first
    while least <= (k := k + step) <= most and term > _NOTHING * whole:
        if step > 0:
            term *= (failed - k + 1) * (drawn - k + 1) / (k * (passed - drawn + k))
        else:
            term *= (k + 1) * (passed - drawn + k + 1) / ((failed - k) * (drawn - k))
        whole += term
    return whole


def _log_ways(of: int, taken: int) -> float:
    """The logarithm of a binomial coefficient."""
    return lgamma(of + 1) - lgamma(taken + 1) - lgamma(of - taken + 1)
