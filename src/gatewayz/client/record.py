"""An attempt while it happens: pieces, stamps and faults come in, an Attempt comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gatewayz.client.bodies import Document
from gatewayz.client.error_bodies import retry_after
from gatewayz.client.evidence import (
    MAX_WHOLE,
    WITHHELD,
    body_of,
    has_escaped_secret,
    keep,
    spells_in_pieces,
)
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.stamps import BY_PROCESS
from gatewayz.client.streams import read_again
from gatewayz.client.wire import WireError, WireResponse
from gatewayz.core.attempt import (
    Attempt,
    ErrorBody,
    Evidence,
    Phase,
    Reply,
    Timing,
    WireFault,
)
from gatewayz.core.text import excerpt, well_formed
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
        if len(self.kept) < self.most_kept:
            self.kept += piece[: self.most_kept - len(self.kept)]
        self.tail = (self.tail + piece[-_EXCERPT_BYTES:])[-_EXCERPT_BYTES:]

    def attempt(self, redact: Callable[[str], str]) -> Attempt:
        """The finished Attempt: bounded, valid Unicode, and with secrets taken out by `redact`."""
        # Long texts are looked at several times.
        redact = lru_cache(maxsize=64)(redact)

        def clean(text: str) -> str:
            return well_formed(redact(text))

        answered = self.status is not None and 200 <= self.status < 300
        raw = self.builder.build() if answered else None
        evidence = self._evidence(redact)
        withheld = evidence is not None and self._spells_secret(evidence, raw, redact)
        if withheld:
            evidence = Evidence(cut=True)
        error = self.error or self.builder.error
        fault = self.fault
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
            headers={clean(name): clean(value) for name, value in self.headers.items()},
            content_type=clean(self.content_type),
            body_bytes=self.body_bytes,
            excerpt=WITHHELD if withheld else self._excerpt(clean),
            evidence=evidence,
            streamed=self.streamed,
            fault=fault and replace(fault, detail=excerpt(clean(fault.detail))),
            error=error and self._clean_error(error, clean),
            reply=raw and clean_reply(replace(raw, sights={}) if withheld else raw, clean),
            timing=self._timing(),
            had_key=self.had_key,
            reused_connection=self.reused,
        )

    def _evidence(self, redact: Callable[[str], str]) -> Evidence | None:
        """The body as it is kept; None when there was none to come."""
        if self.status is None or not self.url:
            return None
        whole = self.body_bytes == len(self.kept) and not self.body_left
        return keep(bytes(self.kept), whole=whole, redact=redact)

    def _spells_secret(
        self, evidence: Evidence, reply: Reply | None, redact: Callable[[str], str]
    ) -> bool:
        """Whether what would be kept of the body holds a secret all the same.

        The pieces of a stream may each hold a part of one: then what is read from the kept bytes
        is not what is left of the joined text. What is not read of it may spell one as well.
        """
        if has_escaped_secret(bytes(self.kept), redact):
            return True
        if not evidence.base64 and spells_in_pieces(evidence.text, redact):
            return True
        said = _said(reply) if reply is not None and self.streamed else ()
        left = [redact(text) for text in said]
        if left == list(said):
            return False
        again = ReplyBuilder()
        read_again(body_of(evidence), again, self.content_type, ended=self.fault is None)
        return evidence.cut or left != list(_said(again.build()))

    def _clean_error(self, error: ErrorBody, clean: Callable[[str], str]) -> ErrorBody:
        wait_s = error.retry_after_s
        cleaned = clean_error(error, clean)
        return replace(
            cleaned,
            # Secrets go first: a cut must not leave half of one behind.
            message=excerpt(cleaned.message),
            retry_after_s=retry_after(self.headers) if wait_s is None else wait_s,
        )

    def _excerpt(self, clean: Callable[[str], str]) -> str:
        shape = self.builder.looks_like if "choices-missing" in self.builder.oddities else ""
        return excerpt(f"looks like {shape}: {self._ends(clean)}") if shape else self._ends(clean)

    def _ends(self, clean: Callable[[str], str]) -> str:
        head = bytes(self.kept[:_EXCERPT_BYTES])
        beyond = self.body_bytes - len(head)
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
            held_up_s=round(self.held_up_s, 7),
            stamped_by=self.stamped_by,
        )


def clean_error(error: ErrorBody, clean: Callable[[str], str]) -> ErrorBody:
    """The error with every text of it made safe to keep or to pass on."""
    return replace(
        error,
        message=clean(error.message),
        type=clean(error.type),
        code=clean(error.code),
        param=clean(error.param),
        kind=clean(error.kind),
        failure_class=clean(error.failure_class),
        gateway=clean(error.gateway),
    )


def clean_reply(reply: Reply, clean: Callable[[str], str]) -> Reply:
    """The reply with every text of it made safe to keep."""
    return replace(
        reply,
        text=clean(reply.text),
        reasoning=clean(reply.reasoning),
        refusal=clean(reply.refusal),
        model=clean(reply.model),
        id=clean(reply.id),
        finish_reason=clean(reply.finish_reason),
        fingerprint=clean(reply.fingerprint),
        notice=clean(reply.notice),
        sights={name: excerpt(clean(saw)) for name, saw in reply.sights.items()},
        others=tuple(map(clean, reply.others)),
        tool_calls=tuple(
            replace(c, id=clean(c.id), name=clean(c.name), arguments=clean(c.arguments))
            for c in reply.tool_calls
        ),
    )


def told_by(status: int, headers: Mapping[str, str], error: ErrorBody) -> ErrorBody:
    """The error of a failed request; a redirect says more by where it leads than by its body."""
    location = headers.get("location")
    moved = 300 <= status < 400 and location
    return replace(error, message=f"moved to {location}") if moved else error


def _said(reply: Reply) -> tuple[str, ...]:
    """The texts of a reply that are joined from pieces."""
    calls = [text for call in reply.tool_calls for text in (call.name, call.arguments)]
    return (reply.text, reply.reasoning, reply.refusal, *reply.others, *calls)


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
