"""The Attempt that a record comes to: bounded, valid Unicode, and without secrets.

Nearly always there is nothing to take out, and one look at all texts together says so. Else each
text is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from gatewayz.client.cleaning import (
    Clean,
    are_well_formed,
    as_it_is,
    clean_error,
    clean_headers,
    clean_reply,
    texts_of_error,
    texts_of_reply,
)
from gatewayz.client.error_bodies import retry_after
from gatewayz.client.evidence import (
    WITHHELD,
    as_text,
    body_of,
    has_escaped_secret,
    keep,
    spells_in_pieces,
    texts_to_look_at,
)
from gatewayz.client.repeats import BORDERS
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.streams import read_again
from gatewayz.core.attempt import Attempt, ErrorBody, Evidence, Reply, Timing
from gatewayz.core.text import Redactor, excerpt, well_formed

if TYPE_CHECKING:
    from gatewayz.client.record import Record

# A part of a text without a secret may show one at its borders, where less of it tells; so many
# characters from there are looked at.
_AT_BORDER = 512


def written(record: Record, redact: Callable[[str], str]) -> Attempt:
    """The finished Attempt; `redact` takes secrets out of a text."""
    answered = record.status is not None and 200 <= record.status < 300
    raw = record.builder.build() if answered else None
    body = bytes(record.kept)
    if isinstance(redact, Redactor) and _is_clean(record, raw, body, redact):
        return _made(record, raw, _evidence(record, body, as_it_is), as_it_is)
    # Long texts are looked at several times.
    redact = lru_cache(maxsize=64)(redact)

    def clean(text: str) -> str:
        return well_formed(redact(text))

    evidence = _evidence(record, body, redact)
    if evidence is not None and _spells_secret(record, evidence, raw, redact):
        raw = raw and replace(raw, sights={})
        return _made(record, raw, Evidence(cut=True), clean, excerpt_=WITHHELD)
    return _made(record, raw, evidence, clean)


def _made(
    record: Record, raw: Reply | None, evidence: Evidence | None, clean: Clean, excerpt_: str = ""
) -> Attempt:
    error, fault = record.error or record.builder.error, record.fault
    return Attempt(
        number=record.number,
        step=record.step,
        asked=_asked(record.body),
        url=clean(without_credential(record.url)),
        method=record.method,
        body=record.body,
        started_at=record.started_at,
        reached=record.reached,
        status=record.status,
        headers=clean_headers(record.headers, clean),
        content_type=clean(record.content_type),
        body_bytes=record.body_bytes,
        excerpt=excerpt_ or _excerpt(record, clean),
        evidence=evidence,
        streamed=record.streamed,
        fault=fault and replace(fault, detail=excerpt(clean(fault.detail))),
        error=error and _clean_error(record, error, clean),
        reply=raw and clean_reply(raw, clean),
        timing=_timing(record),
        had_key=record.had_key,
        reused_connection=record.reused,
    )


def _is_clean(record: Record, raw: Reply | None, body: bytes, redactor: Redactor) -> bool:
    """Whether there is nothing to take out or to mend anywhere.

    False may also mean that it takes a look at each text by itself to tell.
    """
    shown = [without_credential(record.url), record.content_type]
    shown += [*record.headers, *record.headers.values()]
    if raw is not None:
        shown += texts_of_reply(raw)
    if (error := record.error or record.builder.error) is not None:
        shown += texts_of_error(error)
    if record.fault is not None:
        shown.append(record.fault.detail)
    whole, hidden = record.is_whole, []
    if not _keeps_body(record):
        shown += record.ends
    else:
        text = as_text(body, whole=whole)
        if text is None or redactor.may_reach_over(BORDERS):
            return False
        shown += _where_cut(record.ends) if whole else record.ends
        hidden = [*texts_to_look_at(text, body)]
    return are_well_formed(shown) and redactor.finds_nothing_in([*shown, *hidden])


def _where_cut(ends: list[str]) -> list[str]:
    """What the beginning and the end of a text show where the rest was taken from them."""
    return [ends[0][-_AT_BORDER:], ends[-1][:_AT_BORDER]] if len(ends) > 1 else []


def _keeps_body(record: Record) -> bool:
    """Whether there was a body to come."""
    return record.status is not None and bool(record.url)


def _evidence(record: Record, body: bytes, redact: Callable[[str], str]) -> Evidence | None:
    """The body as it is kept; None when there was none to come."""
    return keep(body, whole=record.is_whole, redact=redact) if _keeps_body(record) else None


def _spells_secret(
    record: Record, evidence: Evidence, reply: Reply | None, redact: Callable[[str], str]
) -> bool:
    """Whether what would be kept of the body holds a secret all the same.

    The pieces of a stream may each hold a part of one: then what is read from the kept bytes
    is not what is left of the joined text. What is not read of it may spell one as well.
    """
    if has_escaped_secret(bytes(record.kept), redact):
        return True
    if not evidence.base64 and spells_in_pieces(evidence.text, redact):
        return True
    said = _said(reply) if reply is not None and record.streamed else ()
    left = [redact(text) for text in said]
    if left == list(said):
        return False
    again = ReplyBuilder()
    read_again(body_of(evidence), again, record.content_type, ended=record.fault is None)
    return evidence.cut or left != list(_said(again.build()))


def _clean_error(record: Record, error: ErrorBody, clean: Clean) -> ErrorBody:
    wait_s = error.retry_after_s
    cleaned = clean_error(error, clean)
    return replace(
        cleaned,
        # Secrets go first: a cut must not leave half of one behind.
        message=excerpt(cleaned.message),
        retry_after_s=retry_after(record.headers) if wait_s is None else wait_s,
    )


def _excerpt(record: Record, clean: Clean) -> str:
    # Secrets go first, and from each part by itself: a cut must not leave half of one behind.
    ends = excerpt(" ... ".join(map(clean, record.ends)))
    shape = record.builder.looks_like if "choices-missing" in record.builder.oddities else ""
    return excerpt(f"looks like {shape}: {ends}") if shape else ends


def _timing(record: Record) -> Timing:
    started, builder = record.started, record.builder

    def since(moment: float | None) -> float | None:
        return None if moment is None else round(moment - started, 7)

    return Timing(
        connect_s=since(record.connected),
        tls_s=since(record.secured),
        sent_s=since(record.sent),
        first_byte_s=since(record.first_byte),
        first_token_s=since(builder.first_token),
        first_answer_s=since(builder.first_answer),
        last_byte_s=since(record.last_piece),
        last_content_s=since(builder.last_content),
        total_s=since(record.ended),
        chunks_s=tuple([round(stamp - started, 7) for stamp in builder.stamps]),
        chunk_count=builder.content_chunks,
        held_up_s=round(record.held_up_s, 7),
        stamped_by=record.stamped_by,
    )


def _said(reply: Reply) -> tuple[str, ...]:
    """The texts of a reply that are joined from pieces."""
    calls = [text for call in reply.tool_calls for text in (call.name, call.arguments)]
    return (reply.text, reply.reasoning, reply.refusal, *reply.others, *calls)


def _asked(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) else ""


def without_credential(url: str) -> str:
    """The URL without a user and a password in it."""
    if "@" not in url:
        return _normal(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@lru_cache(maxsize=256)  # few are asked, again and again
def _normal(url: str) -> str:
    try:
        return urlunsplit(urlsplit(url))
    except ValueError:
        return url
