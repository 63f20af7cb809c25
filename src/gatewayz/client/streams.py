"""The events of a stream put into a reply: chunks, the end mark, and whatever else comes as data."""

from __future__ import annotations

import re
from typing import Any

from gatewayz.client.bodies import read_unstreamed
from gatewayz.client.documents import BadDocument, parse
from gatewayz.client.error_bodies import error_in
from gatewayz.client.events import EventReader, ServerEvent
from gatewayz.client.replies import ReplyBuilder

# Events that size pass, and are told: many clients read line by line with a buffer of 64 KiB.
HUGE_EVENT = 256 * 1024
# Named events that keep the connection open; what they hold is theirs (a time, a word).
_HEARTBEAT = re.compile(r"ping|pong|heart-?beat|keep-?_?alive", re.IGNORECASE)


def take_event(event: ServerEvent, stamp: float, builder: ReplyBuilder) -> None:
    """One event, and when it came."""
    data = event.data.strip()
    if data.strip('"').upper() == "[DONE]":
        builder.add_done()
        return
    if data == "null":  # a heartbeat like an empty data line
        return
    try:
        document, doubled = parse(data)
    except BadDocument:
        _take_broken(event, stamp, builder)
        return
    if doubled:
        builder.note("json-duplicate-keys")
    builder.add_chunk(document, stamp, event_name=event.name)


def read_again(data: bytes, builder: ReplyBuilder, content_type: str, *, ended: bool) -> None:
    """A stream's kept bytes, without their times; `ended` says that it came to its own end."""
    reader = EventReader(len(data) + 1)
    for event in reader.feed(data):
        take_event(event, 0.0, builder)
    builder.comments = reader.comments
    if not ended:
        return
    for event in reader.finish():
        take_event(event, 0.0, builder)
    builder.comments = reader.comments
    if reader.events:
        note_ending(builder, reader, content_type)
    else:
        read_unstreamed(data, builder)


def note_ending(builder: ReplyBuilder, reader: EventReader, content_type: str) -> None:
    """Names what a stream lacked, now that it has ended in good order."""
    if "text/event-stream" not in content_type:
        builder.note("wrong-content-type")
    for line in reader.stray:
        try:
            document, _ = parse(line)
        except BadDocument:
            continue
        builder.error = builder.error or error_in(document, in_band=True)
    if reader.largest > HUGE_EVENT:
        builder.note("sse-huge-event")
    if builder.error is not None or builder.miss_choices():
        return
    if not builder.events:
        # Nothing but pings, or the end mark: no answer had begun that could be cut off.
        builder.note("stream-no-content")
    elif not builder.any_finished:
        # An empty reason and the end mark are an odd end, but an end.
        if not (builder.finish_given and builder.done):
            builder.note("sse-missing-finish")
    elif not builder.done:
        builder.note("sse-missing-done")


def _take_broken(event: ServerEvent, stamp: float, builder: ReplyBuilder) -> None:
    """Data that is no JSON: several events glued together, or one that is broken."""
    if event.name == "error":
        builder.add_chunk({"error": event.data}, stamp, event_name=event.name)
        return
    if _HEARTBEAT.fullmatch(event.name):
        return
    documents: list[Any] = []
    for line in event.data.split("\n"):
        if line.strip() == "[DONE]":
            documents.append(None)
            continue
        try:
            documents.append(parse(line)[0])
        except BadDocument:
            builder.note("sse-bad-json-event")
            return
    builder.note("sse-events-glued")
    for document in documents:
        if document is None:
            builder.add_done()
        else:
            builder.add_chunk(document, stamp)
