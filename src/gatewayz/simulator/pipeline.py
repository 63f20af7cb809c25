"""From a request to its answer: key, faults, model, dress, bytes."""

from __future__ import annotations

from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Event, Route, dump
from gatewayz.simulator.faults import Fault, Stage, names_of
from gatewayz.simulator.response import Piece, Response, body_response
from gatewayz.simulator.turn import Problem, Turn


def respond(turn: Turn, route: Route, faults: tuple[Fault, ...]) -> tuple[Response, str]:
    """The answer to one request, and the names of the faults that it got.

    A request that is refused on its own account (key, body, model) gets no fault: the answer
    sheet then says so.
    """
    dialect = turn.dialect
    acting = tuple(fault for fault in faults if fault.fits(route.kind, turn.stream))
    open_door = route.public or any(fault.keyless for fault in acting)
    refused = None if open_door else dialect.refuse_key(turn)
    if refused is not None:
        return dialect.problem(turn, refused), ""
    made = None
    for instead in _at(Stage.INSTEAD, acting):
        if not instead.when(turn, None):
            continue
        made = instead.act(turn)
        if made is not None:
            acting = (instead, *_at(Stage.WIRE, acting))
            break
    if made is None:
        acting = tuple(fault for fault in acting if fault.stage is not Stage.INSTEAD)
        made = route.view(turn)
        if isinstance(made, Problem):
            acting = ()
        elif isinstance(made, Answer):
            acting = tuple(fault for fault in acting if fault.when(turn, made))
    response = _response(turn, made, acting)
    for fault in _at(Stage.WIRE, acting):
        fault.act(turn, response)
    return response, names_of(acting)


def _response(turn: Turn, made: Any, acting: tuple[Fault, ...]) -> Response:
    """What a view or a fault made, as bytes."""
    if isinstance(made, Response):
        return made
    if isinstance(made, Problem):
        return turn.dialect.problem(turn, made)
    if isinstance(made, Answer):
        for fault in _at(Stage.ANSWER, acting):
            fault.act(turn, made)
        turn.tokens = (made.prompt_tokens, made.completion_tokens)
        return _stream(turn, made, acting) if turn.stream else _plain(turn, made, acting)
    for fault in _at(Stage.LISTING, acting):
        made = fault.act(turn, made)
    return body_response(200, dump(made), "application/json", turn.dialect.headers(turn))


def _at(stage: Stage, acting: tuple[Fault, ...]) -> list[Fault]:
    return [fault for fault in acting if fault.stage is stage]


def _plain(turn: Turn, answer: Answer, acting: tuple[Fault, ...]) -> Response:
    document = turn.dialect.document(turn, answer)
    for fault in _at(Stage.SHAPE, acting):
        fault.act(turn, [document])
    response = body_response(200, dump(document), "application/json", turn.dialect.headers(turn))
    response.wait_s = turn.pace.wait_s
    return response


def _stream(turn: Turn, answer: Answer, acting: tuple[Fault, ...]) -> Response:
    events = turn.dialect.events(turn, answer)
    documents = [event.data for event in events if isinstance(event.data, dict)]
    for fault in _at(Stage.SHAPE, acting):
        fault.act(turn, documents)
    for fault in _at(Stage.EVENTS, acting):
        fault.act(turn, events)
    pieces = [Piece(encode(event), part=event.part) for event in events]
    response = Response(
        status=200,
        headers=[
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache"),
            *turn.dialect.headers(turn),
        ],
        pieces=pieces,
        chunked=True,
    )
    _set_times(turn, response)
    return response


def _set_times(turn: Turn, response: Response) -> None:
    """The wait before the first chunk, spread over leading comments, and gaps between tokens."""
    leading = 0
    while leading < len(response.pieces) and response.pieces[leading].part == "comment":
        leading += 1
    share_s = turn.pace.wait_s / (leading + 1)
    for piece in response.pieces[: leading + 1]:
        piece.gap_s = share_s
    first = True
    for piece in response.pieces[leading:]:
        if piece.part == "content":
            if not first:
                piece.gap_s = turn.pace.gap_s
            first = False
    if not leading and response.pieces:
        response.wait_s, response.pieces[0].gap_s = share_s, 0.0


def encode(event: Event) -> bytes:
    """An event as the stream's text."""
    if event.part == "comment":
        return b": " + event.comment.encode() + b"\n\n"
    name = b"event: " + event.name.encode() + b"\n" if event.name else b""
    data = event.data.encode() if isinstance(event.data, str) else dump(event.data)
    return name + b"data: " + data + b"\n\n"
