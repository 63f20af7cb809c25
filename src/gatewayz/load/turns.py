"""Whose turn it is: the targets of a run in blocks of random order, and the starts a limit allows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random


def target_of(number: int, targets: Sequence[int], *, seed: int, place: str) -> int:
    """The target of a request, by its number in its stage.

    Each block of as many requests as there are targets has every target once, in an order drawn by
    the seed, so that all get as many and none always goes first.
    """
    if len(targets) == 1:
        return targets[0]
    block, at = divmod(number, len(targets))
    return _block(block, tuple(targets), seed, place)[at]


@lru_cache(maxsize=64)
def _block(block: int, targets: tuple[int, ...], seed: int, place: str) -> tuple[int, ...]:
    order = list(targets)
    Random(f"{seed}/{place}/{block}/order").shuffle(order)
    return tuple(order)


class Limiter:
    """The starts that one gateway's limit of requests per minute allows one of `parts` processes."""

    def __init__(self, per_minute: float | None, parts: int) -> None:
        self._gap_s = 60.0 * parts / per_minute if per_minute else 0.0
        self._next = 0.0

    def next_start(self, now: float) -> float:
        """When the next request may start, which is then taken."""
        start = max(now, self._next)
        self._next = start + self._gap_s
        return start
