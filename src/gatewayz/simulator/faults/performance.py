"""Answers that are right and come at the wrong time: the class `performance`.

Times are options, in seconds: `;seconds=` for one wait, `;gap=` for each of many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.faults.planting import on_times
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Piece, Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_WAIT_S, _GAP_S, _BETWEEN_BURSTS_S = 0.5, 0.15, 0.8
_LONG_PIECES = 16


def _said(response: Response) -> list[Piece]:
    return [piece for piece in response.pieces if piece.part == "content"]


def _many_pieces(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    """Whether there is enough text for its rhythm to mean anything."""
    return answer is not None and len(answer.pieces) >= _LONG_PIECES


# All at once, at the end.


def _held_back(*, role_first: bool = False, comments: int = 0, one_packet: bool = False) -> Any:
    """The whole stream is kept until it is complete; what may come while it is awaited differs."""

    def act(turn: Turn, response: Response) -> None:
        wait_s = turn.option("seconds", _WAIT_S)
        before = [piece for piece in response.pieces if piece.part == "comment"]
        rest = [piece for piece in response.pieces if piece.part != "comment"]
        if role_first:
            before.append(rest.pop(0))
        share_s = wait_s / (comments + 1)
        before += [Piece(b": waiting\n\n", share_s, "comment") for _ in range(comments)]
        for piece in rest:
            piece.gap_s = 0.0
        if one_packet:
            rest = [Piece(b"".join(piece.data for piece in rest), part="content")]
        rest[0].gap_s = share_s
        response.pieces = before + rest

    return act


def _held_headers(turn: Turn, response: Response) -> None:
    """Not even the headers come before the end."""
    response.wait_s += turn.option("seconds", _WAIT_S)
    for piece in response.pieces:
        piece.gap_s = 0.0


# In bursts, or slowly.


def _bursts(size: int, *, uneven: bool = False) -> Callable[[Turn, Response], None]:
    """So many pieces at once, then a pause; `;after=` sets how many."""

    def act(turn: Turn, response: Response) -> None:
        pause_s = turn.option("gap", _BETWEEN_BURSTS_S)
        said = _said(response)
        # At least two pauses, however short the text is.
        count = min(int(turn.option("after", size)), max(1, len(said) // 3))
        for number, piece in enumerate(said):
            factor = turn.rng.uniform(0.7, 1.3) if uneven else 1.0
            piece.gap_s = pause_s * factor if number and number % count == 0 else 0.0

    return act


def _slow(gap: Callable[[Turn, int], float]) -> Callable[[Turn, Response], None]:
    """A pause before every piece of text, in shares of `;gap=`."""

    def act(turn: Turn, response: Response) -> None:
        gap_s = turn.option("gap", _GAP_S)
        for number, piece in enumerate(_said(response)):
            piece.gap_s = gap_s * gap(turn, number) if number else piece.gap_s

    return act


# A late beginning.


def _late(seconds: Callable[[Turn], float]) -> tuple[Callable[[Turn, Response], None], ...]:
    """Ways to begin so many seconds late: with the headers, after them, among comments."""

    def headers(turn: Turn, response: Response) -> None:
        response.wait_s += seconds(turn)

    def first_event(turn: Turn, response: Response) -> None:
        response.pieces[0].gap_s += seconds(turn)

    def first_text(turn: Turn, response: Response) -> None:
        said = _said(response)
        (said or response.pieces)[0].gap_s += seconds(turn)

    def comments(count: int) -> Callable[[Turn, Response], None]:
        def act(turn: Turn, response: Response) -> None:
            if not response.chunked:
                headers(turn, response)
                return
            share_s = seconds(turn) / (count + 1)
            awaited = [Piece(b": processing\n\n", share_s, "comment") for _ in range(count)]
            response.pieces[0].gap_s += share_s
            response.pieces = awaited + response.pieces

        return act

    return headers, first_event, first_text, comments(1), comments(4)


def _a_wait(turn: Turn) -> float:
    return turn.option("seconds", _WAIT_S)


def _a_place_in_the_queue(turn: Turn) -> float:
    """One share for this request, and one for each that is under way."""
    return turn.option("seconds", _GAP_S) * (turn.in_flight + 1)


def _one_in_so_many(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    every = max(1, int(turn.option("every", 5)))
    return turn.nth % every == 0


def _the_first(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    return turn.nth == 1


# Fails once.


def _asked_anew(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - before any answer
    return turn.repeated == 1


def _fails_once(turn: Turn) -> Problem | Response:
    """A passing failure of the kind that clients retry without a word."""
    passing: tuple[Problem | None, ...] = (
        Problem(trouble=Trouble.OVERLOADED, status=503),
        Problem(trouble=Trouble.SERVER, status=500),
        Problem(trouble=Trouble.OVERLOADED, status=529),
        Problem(trouble=Trouble.OVERLOADED, status=502, message="The upstream did not answer."),
        Problem(trouble=Trouble.RATE_LIMIT, status=429, retry_after_s=0.05),
        None,
    )
    return turn.rng.choice(passing) or body_response(503, b"", "text/plain")


FAULTS = (
    on_times(
        "fake-streaming",
        _held_back(),
        _held_back(role_first=True),
        _held_back(comments=3),
        _held_back(role_first=True, one_packet=True),
        _held_back(one_packet=True),
        _held_headers,
        form="stream",
        when=_many_pieces,
    ),
    on_times(
        "bursty-stream",
        _bursts(8),
        _bursts(16),
        _bursts(64),
        _bursts(8, uneven=True),
        _bursts(32, uneven=True),
        form="stream",
        when=_many_pieces,
    ),
    on_times(
        "slow-stream",
        _slow(lambda turn, number: 1.0),  # noqa: ARG005
        _slow(lambda turn, number: turn.rng.uniform(0.8, 1.2)),  # noqa: ARG005
        _slow(lambda turn, number: 2.0 * (number % 2)),  # noqa: ARG005
        _slow(lambda turn, number: min(1.5, 0.7 + number / 20)),  # noqa: ARG005
        _slow(lambda turn, number: max(0.7, 1.3 - number / 20)),  # noqa: ARG005
        form="stream",
        when=_many_pieces,
    ),
    on_times("ttft-spike", *_late(_a_wait), when=_one_in_so_many),
    on_times("cold-first-call", *_late(_a_wait), when=_the_first),
    on_times("queueing-under-load", *_late(_a_place_in_the_queue)),
    Fault("retry-masked-latency", Stage.INSTEAD, _fails_once, routes=CHAT, when=_asked_anew),
)
