"""Whose turn it is: the targets of a run in blocks of random order, and the starts a limit allows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random

from gatewayz.core.load import Stage
from gatewayz.load.board import Board
from gatewayz.load.order import LoadOrder
from gatewayz.load.shapes import arrivals_of


def target_of(number: int, targets: Sequence[int], *, seed: int, place: str) -> int:
    """The target of a request, by its number in its stage.

    Each block of as many requests as there are targets has every target once, in an order drawn by
    the seed, so that all get as many and none always goes first.
    """
    if len(targets) == 1:
        return targets[0]
    block, at = divmod(number, len(targets))
    return _block(block, tuple(targets), seed, place)[at]


def turn_of(number: int, targets: Sequence[int]) -> int:
    """The turn of a request, by its number in its stage: the block it is in."""
    return number // len(targets)


@lru_cache(maxsize=64)
def _block(block: int, targets: tuple[int, ...], seed: int, place: str) -> tuple[int, ...]:
    order = list(targets)
    Random(f"{seed}/{place}/{block}/order").shuffle(order)
    return tuple(order)


def board_for(order: LoadOrder, parts: int = 1) -> Board:
    """What the processes of a run share: a row of starts for each gateway, and one for each target."""
    return Board(parts=parts, rows=len(_rows(order)) + len(order.aims))


class Limiter:
    """The starts that the limits of gateways allow: of each one limit, for all its models together
    and for all processes that share the board. A gateway can be stopped as well, and a target left out.
    """

    def __init__(self, order: LoadOrder, board: Board) -> None:
        rows = _rows(order)
        self._board = board
        self._rows = [rows[aim.gateway.name] for aim in order.aims]
        self._first_target = len(rows)
        self._gaps_s = [0.0] * len(rows)
        if order.hold_to_limits:
            for aim, row in zip(order.aims, self._rows, strict=True):
                per_minute = aim.gateway.limits.requests_per_minute
                if per_minute:
                    self._gaps_s[row] = max(self._gaps_s[row], 60.0 / per_minute)

    def next_start(self, index: int, now: float) -> float:
        """When the next request to a target may start, which is then taken."""
        row = self._rows[index]
        gap_s = self._gaps_s[row]
        return self._board.start_in(row, now, gap_s) if gap_s else now

    def stop(self, index: int) -> None:
        """A target's gateway is to be asked no more, by no process."""
        self._board.close_row(self._rows[index])

    def leave_out(self, index: int) -> None:
        """A target is to be asked no more, by no process."""
        self._board.close_row(self._first_target + index)

    def stopped(self, index: int) -> bool:
        """Whether a target is to be asked no more, be it for its gateway's sake."""
        board = self._board
        return board.is_closed(self._rows[index]) or board.is_closed(self._first_target + index)


class Arrivals:
    """When the requests of an open stage are due, on the clock in which its `start` is."""

    def __init__(self, stage: Stage, seed: int, start: float) -> None:
        self._offsets = enumerate(arrivals_of(stage, seed))
        self._start = start

    def due(self, number: int) -> float | None:
        """When a request is due, each asked after in rising order; None: there are not so many."""
        for at, offset in self._offsets:
            if at == number:
                return self._start + offset
        return None


def _rows(order: LoadOrder) -> dict[str, int]:
    names = dict.fromkeys(aim.gateway.name for aim in order.aims)
    return {name: row for row, name in enumerate(names)}
