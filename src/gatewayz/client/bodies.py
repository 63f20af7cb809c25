"""A body that is all there, read for what it is: a document, or a name for what came instead."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from gatewayz.client.documents import BadDocument, describe, parse
from gatewayz.client.error_bodies import error_in, plain_words
from gatewayz.client.events import EventReader
from gatewayz.client.replies import ReplyBuilder
from gatewayz.core.attempt import ErrorBody
from gatewayz.core.text import excerpt

# What a line of an event stream may begin with.
_OF_NO_EVENT = re.compile(rb"^(?!:|data:|event:|id:|retry:|[ \t\r]*$)", re.MULTILINE)

# What an event that tells of an error holds; so many of those are looked at.
_TELLS = re.compile(r"err|fault|detail|message|code|fail", re.IGNORECASE)
_MOST_EVENTS = 50
_EVENT_BYTES = 16 * 1024


class Document(NamedTuple):
    """A parsed body; it may be null."""

    value: Any


def read_body(data: bytes, builder: ReplyBuilder, content_type: str) -> Document | None:
    """The JSON of a plain answer; None when there is none, and then its name is noted."""
    note = builder.note
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        note("empty-200")
    elif text.startswith(b"<"):
        note("html-with-200")
    elif data[:2] == b"\x1f\x8b":
        note("gzip-undeclared")
    elif text.startswith((b"data:", b":", b"event:")):
        note("plain-answered-with-stream")
        builder.error = _error_in_events(data)
    else:
        try:
            document, doubled = parse(data)
        except BadDocument as problem:
            if text[:1] in (b"{", b"[", b'"'):
                note(problem.kind, describe(problem, data))
                builder.error = _error_before(problem, data)
            else:  # no JSON from its first byte on: words, which may say what went wrong
                builder.error = plain_words(data)
            return None
        if doubled:
            note("json-duplicate-keys", doubled)
        if "json" not in content_type:
            note("wrong-content-type", of_type(content_type, "a JSON document"))
        return Document(document)
    return None


def _error_in_events(data: bytes) -> ErrorBody | None:
    """The error that a stream which nobody asked for tells of: there the framing matters least."""
    reader = EventReader(len(data))
    if len(data) > 2 * _EVENT_BYTES:  # an error stands at an end
        data = data[:_EVENT_BYTES] + b"\n\n" + data[-_EVENT_BYTES:]
    looked_at = 0
    for event in chain(reader.feed(data), reader.finish()):
        is_error = event.name == "error"
        if looked_at == _MOST_EVENTS or not (is_error or _TELLS.search(event.data)):
            continue
        looked_at += 1
        try:
            document, _ = parse(event.data)
        except BadDocument:
            continue
        if found := error_in(document, whole=is_error, in_band=True):
            return replace(found, shape="event") if is_error else found
    return None


def _error_before(problem: BadDocument, data: bytes) -> ErrorBody | None:
    """The error in a document that has something behind it."""
    if problem.kind != "json-trailing-garbage" or problem.at is None:
        return None
    try:
        document, _ = parse(data.decode("utf-8-sig")[: problem.at])
    except (BadDocument, UnicodeDecodeError):
        return None
    return error_in(document, in_band=True)


def of_type(content_type: str, what: str) -> str:
    """What came, and what its header says it is."""
    told = f"'Content-Type: {excerpt(content_type, 80)}'" if content_type else "no Content-Type"
    return f"{what} under {told}"


def read_if_whole(data: bytes) -> Document | None:
    """A body whose end was never told: read when it is a whole document all the same."""
    try:
        return Document(parse(data)[0])
    except BadDocument:
        return None


def read_unstreamed(data: bytes, builder: ReplyBuilder) -> None:
    """A body that was to be an event stream and holds no event."""
    text = data.strip()
    first = text.split(b"\n", 40)[:40]
    lines = [line for line in first if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines[:20]):
        builder.note("stream-as-ndjson")
        return
    if lines and _OF_NO_EVENT.search(text) is None:
        builder.note("stream-no-content")
        return
    if text.startswith(b":"):
        builder.note("sse-missing-finish")
        return
    before = builder.oddities
    found = read_body(data, builder, "application/json")
    if found is not None and builder.oddities == before:
        builder.error = error_in(found.value, in_band=True)
        if builder.error is None:
            builder.note("stream-answered-with-json")
            builder.add_document(found.value)
