"""What goes back over the socket, byte by byte and second by second."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

Headers = list[tuple[str, str]]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")

# Reasons for statuses that the standard library does not list and providers use.
_REASONS = {
    246: "Guardrail Failed",
    446: "Guardrail Refused",
    498: "Capacity Exceeded",
    499: "Client Closed Request",
    520: "Web Server Returned an Unknown Error",
    522: "Connection Timed Out",
    524: "A Timeout Occurred",
    529: "Site is overloaded",
}

# What Google calls a status in the body of an error.
GRPC_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Ending(StrEnum):
    """What happens to the connection once the pieces are out."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(slots=True)
class Piece:
    """Bytes that go out together, `gap_s` seconds after the piece before.

    `part` says what they are in a stream: "comment", "role", "content", "finish", "usage",
    "done", "error"; "" for a whole body.
    """

    data: bytes
    gap_s: float = 0.0
    part: str = ""


@dataclass(slots=True)
class Response:
    """An answer as it will be put on the wire; faults bend it before it leaves.

    `wait_s` passes before the first byte. `chunked` bodies send each piece as a chunk of its own;
    others carry Content-Length, or `declared` in its place. `complete` False leaves out the
    closing chunk. `head` replaces the computed status line and headers; b"" sends none.
    `endless` is sent for ever after the pieces. `packets` says how the bytes are cut into writes
    (see packets.py), `packet_seed` decides the borders. The ending comes no sooner than `ends_at_s`
    seconds after the request.
    """

    status: int = 200
    headers: Headers = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    chunked: bool = False
    ending: Ending = Ending.KEEP
    wait_s: float = 0.0
    complete: bool = True
    declared: int | None = None
    head: bytes | None = None
    endless: Piece | None = None
    packets: str = "whole"
    packet_seed: str = ""
    ends_at_s: float = 0.0

    @property
    def body(self) -> bytes:
        """All pieces joined, without framing."""
        return b"".join(piece.data for piece in self.pieces)

    def set_body(self, data: bytes, content_type: str = "") -> None:
        """Puts one whole body in the place of what was there."""
        self.pieces = [Piece(data)]
        self.chunked = False
        if content_type:
            self.set_header("content-type", content_type)

    def set_header(self, name: str, value: str) -> None:
        """Replaces a header, or adds it."""
        self.drop_header(name)
        self.headers.append((name, value))

    def drop_header(self, name: str) -> None:
        """Takes a header out."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def head_bytes(self) -> bytes:
        """The status line and the headers as they are sent."""
        if self.head is not None:
            return self.head
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("transfer-encoding: chunked")
        elif self.status not in (204, 304):
            length = self.declared
            if length is None:
                length = sum(len(piece.data) for piece in self.pieces)
            lines.append(f"content-length: {length}")
        # Header values are ours, but some echo what was asked for: no control leaves unasked.
        text = "\r\n".join(_CONTROLS.sub("?", line) for line in lines)
        return text.encode("latin-1", "replace") + b"\r\n\r\n"

    def framed(self, piece: Piece) -> bytes:
        """A piece as it goes over the wire."""
        if not self.chunked or not piece.data:
            return piece.data
        return b"%x\r\n%b\r\n" % (len(piece.data), piece.data)

    @property
    def tail(self) -> bytes:
        """What ends a chunked body."""
        return b"0\r\n\r\n" if self.chunked and self.complete else b""

    @property
    def immediate(self) -> bool:
        """Whether everything can go out at once, with nothing to wait for."""
        return (
            self.ending is Ending.KEEP
            and not self.wait_s
            and self.packets == "whole"
            and self.endless is None
            and not any(piece.gap_s for piece in self.pieces)
        )


def body_response(
    status: int, data: bytes, content_type: str, headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """An answer with one whole body."""
    return Response(
        status=status, headers=[("content-type", content_type), *headers], pieces=[Piece(data)]
    )


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return _REASONS.get(status, "Unknown")
