"""The connection itself fails, on the simulator's own port.

What fails before a request can be sent (names, connects, TLS, proxies) has an address of its own:
see doors.py.
"""

from __future__ import annotations

import struct

from gatewayz.simulator.faults.surface import dressed, spell_headers
from gatewayz.simulator.faults.table import Fault, Stage, silent
from gatewayz.simulator.faults.timing import cut_short
from gatewayz.simulator.response import Ending, Piece, Response, body_response
from gatewayz.simulator.turn import Turn

# Frame types and error codes of HTTP/2 (RFC 9113, sections 6 and 7).
_SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 4, 6, 7, 8
_REASONS = (
    (0, b""),
    (0, b"session_timed_out"),
    (2, b"internal error"),
    (11, b"too_many_pings"),
    (11, b"ENHANCE_YOUR_CALM"),
    (1, b""),
)


def _reset(turn: Turn, response: Response) -> None:
    cut_short(response, turn)
    spell_headers(turn, response)
    response.ending = Ending.RESET


def _short_length(turn: Turn, response: Response) -> None:
    """More is announced than comes, then a clean close; the pieces keep their times."""
    announced = len(response.body)
    if response.chunked:
        announced += turn.rng.randint(1, 200)
    cut_short(response, turn)
    response.chunked, response.declared = False, announced
    spell_headers(turn, response)
    response.ending = Ending.CLOSE


def _no_last_chunk(turn: Turn, response: Response) -> None:
    """The closing chunk is missing; or the chunk under way ends early too."""
    cut_short(response, turn)
    response.chunked, response.declared = True, None
    spell_headers(turn, response)
    if response.pieces and turn.rng.random() < 0.5:
        *before, last = response.pieces
        size = len(last.data) + turn.rng.randint(1, 60)
        framed = [Piece(response.framed(piece), piece.gap_s) for piece in before]
        framed.append(Piece(b"%x\r\n%b" % (size, last.data), last.gap_s))
        response.head = response.head_bytes()
        response.pieces, response.chunked = framed, False
    response.ending = Ending.CLOSE


def _redirects(turn: Turn) -> Response:
    """To itself, with a counter so that it looks like progress."""
    rng = turn.rng
    name = rng.choice(("hop", "r", "redirect_count", "retry", "n"))
    hops = [int(value) for value in turn.query.values() if value.isdigit()]
    base = "" if rng.random() < 0.4 else turn.url
    place = f"{base}{turn.request.path}?{name}={max(hops, default=0) + 1}"
    text = rng.choice(
        (b"", b"Moved", b"<html><a href='#'>moved here</a></html>", b"Redirecting...")
    )
    response = body_response(rng.choice((302, 307, 307, 308)), text, "text/plain")
    response.set_header("location", place)
    return dressed(turn, response)


def _frame(kind: int, payload: bytes, flags: int = 0) -> bytes:
    """One HTTP/2 frame on the connection's own stream."""
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + bytes(4) + payload


def _goaway(turn: Turn) -> Response | None:
    """A server that speaks HTTP/2: SETTINGS, then GOAWAY, then a close.

    `;after=N` lets so many calls be answered first, as in the middle of a burst.
    """
    if turn.calls <= int(turn.option("after", 0)):
        return None
    rng = turn.rng
    settings = b"".join(
        struct.pack(">HI", number, value)
        for number, value in rng.sample(((3, 100), (4, 65535), (5, 16384), (6, 8192)), 2)
    )
    code, why = rng.choice(_REASONS)
    frames = [
        _frame(_SETTINGS, settings if rng.random() < 0.7 else b""),
        _frame(_GOAWAY, struct.pack(">II", rng.choice((0, 1, 2**31 - 1)), code) + why),
    ]
    if rng.random() < 0.4:
        frames.insert(1, _frame(_WINDOW_UPDATE, struct.pack(">I", 983_041)))
    if rng.random() < 0.3:
        frames.insert(-1, _frame(_PING, rng.randbytes(8)))
    turn.variant = f"{len(frames)}-frames-{code}"
    pieces = [Piece(b"".join(frames))]
    return Response(status=0, head=b"", pieces=pieces, ending=Ending.CLOSE)


FAULTS = (
    silent("reset-before-response", Ending.RESET),
    silent("closed-without-response", Ending.CLOSE),
    Fault("reset-mid-body", Stage.WIRE, _reset),
    Fault("short-content-length", Stage.WIRE, _short_length),
    Fault("incomplete-chunked-read", Stage.WIRE, _no_last_chunk),
    Fault("http2-goaway", Stage.INSTEAD, _goaway),
    Fault("redirect-loop", Stage.INSTEAD, _redirects),
)
