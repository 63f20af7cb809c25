"""The events of a stream put into a reply: chunks, the end mark, and whatever else comes as data."""

from __future__ import annotations

import re
from typing import Any

from gatewayz.client.alike import Alike
from gatewayz.client.bodies import of_type, read_unstreamed
from gatewayz.client.documents import BadDocument, describe, parse
from gatewayz.client.error_bodies import error_in
from gatewayz.client.events import EventReader, ServerEvent
from gatewayz.client.later import Received
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.sights import quoted

# Events that size pass, and are told: many clients read line by line with a buffer of 64 KiB.
HUGE_EVENT = 256 * 1024
# Lines of a stream's broken events that are tried for being events each.
_MOST_GLUED = 20_000
# Documents of a stream that are looked through for doubled keys: a sender has the habit or not.
_LOOKS_FOR_DOUBLED = 1000
_END_MARK = object()
_LONGEST_MARK = 16
# Named events that keep the connection open; what they hold is theirs (a time, a word).
_HEARTBEAT = re.compile(r"ping|pong|heart-?beat|keep-?_?alive", re.IGNORECASE)
# How the data of chunks begin, and the end mark's.
_OPENS = ("{", "[")
# A word or a few, where a chunk would be JSON.
_WORD = re.compile(r"\s*\w[\w .:-]{0,60}\s*")


class EventTaker:
    """Puts the events of one stream into a reply.

    `cut_off` shows what came of a last event that the stream's end cut off, "" where it did not.
    """

    cut_off = ""
    _ends_amid_line = False

    def __init__(self, builder: ReplyBuilder) -> None:
        self._builder = builder
        self._alike = Alike(builder)
        self._seeks_doubled = _LOOKS_FOR_DOUBLED
        self._glued = 0
        # The last data and what they say: who says the same again and again is parsed once.
        self._said: tuple[str, Any] = ("null", None)

    def take(self, event: ServerEvent, stamp: float) -> None:
        """One event, and when it came."""
        name, text = event
        # What an event of another name says may be no chunk, or an error.
        plain = name in ("", "message")
        if plain and self._alike.take(text, stamp):
            return
        data = text.strip()
        if len(data) <= _LONGEST_MARK and data.strip('"').upper() == "[DONE]":
            self._builder.add_done()
            return
        if data == "null":  # a heartbeat like an empty data line
            return
        try:
            document = self._parsed(data)
        except BadDocument as problem:
            self._take_broken(event, stamp, problem)
            return
        if not isinstance(document, dict) and _is_a_sign_of_life(name, document):
            self._builder.add_idle(0)
            return
        self._builder.add_chunk(document, stamp, event_name=name)
        if plain:
            self._alike.learn(text, document)

    def _parsed(self, data: str) -> Any:
        """What an event's data say. Raises: BadDocument."""
        said, document = self._said
        if data == said:
            return document
        document, doubled = parse(data, seek_doubled=self._seeks_doubled > 0)
        self._said = data, document
        self._seeks_doubled -= isinstance(document, dict)
        if doubled:
            self._builder.note("json-duplicate-keys", doubled)
            self._seeks_doubled = 0
        return document

    def take_rest(self, reader: EventReader, stamp: float) -> None:
        """What the stream has left without a blank line behind it, now that it has ended."""
        self._ends_amid_line = reader.is_amid_line
        for event in reader.finish():
            self.take(event, stamp)

    def texts_alike(self, pieces: Received, at: int, longest: int) -> list[str]:
        """The texts of as many pieces from there on as are an event each, like the ones before."""
        return self._alike.texts_in(pieces, at, longest)

    def take_alike(self, texts: list[str], stamps: list[float]) -> None:
        """Events that `texts_alike` has found, and when each came."""
        self._alike.take_texts(texts, stamps)

    def _take_broken(self, event: ServerEvent, stamp: float, problem: BadDocument) -> None:
        """Data that is no JSON: several events glued together, or one that is broken."""
        builder = self._builder
        if event.name == "error":
            builder.add_chunk({"error": event.data}, stamp, event_name=event.name)
            return
        if _HEARTBEAT.fullmatch(event.name) or _is_a_note(event):
            return
        if self._ends_amid_line and event.data.lstrip().startswith(_OPENS):
            self.cut_off = f"the stream ended inside an event: {quoted(event.data)}"
            return
        documents = self._unglued(event.data.split("\n"))
        if not documents:
            builder.note("sse-bad-json-event", describe(problem, event.data.strip()))
            builder.add_broken()
            if not event.name:
                self._alike.learn_broken(event.data)
            return
        builder.note("sse-events-glued", f"{len(documents)} in one: {quoted(event.data)}")
        for document in documents:
            if document is _END_MARK:
                builder.add_done()
            else:
                builder.add_chunk(document, stamp)

    def _unglued(self, lines: list[str]) -> list[Any]:
        """The events that lines are, each; empty where they are none, or too many were tried."""
        self._glued += len(lines)
        if len(lines) < 2 or self._glued > _MOST_GLUED:
            return []
        documents: list[Any] = []
        for line in lines:
            if line.strip() == "[DONE]":
                documents.append(_END_MARK)
                continue
            try:
                documents.append(parse(line, seek_doubled=False)[0])
            except BadDocument:
                return []
        return documents


def _is_a_note(event: ServerEvent) -> bool:
    """Whether a named event says in a word how the stream stands ("connected"), and is no chunk."""
    return event.name not in ("", "message") and _WORD.fullmatch(event.data) is not None


def _is_a_sign_of_life(name: str, document: Any) -> bool:
    """Whether an event says nothing: an empty value, or a bare one under a name of its own.

    A moment, a counter or a state keeps a connection open; no part of an answer has such a form.
    """
    if document in ("", []):
        return True
    if isinstance(document, dict) or name in ("", "message", "error"):
        return False
    return not isinstance(document, str | list) or _WORD.fullmatch(str(document)) is not None


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
    taker.take_rest(reader, 0.0)
    builder.comments = reader.comments
    if reader.events:
        note_ending(builder, reader, content_type, taker.cut_off)
    else:
        read_unstreamed(data, builder)


def note_ending(
    builder: ReplyBuilder, reader: EventReader, content_type: str, cut_off: str
) -> None:
    """Names what a stream lacked, now that it has ended in good order as far as HTTP can tell.

    Where a body ends with its connection, or a server in between was content with half of it, only
    a last event that is not whole (`cut_off`) shows that more was to come.
    """
    if "text/event-stream" not in content_type:
        builder.note("wrong-content-type", of_type(content_type, "an event stream"))
    for line in reader.stray:
        try:
            document, _ = parse(line)
        except BadDocument:
            continue
        builder.error = builder.error or error_in(document, in_band=True)
    if reader.largest > HUGE_EVENT:
        builder.note("sse-huge-event", f"an event of {reader.largest} bytes")
    if builder.error is not None or builder.miss_choices():
        return
    if cut_off and not builder.done:
        builder.note("sse-missing-finish", cut_off)
    elif not builder.events:
        # Nothing but pings, or the end mark: no answer had begun that could be cut off.
        builder.note("stream-no-content")
    elif not builder.any_finished:
        # An empty reason and the end mark are an odd end, but an end.
        if not (builder.finish_given and builder.done):
            builder.note("sse-missing-finish")
    elif not builder.done:
        builder.note("sse-missing-done")
