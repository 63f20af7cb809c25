"""One try on the wire, as it happened. Facts only: nothing here says good or bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gatewayz.core.text import shows_nothing


class Phase(StrEnum):
    """How far a request got, in order."""

    BUILD = "build"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    HEADERS = "headers"
    FIRST_EVENT = "first-event"
    BODY = "body"
    END = "end"


class FaultName(StrEnum):
    """What the wire itself did wrong; `Phase` says when."""

    UNSENDABLE = "unsendable"  # the request cannot be put on the wire at all
    CALL_RAISED = "call-raised"  # a client's own function raised
    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    PROXY = "proxy"
    TLS_CERTIFICATE = "tls-certificate"
    TLS_PROTOCOL = "tls-protocol"
    RESET = "reset"
    CLOSED = "closed"  # a clean close before the message was complete
    TIMEOUT = "timeout"
    MALFORMED = "malformed-http"
    CONFLICTING_LENGTH = "conflicting-length"
    TOO_LARGE = "too-large"
    UNDECODABLE = "undecodable"  # Content-Encoding and bytes disagree
    REDIRECT = "redirect"
    GOAWAY = "goaway"  # HTTP/2 frames, a farewell perhaps, where HTTP/1.1 was to come


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFault:
    """A fault of the wire: what, when, and in whose words.

    `timer` names the limit that fired for a TIMEOUT: "connect", "first-byte", "first-event",
    "idle", "total" or "error-body"; for TOO_LARGE it is "event" where one event was too large,
    "idle-events" where too many in a row said nothing.
    """

    name: FaultName
    phase: Phase
    detail: str = ""
    timer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts as the provider reported them; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None

    @property
    def charged_usd(self) -> float | None:
        """The cost that was reported, None without one. Zero is none: the answer was free, is paid for
        otherwise, or nobody reckoned it.
        """
        return self.cost_usd or None

    @property
    def counts_nothing(self) -> bool:
        """Whether nothing but zeros is counted, if anything."""
        return not (self.input_tokens or self.output_tokens or self.total_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One tool call, its fragments joined; `arguments` is the text as sent (JSON of an object).

    `id_is_number` says that the id, which is to be a text, came as a number.
    """

    id: str = ""
    id_is_number: bool = False
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """An error as the provider worded it, whatever its shape.

    `status` is a number found inside the body; `in_band` says that it came with a success status
    or inside a stream. `shape` names where it was found: "error", "detail", "flat", "html" ...
    `kind` and `failure_class` are what the sender itself calls it, as our own backend does, and
    `gateway` is the one behind the backend that it came from.
    """

    message: str
    type: str = ""
    code: str = ""
    param: str = ""
    status: int | None = None
    retry_after_s: float | None = None
    in_band: bool = False
    shape: str = ""
    kind: str = ""
    failure_class: str = ""
    gateway: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said, joined from one document or from a stream's events.

    `content_kind` is "text", "null" or "missing" and tells an empty string from no string.
    `choices` counts distinct answers, `others` holds the texts of all but the first.
    `logprobs` says that log probabilities came, `created` is the Unix time as sent, `fingerprint`
    the `system_fingerprint`, `notice` a warning that stood beside the answer (a retirement, say).
    `events` and `comments` count what a stream held. `oddities` are names of departures from the
    contract that the reader noticed, in order of sight, each once; see docs/failures.md. `sights`
    has what was seen of an oddity, by its name, where there is something to show: short, and without
    secrets. `cut` says that the text was longer than what is kept. `first_chunk_tokens` is what the
    usage that had come with a stream's first content chunk counted, `first_chunk_share` (0 to 1) that
    chunk's share of all letters, and `first_read_share` that of all chunks that came in one read with
    it, its own included; None for a whole answer, and where calls came, whose markers no letters show.
    """

    text: str = ""
    reasoning: str = ""
    reasoning_field: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = ""
    model: str = ""
    id: str = ""
    usage: Usage | None = None
    content_kind: str = "missing"
    choices: int = 0
    done_marker: bool = False
    others: tuple[str, ...] = ()
    logprobs: bool = False
    created: float | None = None
    fingerprint: str = ""
    notice: str = ""
    events: int = 0
    comments: int = 0
    oddities: tuple[str, ...] = ()
    sights: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    first_chunk_tokens: int | None = None
    first_chunk_share: float | None = None
    first_read_share: float | None = None

    @property
    def usable(self) -> bool:
        """Whether a person or a program got something: visible text, or a tool call."""
        return any(call.name for call in self.tool_calls) or not shows_nothing(self.text)

    @property
    def counted(self) -> Usage | None:
        """The usage as far as it can be gone by; None where nothing of it can.

        Beside anything that was generated a side that counts zero is one that was not told, and so is
        the other side in a sum that holds no more than the one that was.
        """
        usage = self.usage
        if usage is None or not self._generated:
            return usage
        # Some count what a cache had beside the input, and that may be all of it.
        into = usage.input_tokens if usage.cached_tokens else usage.input_tokens or None
        out, total = usage.output_tokens or None, usage.total_tokens or 0
        if into is not None and out is not None:
            return usage
        if total <= (into or 0) + (out or 0):
            total = 0
        if into is None and out is None and not total:
            return None
        return replace(usage, input_tokens=into, output_tokens=out, total_tokens=total or None)

    @property
    def _generated(self) -> bool:
        """Whether anything that takes tokens is to be seen, thinking too."""
        texts = (self.reasoning, self.refusal, *self.others)
        return self.usable or not all(map(shows_nothing, texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When things happened, in seconds after the request was started; None: it did not happen.

    Stamped before anything is parsed; `stamped_by` says by whom: "kernel" is when the operating system
    received the bytes, "process" when the client first held them. `connect_s` and `tls_s` are None on a reused
    connection. `first_token_s` is the first chunk with any generated token, reasoning included;
    `first_answer_s` the first with answer text. `chunks_s` are the arrivals of content chunks,
    capped (see `chunk_count`). `total_s` ends with the last byte, or with the fault. `held_up_s` is
    the longest time for which our own event loop was late meanwhile: as much of any gap may be ours.
    """

    connect_s: float | None = None
    tls_s: float | None = None
    sent_s: float | None = None
    first_byte_s: float | None = None
    first_token_s: float | None = None
    first_answer_s: float | None = None
    last_content_s: float | None = None
    last_byte_s: float | None = None
    total_s: float | None = None
    chunks_s: tuple[float, ...] = ()
    chunk_count: int = 0
    held_up_s: float = 0.0
    stamped_by: str = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A body as it came over the wire (after decompression), for judging it again.

    `text` is the body, secrets taken out; `base64` says that it is packed, as for bytes that are
    not UTF-8. `cut` says that the body was longer than the cap, so that it cannot be read again.
    """

    text: str = ""
    base64: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: what was sent, what came back, when. Bounded, and with secrets taken out.

    `step` is the question of the probe it belongs to, from 0; `number` counts the tries at a step
    from 1. `asked` is the model id that was sent.

    `url` holds no credential and `headers` only chosen response headers. `excerpt` is the body's
    beginning and end when there was no clean reply. `error` is the provider's own error, wherever
    it stood. `reply` is None when nothing could be read as an answer.
    """

    number: int = 1
    step: int = 0
    asked: str = ""
    url: str = ""
    method: str = "POST"
    body: Mapping[str, Any] = field(default_factory=dict)
    started_at: datetime | None = None
    reached: Phase = Phase.BUILD
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    body_bytes: int = 0
    excerpt: str = ""
    evidence: Evidence | None = None
    streamed: bool = False
    fault: WireFault | None = None
    error: ErrorBody | None = None
    reply: Reply | None = None
    timing: Timing = Timing()
    had_key: bool = False
    reused_connection: bool = False

    @property
    def ended_at(self) -> datetime | None:
        """When its last byte came, or its fault; None where nobody noted when it began."""
        if self.started_at is None:
            return None
        return self.started_at + timedelta(seconds=self.timing.total_s or 0.0)

    @property
    def relayed(self) -> bool:
        """Whether a backend passed on what a gateway behind it said, asked with the backend's key."""
        told = self.error is not None and bool(self.error.gateway)
        return told or bool(self.headers.get("x-gatewayz-gateway"))

    @property
    def showed_key(self) -> bool:
        """Whether whoever answered was shown a key, ours or the backend's."""
        return self.had_key or self.relayed
