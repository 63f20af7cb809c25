"""Nothing comes, or it comes for ever: the class `timeout`."""

from __future__ import annotations

from gatewayz.simulator.faults.surface import place_in, spell_headers
from gatewayz.simulator.faults.table import CHAT, Fault, Stage, silent
from gatewayz.simulator.response import Ending, Piece, Response, body_response
from gatewayz.simulator.turn import Turn

_COMMENTS = (
    b": keep-alive\n\n",
    b": ping\n\n",
    b":\n\n",
    b": processing\n\n",
    b":heartbeat\r\n\r\n",
    b": still waiting for a worker\n\n",
    b": in Bearbeitung\n\n",
    b": keepalive 15\n",
)
_BEGUN_ERRORS = (
    b'{"error":{"message":"Something',
    b'{"error": {"code": 5',
    b'{"detail":"',
    b'{\n  "message": "The server',
    b"<html><head><title>",
    b'{"er',
    b"Internal",
)


def cut_short(response: Response, turn: Turn) -> None:
    """Keeps the first part of a body, up to a byte, an event or a moment.

    `;byte=N` keeps so many bytes of the body, `;event=N` so many pieces, `;ms=N` what is due by then,
    and lets the ending come at that moment. By default the place is drawn: within the text of a
    stream, or in the middle third of a document. What is announced stays as it was: the length of
    the whole body, or more chunks to come.
    """
    whole = response.body
    if not response.chunked:
        response.declared = len(whole)
    response.complete = False
    if "byte" in turn.options:
        _keep_bytes(response, int(turn.option("byte", 0)))
    elif "ms" in turn.options:
        _keep_until(response, turn.option("ms", 0) / 1000)
    elif len(response.pieces) > 1:
        _keep_events(response, turn)
    else:
        _keep_bytes(response, max(1, turn.rng.randint(len(whole) // 3, 2 * len(whole) // 3)))


def _keep_bytes(response: Response, count: int) -> None:
    kept: list[Piece] = []
    for piece in response.pieces:
        if count <= 0:
            break
        piece.data = piece.data[:count]
        count -= len(piece.data)
        kept.append(piece)
    response.pieces = kept


def _keep_events(response: Response, turn: Turn) -> None:
    """So many pieces; where no number was given, now and then a part of the next one too."""
    kept = place_in(turn, [piece.part for piece in response.pieces])
    after = response.pieces[kept : kept + 1]
    response.pieces = response.pieces[:kept]
    drawn = not {"event", "after"} & set(turn.options)
    for piece in after:
        if drawn and turn.rng.random() < 0.6:
            piece.data = piece.data[: turn.rng.randrange(1, max(2, len(piece.data) - 1))]
            piece.part = "rest"
            response.pieces.append(piece)


def _keep_until(response: Response, moment_s: float) -> None:
    due_s, kept = response.wait_s, 0
    for piece in response.pieces:
        due_s += piece.gap_s
        if due_s > moment_s:
            break
        kept += 1
    if kept == len(response.pieces):
        # All would be out by then: the last piece is what stays away.
        if kept == 1:
            _keep_bytes(response, len(response.body) // 2)
        kept = max(1, kept - 1)
    response.pieces = response.pieces[: max(1, kept)]
    response.ends_at_s = moment_s


def _headers_only(turn: Turn, response: Response) -> None:
    """A length, or chunks to come; and not a byte of either."""
    response.declared = len(response.body) + turn.rng.choice((0, 0, 17))
    response.chunked = response.chunked or turn.rng.random() < 0.3
    spell_headers(turn, response)
    response.pieces, response.complete, response.ending = [], False, Ending.HANG


def _stall(turn: Turn, response: Response) -> None:
    cut_short(response, turn)
    spell_headers(turn, response)
    response.ending = Ending.HANG


def _stall_at_the_end(turn: Turn, response: Response) -> None:
    """The whole answer, without its end mark and without a close."""
    rng = turn.rng
    keep_usage = rng.random() < 0.7
    stream = any(piece.part == "done" for piece in response.pieces)
    response.pieces = [
        piece
        for piece in response.pieces
        if piece.part != "done" and (keep_usage or piece.part != "usage")
    ]
    if stream:
        # A comment, or a part of the mark, is still no end.
        rest = rng.choice((b"", b": almost\n\n", b"data: [DO", b"data:", b": keep-alive\n\n"))
        response.pieces += [Piece(rest, part="rest")] if rest else []
    elif not response.chunked and rng.random() < 0.6:
        # A length that promises a little more, such as a line end that never comes.
        response.declared = len(response.body) + rng.randint(1, 40)
    else:
        response.chunked = True
        response.pieces.append(Piece(b"\n" * rng.randint(0, 3), part="rest"))
    spell_headers(turn, response)
    response.complete, response.ending = False, Ending.HANG


def _trickle(turn: Turn, response: Response) -> None:
    """Byte after byte, quicker than any idle limit, slower than anybody can wait.

    A stream begins as it should, so that only a limit on the whole can end it; `;byte=N` bytes come at
    once.
    """
    drip_s = turn.option("gap", turn.pace.drip_s)
    begun: list[Piece] = []
    if response.chunked:
        said = [n for n, piece in enumerate(response.pieces, start=1) if piece.part == "content"]
        begun = response.pieces[: said[0] if said else 1]
    else:
        response.declared = len(response.body)
        if turn.rng.random() < 0.3:
            response.chunked, response.declared = True, None
    rest = b"".join(piece.data for piece in response.pieces[len(begun) :])
    at_once = int(turn.option("byte", turn.rng.choice((0, 0, 1, 7, 20))))
    if at_once:
        begun.append(Piece(rest[:at_once], part="rest"))
    size = turn.rng.choice((1, 1, 2))
    places = range(at_once, len(rest), size)
    spell_headers(turn, response)
    response.pieces = begun + [Piece(rest[at : at + size], drip_s) for at in places]


def _keepalive_for_ever(turn: Turn, response: Response) -> None:
    """Comment lines and never an event."""
    comment = turn.rng.choice(_COMMENTS)
    response.pieces, response.complete = [], False
    spell_headers(turn, response)
    response.endless = Piece(comment, turn.option("gap", turn.pace.drip_s))


def _error_body_stalls(turn: Turn) -> Response:
    """The status is known; what it means never comes. `;byte=0` sends not even a beginning."""
    status = turn.rng.choice((400, 429, 500, 502, 503))
    begun = turn.rng.choice(_BEGUN_ERRORS)
    begun = begun[: int(turn.option("byte", len(begun)))]
    response = body_response(status, begun, "application/json")
    response.chunked = turn.rng.random() < 0.5
    response.declared = None if response.chunked else turn.rng.randint(80, 900)
    response.complete, response.ending = False, Ending.HANG
    spell_headers(turn, response)
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
