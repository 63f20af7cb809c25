"""An attempt while it happens: pieces, stamps and faults come in, an Attempt comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gatewayz.client.documents import BadDocument, parse
from gatewayz.client.error_bodies import error_in, plain_words, retry_after
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.wire import WireError, WireResponse
from gatewayz.core.attempt import Attempt, ErrorBody, Phase, Timing, ToolCall, WireFault
from gatewayz.core.text import excerpt
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
    started_at: datetime = field(default_factory=utc_now)
    reached: Phase = Phase.BUILD
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    body_bytes: int = 0
    head: bytearray = field(default_factory=bytearray)
    tail: bytes = b""
    last_piece: float | None = None
    fault: WireFault | None = None
    error: ErrorBody | None = None
    document: Any = None
    parsed: bool = False
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
        """Counts a piece of the body and keeps its ends."""
        self.body_bytes += len(piece)
        self.last_piece = stamp
        if len(self.head) < _EXCERPT_BYTES:
            self.head += piece[: _EXCERPT_BYTES - len(self.head)]
        self.tail = (self.tail + piece[-_EXCERPT_BYTES:])[-_EXCERPT_BYTES:]

    def parse_whole(self, data: bytes) -> None:
        """A plain answer's body: JSON, or a name for what it is instead."""
        note = self.builder.note
        text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not text:
            note("empty-200")
        elif text.startswith(b"<"):
            note("html-with-200")
        elif data[:2] == b"\x1f\x8b":
            note("gzip-undeclared")
        elif text.startswith((b"data:", b":", b"event:")):
            note("plain-answered-with-stream")
        else:
            try:
                self.document, doubled = parse(data)
            except BadDocument as problem:
                if text[:1] in (b"{", b"[", b'"'):
                    note(problem.kind)
                else:  # no JSON from its first byte on: words, which may say what went wrong
                    self.builder.error = plain_words(data)
                return
            self.parsed = True
            if doubled:
                note("json-duplicate-keys")
            if "json" not in self.content_type:
                note("wrong-content-type")

    def parse_if_whole(self, data: bytes) -> None:
        """A body whose end was never told: read when it is a whole document all the same."""
        try:
            self.document, _ = parse(data)
        except BadDocument:
            return
        self.parsed = True

    def parse_unstreamed(self, data: bytes) -> None:
        """A body that was to be an event stream and holds no event."""
        note = self.builder.note
        text = data.strip()
        lines = [line for line in text.split(b"\n") if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines[:20]):
            note("stream-as-ndjson")
            return
        if text.startswith(b":"):
            note("sse-missing-finish")
            return
        before = len(self.builder.build().oddities)
        content_type, self.content_type = self.content_type, "application/json"
        self.parse_whole(data)
        self.content_type = content_type
        if self.parsed and len(self.builder.build().oddities) == before:
            self.builder.error = error_in(self.document, in_band=True)
            if self.builder.error is None:
                note("stream-answered-with-json")
                self.builder.add_document(self.document)

    def attempt(self, clean: Callable[[str], str]) -> Attempt:
        """The finished Attempt; `clean` makes every provider's text safe to keep."""
        builder = self.builder
        error = self.error or builder.error
        answered = self.status is not None and 200 <= self.status < 300
        reply = builder.build() if answered else None
        if error is not None:
            error = replace(
                error,
                # Secrets go first: a cut must not leave half of one behind.
                message=excerpt(clean(error.message)),
                type=clean(error.type),
                code=clean(error.code),
                param=clean(error.param),
                kind=clean(error.kind),
                failure_class=clean(error.failure_class),
                gateway=clean(error.gateway),
                retry_after_s=error.retry_after_s
                if error.retry_after_s is not None
                else retry_after(self.headers),
            )
        fault = self.fault
        if fault is not None:
            fault = replace(fault, detail=excerpt(clean(fault.detail)))
        if reply is not None:
            reply = replace(
                reply,
                text=clean(reply.text),
                reasoning=clean(reply.reasoning),
                refusal=clean(reply.refusal),
                model=clean(reply.model),
                id=clean(reply.id),
                finish_reason=clean(reply.finish_reason),
                fingerprint=clean(reply.fingerprint),
                notice=clean(reply.notice),
                others=tuple(map(clean, reply.others)),
                tool_calls=tuple(
                    ToolCall(id=clean(c.id), name=clean(c.name), arguments=clean(c.arguments))
                    for c in reply.tool_calls
                ),
            )
        return Attempt(
            number=self.number,
            step=self.step,
            asked=_asked(self.body),
            url=clean(without_credential(self.url)),
            method=self.method,
            body=self.body,
            started_at=self.started_at,
            reached=self.reached,
            status=self.status,
            headers={name: clean(value) for name, value in self.headers.items()},
            content_type=clean(self.content_type),
            body_bytes=self.body_bytes,
            excerpt=self._excerpt(clean),
            streamed=self.streamed,
            fault=fault,
            error=error,
            reply=reply,
            timing=self._timing(),
            had_key=self.had_key,
            reused_connection=self.reused,
        )

    def _excerpt(self, clean: Callable[[str], str]) -> str:
        head, beyond = bytes(self.head), self.body_bytes - len(self.head)
        if beyond <= len(self.tail):
            whole = head + (self.tail[-beyond:] if beyond else b"")
            return excerpt(clean(whole.decode("utf-8", "replace")))
        # Secrets go first, and from each part by itself: a cut must not leave half of one behind.
        parts = (clean(part.decode("utf-8", "replace")) for part in (head, self.tail))
        return excerpt(" ... ".join(parts))

    def _timing(self) -> Timing:
        def since(moment: float | None) -> float | None:
            return None if moment is None else round(moment - self.started, 7)

        builder = self.builder
        return Timing(
            connect_s=since(self.connected),
            tls_s=since(self.secured),
            sent_s=since(self.sent),
            first_byte_s=since(self.first_byte),
            first_token_s=since(builder.first_token),
            first_answer_s=since(builder.first_answer),
            last_byte_s=since(self.last_piece),
            last_content_s=since(builder.last_content),
            total_s=since(self.ended),
            chunks_s=tuple(round(stamp - self.started, 7) for stamp in builder.stamps),
            chunk_count=builder.content_chunks,
        )


def _asked(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) else ""


def without_credential(url: str) -> str:
    """The URL without a user and a password in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
