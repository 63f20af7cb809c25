"""A stored attempt read again by today's reader, out of the bytes it kept and without a socket."""

from __future__ import annotations

from dataclasses import replace

from gatewayz.client.bodies import read_body, read_if_whole
from gatewayz.client.error_bodies import error_in, read_error
from gatewayz.client.evidence import body_of
from gatewayz.client.record import Record, told_by
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.streams import read_again
from gatewayz.core.attempt import Attempt, FaultName, Reply
from gatewayz.core.text import Redactor

# Faults that say nothing about the bytes that came before them.
_BYTES_STAND = (FaultName.TIMEOUT, FaultName.RESET, FaultName.CLOSED)


def can_reread(attempt: Attempt) -> bool:
    """Whether the attempt kept enough to be read again: its whole body, framed in good order."""
    kept = attempt.evidence
    sound = attempt.fault is None or attempt.fault.name in _BYTES_STAND
    return kept is not None and not kept.cut and attempt.status is not None and sound


def reread(attempt: Attempt) -> Attempt:
    """The attempt with reply, error and oddities as today's reader sees them.

    All else stays: what was sent, the wire's fault, the times. An attempt that did not keep enough
    comes back as it is; see `can_reread`.
    """
    if not can_reread(attempt) or attempt.evidence is None or attempt.status is None:
        return attempt
    data = body_of(attempt.evidence)
    started = attempt.started_at
    record = Record(
        number=attempt.number,
        url=attempt.url,
        body=attempt.body,
        method=attempt.method,
        streamed=attempt.streamed,
        builder=ReplyBuilder(now_s=started.timestamp() if started else None),
        status=attempt.status,
        headers=dict(attempt.headers),
        content_type=attempt.content_type,
        fault=attempt.fault,
        body_bytes=len(data),
        kept=bytearray(data),
        tail=data,
    )
    _read(record, data)
    seen = record.attempt(Redactor())
    error = seen.error
    if error is not None and attempt.error is not None:
        # A date to come back at was as far away as it was then.
        error = replace(error, retry_after_s=attempt.error.retry_after_s)
    return replace(attempt, reply=_with_the_sights_of(attempt, seen.reply), error=error)


def _with_the_sights_of(attempt: Attempt, reply: Reply | None) -> Reply | None:
    """The reply with what was seen at the time: letters were counted before secrets were taken out."""
    if reply is None or attempt.reply is None:
        return reply
    before = {n: saw for n, saw in attempt.reply.sights.items() if n in reply.oddities}
    share = attempt.reply.first_chunk_share
    return replace(
        reply,
        sights={**reply.sights, **before},
        first_chunk_share=reply.first_chunk_share if share is None else share,
        # What came in one read only the moments told.
        first_read_share=attempt.reply.first_read_share,
    )


def _read(record: Record, data: bytes) -> None:
    status = record.status or 0
    if not 200 <= status < 300:
        error = read_error(data, content_type=record.content_type, headers=record.headers)
        record.error = told_by(status, record.headers, error)
        return
    builder = record.builder
    if record.streamed:
        read_again(data, builder, record.content_type, ended=record.fault is None)
        return
    if record.fault is None:
        found = read_body(data, builder, record.content_type)
    else:
        found = read_if_whole(data) if record.fault.name is FaultName.TIMEOUT else None
    if record.method == "GET":  # a catalogue
        record.error = error_in(found.value, in_band=True) if found is not None else None
    elif found is not None:
        builder.add_document(found.value)
