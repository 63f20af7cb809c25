"""Framing and encodings: the class `protocol`, below the documents."""

from __future__ import annotations

import gzip
import zlib

from gatewayz.simulator.dialect import dump
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.models import compose
from gatewayz.simulator.pipeline import encode
from gatewayz.simulator.response import Ending, Piece, Response, body_response
from gatewayz.simulator.turn import Turn


def _gzip(turn: Turn, response: Response) -> None:  # noqa: ARG001
    """Each event is flushed as it comes."""
    squeeze = zlib.compressobj(wbits=31)
    for piece in response.pieces:
        piece.data = squeeze.compress(piece.data) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    response.pieces.append(Piece(squeeze.flush(zlib.Z_FINISH), part="rest"))
    response.set_header("content-encoding", "gzip")


def _undeclared(turn: Turn, response: Response) -> None:
    """The bytes without the header, or the header without the bytes."""
    if turn.rng.random() < 0.5:
        response.set_header("content-encoding", "gzip")
        return
    data = gzip.compress(response.body, mtime=0)
    response.pieces = [Piece(data, part="rest")]


def _malformed(turn: Turn, response: Response) -> None:
    """A bad status line, a header without a colon, or a bad chunk size."""
    good = response.head_bytes()
    line, _, rest = good.partition(b"\r\n")
    heads = [
        b"HTP/1.1 200 OK\r\n" + rest,
        b"HTTP/1.1 abc OK\r\n" + rest,
        line + b"\r\nthis is no header\r\n" + rest,
    ]
    if response.chunked:
        heads.append(good)
    response.head = turn.rng.choice(heads)
    if response.head is good:
        response.chunked = False
        response.pieces = [Piece(b"zz\r\n" + response.body + b"\r\n0\r\n\r\n")]
    response.ending = Ending.CLOSE


def _conflicting(turn: Turn, response: Response) -> None:
    """A length and chunks, or two lengths."""
    good = response.head_bytes().removesuffix(b"\r\n")
    length = len(response.body)
    extra = b"content-length: %d\r\n" % (length if response.chunked else length + 7)
    if not response.chunked and turn.rng.random() < 0.5:
        extra = b"transfer-encoding: chunked\r\n"
    response.head = good + extra + b"\r\n"
    response.ending = Ending.CLOSE


def _as_json(turn: Turn) -> Response:
    """The answer is fine, but it is one document."""
    body = dump(turn.dialect.document(turn, compose(turn)))
    return body_response(200, body, "application/json", turn.dialect.headers(turn))


def _as_stream(turn: Turn) -> Response:
    events = turn.dialect.events(turn, compose(turn))
    response = body_response(200, b"", "text/event-stream", turn.dialect.headers(turn))
    response.pieces = [Piece(encode(event), part=event.part) for event in events]
    response.chunked = True
    return response


FAULTS = (
    Fault("sse-gzip", Stage.WIRE, _gzip, form="stream", routes=CHAT),
    Fault("gzip-undeclared", Stage.WIRE, _undeclared, routes=("chat", "models")),
    Fault("http-malformed", Stage.WIRE, _malformed),
    Fault("http-conflicting-length", Stage.WIRE, _conflicting),
    Fault("stream-answered-with-json", Stage.INSTEAD, _as_json, form="stream", routes=CHAT),
    Fault("plain-answered-with-stream", Stage.INSTEAD, _as_stream, form="plain", routes=CHAT),
)
