"""A fault of the wire, by what broke and when."""

from __future__ import annotations

import json
import re

from gatewayz.core.attempt import Attempt, FaultName, Phase, Reply, WireFault
from gatewayz.core.verdict import Finding

_BEFORE_ANSWER = (Phase.BUILD, Phase.DNS, Phase.CONNECT, Phase.TLS, Phase.SEND, Phase.HEADERS)

# Faults of the wire that mean one kind whenever they come.
_BY_FAULT = {
    FaultName.DNS: "dns-failure",
    FaultName.REFUSED: "connection-refused",
    FaultName.PROXY: "proxy-failure",
    FaultName.TLS_CERTIFICATE: "tls-bad-certificate",
    FaultName.TLS_PROTOCOL: "tls-version-mismatch",
    FaultName.MALFORMED: "http-malformed",
    FaultName.CONFLICTING_LENGTH: "http-conflicting-length",
    FaultName.UNDECODABLE: "gzip-undeclared",
    FaultName.REDIRECT: "redirect-loop",
    FaultName.GOAWAY: "http2-goaway",
}

# Classes of faults that no kind covers, where it is not "network".
_CLASSES = {FaultName.TOO_LARGE: "protocol", FaultName.CALL_RAISED: "server-error"}


def went_stale(attempt: Attempt) -> bool:
    """Whether an idle connection was dropped just as it was used again, before any answer.

    Servers may close what rests at any time (RFC 9112, 9.3.1), so it says nothing of this one; on a
    fresh connection the same is a failure.
    """
    fault = attempt.fault
    return (
        attempt.reused_connection
        and attempt.status is None
        and attempt.timing.first_byte_s is None
        and fault is not None
        and fault.name in (FaultName.CLOSED, FaultName.RESET)
        and fault.phase in (Phase.SEND, Phase.HEADERS)
    )


# Encodings that are undone, and words for none.
_ENCODINGS = re.compile(r"\s*(?:identity|x-gzip|gzip|deflate)?\s*", re.IGNORECASE)


def of_the_encoding(attempt: Attempt) -> tuple[Finding, ...]:
    """A warning where the headers name an encoding that the body, readable as it came, is not in."""
    told = attempt.headers.get("content-encoding", "")
    if _ENCODINGS.fullmatch(told) or attempt.fault is not None:
        return ()
    saw = f"a plain body under 'Content-Encoding: {told[:40]}'"
    return (Finding(kind="gzip-undeclared", failure_class="protocol", saw=saw, warning=True),)


def class_of_fault(fault: WireFault) -> str:
    """The class of a fault that no kind covers."""
    return _CLASSES.get(fault.name, "network")


def kind_of_fault(attempt: Attempt, fault: WireFault) -> str:
    """The name of a fault, "" when no kind covers it."""
    early = fault.phase in _BEFORE_ANSWER
    match fault.name:
        case FaultName.RESET:
            return "reset-before-response" if early else "reset-mid-body"
        case FaultName.CLOSED:
            if early:
                return "closed-without-response"
            chunked = attempt.headers.get("transfer-encoding", "")
            return "incomplete-chunked-read" if chunked else "short-content-length"
        case FaultName.TIMEOUT:
            return _timeout_kind(attempt, fault)
        case FaultName.TOO_LARGE if fault.timer == "event":
            return "sse-huge-event"
        case FaultName.TOO_LARGE if fault.timer == "idle-events" and not _has_said(attempt.reply):
            return "keepalive-forever"
    return _BY_FAULT.get(fault.name, "")


def _timeout_kind(attempt: Attempt, fault: WireFault) -> str:
    if fault.phase in (Phase.DNS, Phase.CONNECT):
        return "connect-timeout"
    if fault.phase is Phase.TLS:
        return "tls-handshake-stall"
    if fault.phase in (Phase.BUILD, Phase.SEND, Phase.HEADERS):
        return "first-byte-timeout"
    closer = where_it_stopped(attempt.reply)
    if closer:
        return closer
    if not attempt.body_bytes:
        return "headers-then-silence"
    ran_out = fault.timer in ("total", "first-event")
    return "trickle" if ran_out and _was_flowing(attempt) else "stall-between-chunks"


# Names of a body that stopped coming, as far as bytes tell.
STOPPED = frozenset({"stall-between-chunks", "trickle", "headers-then-silence"})


def where_it_stopped(reply: Reply | None) -> str:
    """What a reply that stopped coming was at: its end, a tool call, nothing; "" for its text."""
    if reply is None:
        return ""
    if reply.finish_reason:
        return "stall-before-end"
    if reply.comments and not _has_said(reply) and reply.content_kind == "missing":
        return "keepalive-forever"
    return "pause-inside-tool-call" if _call_is_open(reply) else ""


def _has_said(reply: Reply | None) -> bool:
    return reply is not None and bool(reply.text or reply.reasoning or reply.tool_calls)


def _call_is_open(reply: Reply) -> bool:
    """Whether the last tool call has its name and not yet all of its arguments."""
    if not reply.tool_calls or not reply.tool_calls[-1].name:
        return False
    try:
        json.loads(reply.tool_calls[-1].arguments)
    except (ValueError, RecursionError):
        return True
    return False


def _was_flowing(attempt: Attempt) -> bool:
    """Whether bytes still came in the last quarter of the time, when the time ran out."""
    total, last = attempt.timing.total_s, attempt.timing.last_byte_s
    return total is not None and last is not None and total - last <= total / 4
