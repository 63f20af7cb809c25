"""The connection itself fails."""

from __future__ import annotations

from gatewayz.simulator.faults.table import Fault, Stage, silent
from gatewayz.simulator.faults.timing import halve
from gatewayz.simulator.response import Ending, Response, body_response
from gatewayz.simulator.turn import Turn


def _reset(turn: Turn, response: Response) -> None:
    halve(response, turn)
    response.ending = Ending.RESET


def _short_length(turn: Turn, response: Response) -> None:  # noqa: ARG001
    """More is announced than comes, then a clean close; the pieces keep their times."""
    response.chunked = False
    response.declared = len(response.body) + 64
    response.ending = Ending.CLOSE
    if len(response.pieces) == 1:
        whole = response.pieces[0]
        response.declared = len(whole.data)
        whole.data = whole.data[: len(whole.data) * 2 // 3]
    else:
        response.pieces = response.pieces[: max(1, len(response.pieces) * 2 // 3)]


def _no_last_chunk(turn: Turn, response: Response) -> None:
    halve(response, turn)
    response.chunked, response.complete, response.declared = True, False, None
    response.ending = Ending.CLOSE


def _redirects(turn: Turn) -> Response:
    """To itself, with a counter so that it looks like progress."""
    hop = int(turn.query.get("hop", "0")) if turn.query.get("hop", "0").isdigit() else 0
    place = f"{turn.url}{turn.request.path}?hop={hop + 1}"
    response = body_response(turn.rng.choice((302, 307, 308)), b"", "text/plain")
    response.set_header("location", place)
    return response


FAULTS = (
    silent("reset-before-response", Ending.RESET),
    silent("closed-without-response", Ending.CLOSE),
    Fault("reset-mid-body", Stage.WIRE, _reset),
    Fault("short-content-length", Stage.WIRE, _short_length),
    Fault("incomplete-chunked-read", Stage.WIRE, _no_last_chunk),
    Fault("redirect-loop", Stage.INSTEAD, _redirects),
)
