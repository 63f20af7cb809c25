"""Framing and encodings: the class `protocol`, below the documents."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from gatewayz.simulator.dialect import Event
from gatewayz.simulator.faults.surface import dressed, spell_headers, spelled
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.models import compose
from gatewayz.simulator.pipeline import encode
from gatewayz.simulator.response import Ending, Piece, Response, body_response
from gatewayz.simulator.turn import Turn

_HEADS: tuple[Callable[[bytes, bytes], bytes], ...] = (
    lambda _line, rest: b"HTP/1.1 200 OK\r\n" + rest,
    lambda _line, rest: b"HTTP/1.1 abc OK\r\n" + rest,
    lambda line, rest: line + b"\r\nthis is no header\r\n" + rest,
    lambda line, rest: line + b"\r\nx-odd name: 1\r\n" + rest,
    lambda line, rest: line + b"\r\n: no name\r\n" + rest,
    lambda _line, rest: b"200 OK HTTP/1.1\r\n" + rest,
    lambda _line, rest: b"HTTP/1.1 2OO OK\r\n" + rest,
)
_SIZES = (b"zz", b"-5", b"0x1g", b"", b"ten", b"ffffffffffffffffff")


def _gzip(turn: Turn, response: Response) -> None:
    """Each event is flushed as it comes, at one level or another, alone or a few together."""
    squeeze = zlib.compressobj(level=turn.rng.randint(1, 9), wbits=31)
    together = turn.rng.choice((1, 1, 2, 3))
    for number, piece in enumerate(response.pieces):
        piece.data = squeeze.compress(piece.data)
        if number % together == 0:
            piece.data += squeeze.flush(zlib.Z_SYNC_FLUSH)
    response.pieces.append(Piece(squeeze.flush(zlib.Z_FINISH), part="rest"))
    # A chunk without bytes would end the body.
    response.pieces = [piece for piece in response.pieces if piece.data]
    response.set_header("content-encoding", "gzip")
    spell_headers(turn, response)


def _undeclared(turn: Turn, response: Response) -> None:
    """The bytes without the header, or the header without the bytes."""
    if turn.rng.random() < 0.5:
        response.set_header("content-encoding", turn.rng.choice(("gzip", "GZIP", "x-gzip")))
    else:
        data = gzip.compress(response.body, compresslevel=turn.rng.randint(1, 9), mtime=0)
        response.pieces = [Piece(data, part="rest")]
    spell_headers(turn, response)


def _malformed(turn: Turn, response: Response) -> None:
    """A bad status line, a bad header, or a bad chunk size."""
    spell_headers(turn, response)
    good = response.head_bytes()
    line, _, rest = good.partition(b"\r\n")
    if response.chunked and turn.rng.random() < 0.4:
        size = turn.rng.choice(_SIZES)
        turn.variant = f"size-{size.decode()}"
        response.head = good
        response.chunked = False
        response.pieces = [Piece(size + b"\r\n" + response.body + b"\r\n0\r\n\r\n")]
    else:
        number = turn.rng.randrange(len(_HEADS))
        turn.variant = f"head-{number}"
        response.head = _HEADS[number](line, rest)
    response.ending = Ending.CLOSE


def _conflicting(turn: Turn, response: Response) -> None:
    """A length and chunks, or two lengths; before or after the other headers."""
    spell_headers(turn, response)
    line, _, rest = response.head_bytes().partition(b"\r\n")
    length = len(response.body)
    name = turn.rng.choice((b"content-length", b"Content-Length", b"CONTENT-LENGTH"))
    extra = b"%b: %d\r\n" % (name, length + (0 if response.chunked else turn.rng.randint(1, 99)))
    if not response.chunked and turn.rng.random() < 0.5:
        extra = b"transfer-encoding: chunked\r\n"
    if turn.rng.random() < 0.5:
        response.head = line + b"\r\n" + extra + rest
        turn.variant = f"first-{extra.decode().strip()}"
    else:
        response.head = line + b"\r\n" + rest.removesuffix(b"\r\n") + extra + b"\r\n"
        turn.variant = f"last-{extra.decode().strip()}"
    response.ending = Ending.CLOSE


def _as_json(turn: Turn) -> Response:
    """The answer is fine, but it is one document."""
    body = spelled(turn.dialect.document(turn, compose(turn)), turn.rng)
    return dressed(turn, body_response(200, body, "application/json", turn.dialect.headers(turn)))


def _as_stream(turn: Turn) -> Response:
    events = turn.dialect.events(turn, compose(turn))
    kind = turn.rng.choice(("text/event-stream", "text/event-stream; charset=utf-8"))
    response = body_response(200, b"", kind, turn.dialect.headers(turn))
    if turn.rng.random() < 0.4:
        events.insert(0, Event(comment="ok", part="comment"))
    if turn.rng.random() < 0.3:
        events = [event for event in events if event.part != "done"]
    response.pieces = [Piece(encode(event), part=event.part) for event in events]
    response.chunked = True
    spell_headers(turn, response)
    return response


FAULTS = (
    Fault("sse-gzip", Stage.WIRE, _gzip, form="stream", routes=CHAT),
    Fault("gzip-undeclared", Stage.WIRE, _undeclared, routes=("chat", "models")),
    Fault("http-malformed", Stage.WIRE, _malformed),
    Fault("http-conflicting-length", Stage.WIRE, _conflicting),
    Fault("stream-answered-with-json", Stage.INSTEAD, _as_json, form="stream", routes=CHAT),
    Fault("plain-answered-with-stream", Stage.INSTEAD, _as_stream, form="plain", routes=CHAT),
)
