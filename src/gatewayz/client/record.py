"""An attempt while it happens: pieces, stamps and faults come in, an Attempt comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gatewayz.client.bodies import Document
from gatewayz.client.evidence import MAX_WHOLE
from gatewayz.client.later import Received
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.stamps import BY_PROCESS
from gatewayz.client.wire import WireError, WireResponse
from gatewayz.client.written import written
from gatewayz.core.attempt import Attempt, ErrorBody, Phase, WireFault
from gatewayz.core.units import utc_now

_EXCERPT_BYTES = 2048
_MAX_HEADERS = 40

# Response headers worth keeping; the rest may hold cookies and other people's secrets.
_KEPT_HEADERS = (
    "content-type", "content-length", "content-encoding", "transfer-encoding", "retry-after",
    "location", "www-authenticate", "deprecation", "sunset", "server", "x-request-id",
    "x-generation-id", "x-inference-provider", "x-provider", "x-model", "request-id", "cf-ray",
)  # fmt: skip
_KEPT_PREFIXES = ("x-ratelimit-", "x-gatewayz-", "x-portkey-", "retry-after-")


@dataclass
class Record:
    """An attempt while it happens."""

    number: int
    url: str
    body: Mapping[str, Any]
    streamed: bool
    method: str = "POST"
    step: int = 0
    builder: ReplyBuilder = field(default_factory=ReplyBuilder)
    started: float = 0.0
    ended: float | None = None
    held_up_s: float = 0.0
    stamped_by: str = BY_PROCESS
    started_at: datetime = field(default_factory=utc_now)
    reached: Phase = Phase.BUILD
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    body_bytes: int = 0
    kept: bytearray = field(default_factory=bytearray)
    most_kept: int = MAX_WHOLE
    body_left: bool = False
    tail: bytes = b""
    last_piece: float | None = None
    fault: WireFault | None = None
    error: ErrorBody | None = None
    document: Document | None = None
    had_key: bool = False
    reused: bool = False
    connected: float | None = None
    secured: float | None = None
    sent: float | None = None
    first_byte: float | None = None

    def take_head(self, response: WireResponse) -> None:
        """The status line and the headers worth keeping."""
        self.status = response.status
        self.content_type = response.header("content-type").lower()
        self.reused = response.reused
        kept = [
            (name, value)
            for name, value in response.headers
            if name in _KEPT_HEADERS or name.startswith(_KEPT_PREFIXES)
        ]
        self.headers = {name: value[:500] for name, value in kept[:_MAX_HEADERS]}
        times = response.times
        self.connected, self.secured = times.connected, times.secured
        self.sent, self.first_byte = times.sent, times.first_byte

    def times_from(self, error: WireError) -> None:
        """The times of a request that never got an answer."""
        times = error.times
        if times is not None:
            self.connected, self.secured = times.connected, times.secured
            self.sent, self.first_byte = times.sent, times.first_byte
            self.reused = error.reused

    def take_piece(self, piece: bytes, stamp: float) -> None:
        """Counts a piece of the body, and keeps its beginning and its end."""
        self.body_bytes += len(piece)
        self.last_piece = stamp
        room = self.most_kept - len(self.kept)
        if len(piece) <= room:
            self.kept += piece
            return
        # Until then the end of what is kept is the body's end.
        before = self.tail or bytes(self.kept[-_EXCERPT_BYTES:])
        self.kept += piece[:room]
        self.tail = (before + piece[-_EXCERPT_BYTES:])[-_EXCERPT_BYTES:]

    def take_pieces(self, pieces: Received) -> None:
        """Pieces in their order, as `take_piece` takes each of them."""
        data = b"".join([piece for piece, _ in pieces])
        if len(data) <= self.most_kept - len(self.kept):
            self.take_piece(data, pieces[-1][1])
            return
        for piece, stamp in pieces:
            self.take_piece(piece, stamp)

    @property
    def is_whole(self) -> bool:
        """Whether all of the body was kept."""
        return self.body_bytes == len(self.kept) and not self.body_left

    @property
    def ends(self) -> list[str]:
        """The beginning and the end of the body; one text where they meet."""
        head = bytes(self.kept[:_EXCERPT_BYTES])
        tail = self.tail or bytes(self.kept[-_EXCERPT_BYTES:])
        beyond = self.body_bytes - len(head)
        if beyond <= len(tail):
            parts = [head + (tail[-beyond:] if beyond else b"")]
        else:
            parts = [head, tail]
        return [part.decode("utf-8", "replace") for part in parts]

    def attempt(self, redact: Callable[[str], str]) -> Attempt:
        """The finished Attempt: bounded, valid Unicode, and with secrets taken out by `redact`."""
        return written(self, redact)


def told_by(status: int, headers: Mapping[str, str], error: ErrorBody) -> ErrorBody:
    """The error of a failed request; a redirect says more by where it leads than by its body."""
    location = headers.get("location")
    moved = 300 <= status < 400 and location
    return replace(error, message=f"moved to {location}") if moved else error
