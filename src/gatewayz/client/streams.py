"""The events of a stream put into a reply: chunks, the end mark, and whatever else comes as data."""

from __future__ import annotations

import re
from typing import Any

from gatewayz.client.alike import Alike
from gatewayz.client.bodies import read_unstreamed
from gatewayz.client.documents import BadDocument, parse
from gatewayz.client.error_bodies import error_in
from gatewayz.client.events import EventReader, ServerEvent
from gatewayz.client.replies import ReplyBuilder

# Events that size pass, and are told: many clients read line by line with a buffer of 64 KiB.
HUGE_EVENT = 256 * 1024
# Lines of one event that are tried for being events each.
_MOST_GLUED = 1000
# Named events that keep the connection open; what they hold is theirs (a time, a word).
_HEARTBEAT = re.compile(r"ping|pong|heart-?beat|keep-?_?alive", re.IGNORECASE)


class EventTaker:
    """Puts the events of one stream into a reply."""

    def __init__(self, builder: ReplyBuilder) -> None:
        self._builder = builder
        self._alike = Alike(builder)

    def take(self, event: ServerEvent, stamp: float) -> None:
        """One event, and when it came."""
        name, text = event
        if not name and self._alike.take(text, stamp):
            return
        data = text.strip()
        if data.strip('"').upper() == "[DONE]":
            self._builder.add_done()
            return
        if data == "null":  # a heartbeat like an empty data line
            return
        try:
            document, doubled = parse(data)
        except BadDocument:
            if _take_broken(event, stamp, self._builder):
                self._alike.learn_broken(text)
            return
        if doubled:
            self._builder.note("json-duplicate-keys")
        self._builder.add_chunk(document, stamp, event_name=name)
        if not name:
            self._alike.learn(text, document)


def read_again(data: bytes, builder: ReplyBuilder, content_type: str, *, ended: bool) -> None:
    """A stream's kept bytes, without their times; `ended` says that it came to its own end."""
    reader = EventReader(len(data) + 1)
    taker = EventTaker(builder)
    for event in reader.feed(data):
        taker.take(event, 0.0)
        if builder.flooded:
            return
    builder.comments = reader.comments
    if not ended:
        return
    for event in reader.finish():
        taker.take(event, 0.0)
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


def _take_broken(event: ServerEvent, stamp: float, builder: ReplyBuilder) -> bool:
    """Data that is no JSON: several events glued together, or one that is broken.

    Whether it was a broken one of no name.
    """
    if event.name == "error":
        builder.add_chunk({"error": event.data}, stamp, event_name=event.name)
        return False
    if _HEARTBEAT.fullmatch(event.name):
        return False
    documents: list[Any] = []
    lines = event.data.split("\n")
    for line in lines if 1 < len(lines) <= _MOST_GLUED else ():
        if line.strip() == "[DONE]":
            documents.append(None)
            continue
        try:
            documents.append(parse(line)[0])
        except BadDocument:
            documents.clear()
            break
    if not documents:
        builder.note("sse-bad-json-event")
        builder.add_idle(0)
        return not event.name
    builder.note("sse-events-glued")
    for document in documents:
        if document is None:
            builder.add_done()
        else:
            builder.add_chunk(document, stamp)
    return False
