"""Nothing comes, or it comes for ever: the class `timeout`."""

from __future__ import annotations

from gatewayz.simulator.faults.table import CHAT, Fault, Stage, silent
from gatewayz.simulator.response import Ending, Piece, Response, body_response
from gatewayz.simulator.turn import Turn


def halve(response: Response, turn: Turn) -> None:
    """Keeps the first half of a body, or of a stream's text; `;after=3` keeps so many pieces.

    What is announced stays as it was: the length of the whole body, or more chunks to come.
    """
    if not response.chunked:
        whole = response.body
        response.declared = len(whole)
        response.pieces = [Piece(whole[: max(1, len(whole) // 2)])]
        return
    said = [index for index, piece in enumerate(response.pieces) if piece.part == "content"]
    keep = said[len(said) // 2] if said else max(1, len(response.pieces) // 2)
    response.pieces = response.pieces[: int(turn.option("after", keep))]
    response.complete = False


def _headers_only(turn: Turn, response: Response) -> None:  # noqa: ARG001
    response.declared = len(response.body)
    response.pieces, response.complete, response.ending = [], False, Ending.HANG


def _stall(turn: Turn, response: Response) -> None:
    halve(response, turn)
    response.ending = Ending.HANG


def _stall_at_the_end(turn: Turn, response: Response) -> None:  # noqa: ARG001
    """The whole answer, without its end mark and without a close."""
    response.pieces = [piece for piece in response.pieces if piece.part != "done"]
    if not response.chunked:
        response.chunked = True
    response.complete, response.ending = False, Ending.HANG


def _trickle(turn: Turn, response: Response) -> None:
    """Byte after byte, quicker than any idle limit, slower than anybody can wait.

    A stream begins as it should, so that only a limit on the whole can end it.
    """
    drip_s = turn.option("gap", turn.pace.drip_s)
    begun: list[Piece] = []
    if response.chunked:
        said = [n for n, piece in enumerate(response.pieces, start=1) if piece.part == "content"]
        begun = response.pieces[: said[0] if said else 1]
    else:
        response.declared = len(response.body)
    rest = b"".join(piece.data for piece in response.pieces[len(begun) :])
    response.pieces = begun + [Piece(rest[at : at + 1], drip_s) for at in range(len(rest))]


def _keepalive_for_ever(turn: Turn, response: Response) -> None:
    """Comment lines and never an event."""
    comment = turn.rng.choice((b": keep-alive\n\n", b": ping\n\n", b":\n\n"))
    response.pieces, response.complete = [], False
    response.endless = Piece(comment, turn.option("gap", turn.pace.drip_s))


def _error_body_stalls(turn: Turn) -> Response:
    status = turn.rng.choice((429, 500, 502, 503))
    response = body_response(status, b'{"error":{"message":"Something', "application/json")
    response.chunked, response.complete, response.ending = True, False, Ending.HANG
    return response


FAULTS = (
    silent("first-byte-timeout", Ending.HANG),
    Fault("headers-then-silence", Stage.WIRE, _headers_only),
    Fault("stall-between-chunks", Stage.WIRE, _stall),
    Fault("stall-before-end", Stage.WIRE, _stall_at_the_end),
    Fault("trickle", Stage.WIRE, _trickle),
    Fault("keepalive-forever", Stage.WIRE, _keepalive_for_ever, form="stream", routes=CHAT),
    Fault("error-body-stall", Stage.INSTEAD, _error_body_stalls),
)
