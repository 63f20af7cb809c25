"""The arithmetic of ranks: the differences between two samples, and their exact distributions."""

from __future__ import annotations

import math
import struct
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

# A distribution is counted out where that takes no more steps; beyond, the normal one is near enough. Of
# few values it is not, however many there are on the other side: its tails are far too heavy.
_MOST_STEPS, _FEW = 50_000, 7
# Ties have to be counted out sum by sum; that is done for so many of the few and of the different ranks, multiplied.
# Beyond, where most ranks differ, few values have the p-value that they have without ties, a little larger.
_MOST_TIED = 2_000
# The logarithm of the most orders of which one is a number that a float can hold.
_MOST_ORDERS = 740.0


def kth_difference(a: Sequence[float], b: Sequence[float], k: int) -> float:
    """The k-th smallest (from 1) of all b[j] - a[i], both in rising order.

    Found by halving the range of floats, so that a million pairs are never written out.
    """
    low, high = _as_int(b[0] - a[-1]), _as_int(b[-1] - a[0])
    while low < high:
        middle = (low + high) // 2
        if _at_most(a, b, _as_float(middle)) >= k:
            high = middle
        else:
            low = middle + 1
    return _as_float(low)


def _at_most(a: Sequence[float], b: Sequence[float], limit: float) -> int:
    """How many differences are at or below a limit: the larger a is, the more of b are."""
    found, upto = 0, 0
    for subtrahend in a:
        while upto < len(b) and b[upto] - subtrahend <= limit:
            upto += 1
        found += upto
    return found


def _as_int(value: float) -> int:
    """A float's place among all floats."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value + 0.0))
    return int(bits) if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _as_float(place: int) -> float:
    (value,) = struct.unpack("<d", struct.pack("<q", abs(place)))
    return -float(value) if place < 0 else float(value)


def superiority(a: Sequence[float], b: Sequence[float]) -> float:
    """Cliff's delta: the share of pairs in which b is the larger, less the share in which a is.

    Both in rising order; from -1 to 1.
    """
    won = sum(bisect_left(a, value) - (len(a) - bisect_right(a, value)) for value in b)
    return won / (len(a) * len(b))


def most_left_out(n: int, m: int, tail: float) -> int:
    """The largest k with P(U < k) <= tail, U being Mann-Whitney's of two samples without ties.

    The k-th smallest and the k-th largest difference then enclose the true shift. 0: none does.
    """
    if not _can_be_counted(n, m):
        spread = math.sqrt(n * m * (n + m + 1) / 12)
        return max(0, math.floor(n * m / 2 + NormalDist().inv_cdf(tail) * spread))
    below = 0
    allowed = tail * math.comb(n + m, n)
    for k, ways in enumerate(_ways_of_u(*sorted((n, m)))):
        below += ways
        if below > allowed:
            return k
    return n * m


def _can_be_counted(n: int, m: int) -> bool:
    few, many = sorted((n, m))
    return few <= _FEW or few * few * many <= _MOST_STEPS


@lru_cache(maxsize=256)
def _ways_of_u(n: int, m: int) -> tuple[int, ...]:
    """In how many orders of two samples U is 0, 1, ... n * m: a Gaussian binomial coefficient."""
    ways = [1] + [0] * (n * m)
    for factor in range(1, n + 1):
        # Times (1 - q^(m + factor)), then over (1 - q^factor).
        for at in range(n * m, m + factor - 1, -1):
            ways[at] -= ways[at - m - factor]
        for at in range(factor, n * m + 1):
            ways[at] += ways[at - factor]
    return tuple(ways)


def rank_sum_p_value(a: Sequence[float], b: Sequence[float], *, by_counting: bool = True) -> float:
    """Mann-Whitney's two-sided p-value; equal values share a rank.

    Counted out where that can be done, by the normal approximation elsewhere, but never below what two
    samples of such sizes can have at all.
    """
    few, many = sorted((a, b), key=len)
    doubled, size = _doubled_ranks([*few, *many]), len(few)
    seen, middle = sum(doubled[:size]), size * (len(doubled) + 1)
    off = abs(seen - middle)
    counted = by_counting and _can_be_counted(size, len(many))
    tied = len(set(doubled)) < len(doubled)
    groups = Counter(doubled)
    if counted and tied and size * len(groups) <= _MOST_TIED:
        ways = _ways_of_sums(tuple(sorted(groups.items())), size)
        far = sum(ways[: middle - off + 1]) + sum(ways[max(middle + off, middle - off + 1) :])
        return far / math.comb(len(doubled), size)
    if counted and (not tied or size <= _FEW):
        # U is half the sum of these ranks less the least that it can be; both tails are alike.
        tail = (size * len(many) - off + 1) // 2
        ways = _ways_of_u(size, len(many))
        return min(1.0, 2 * sum(ways[: tail + 1]) / math.comb(len(doubled), size))
    return max(_normal_p_value(doubled, size, off / 2), least_p_value(size, len(many)))


@lru_cache(maxsize=256)
def least_p_value(n: int, m: int) -> float:
    """The smallest p-value that two samples of such sizes can have: one lies wholly above the other."""
    orders = math.lgamma(n + m + 1) - math.lgamma(n + 1) - math.lgamma(m + 1)
    if orders > _MOST_ORDERS:
        return 0.0
    # Two of all orders are as far off, whichever sample is above.
    return min(1.0, 2 / math.comb(n + m, n))


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """The rank of each value, twice, so that a shared one is whole."""
    ordered = sorted(values)
    return [bisect_left(ordered, value) + bisect_right(ordered, value) + 1 for value in values]


@lru_cache(maxsize=16)
def _ways_of_sums(groups: tuple[tuple[int, int], ...], size: int) -> tuple[int, ...]:
    """In how many ways so many ranks add up to 0, 1, 2 ..., of `groups` of equal ones: each rank, and how often."""
    count = sum(often for _, often in groups)
    # All counts of a size are one long number, each in as many bytes as the largest takes: to add a rank
    # to all of these sums is to shift it.
    width = (math.comb(count, size).bit_length() + 7) // 8
    by_size = [1] + [0] * size
    for rank, often in groups:
        step = 8 * width * rank
        for taken in range(size, 0, -1):
            for of_these in range(1, min(often, taken) + 1):
                ways = math.comb(often, of_these) * by_size[taken - of_these]
                by_size[taken] += ways << (step * of_these)
    most = sum(
        sorted((r for r, often in groups for _ in range(min(often, size))), reverse=True)[:size]
    )
    sums = by_size[size].to_bytes(width * (most + 1), "little")
    return tuple(
        int.from_bytes(sums[at : at + width], "little") for at in range(0, len(sums), width)
    )


def _normal_p_value(doubled: Sequence[int], n: int, off: float) -> float:
    count = len(doubled)
    ties = sum(t**3 - t for t in Counter(doubled).values())
    spread = n * (count - n) / 12 * (count + 1 - ties / (count * (count - 1)))
    if spread <= 0:
        return 1.0
    # Ranks go in steps: half a step is taken off.
    return min(1.0, 2 * NormalDist().cdf(-max(0.0, off - 0.5) / math.sqrt(spread)))
