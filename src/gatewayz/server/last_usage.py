"""What a provider says of its own answer, found in the bytes that pass without reading the rest of
them: its count of tokens, and an error in the midst of a success.

Nearly all answers are sound, and that is seen by a decoder that makes nothing of their texts. Of one that
is not, or not surely, as much as was kept is put through the reader that the tester has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from gatewayz.client.error_bodies import error_in
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.streams import read_again
from gatewayz.client.usage import read_usage
from gatewayz.core.attempt import ErrorBody, Usage
from gatewayz.server.passed_tokens import PassedTokens

# Counts stand at an answer's end, and with some at its beginning.
_KEPT = 8192
# So much is gathered before what is not kept is thrown away.
_GATHERED = 4 * _KEPT
# A document that comes in pieces, or a stream's line, is read as a whole up to here.
_WHOLE = 128 * _KEPT
# One that is all there is read up to here, where it takes some ten milliseconds.
_READ = 8 * _WHOLE
# In a text of the model's own its quotes would be escaped, so this is a field.
_FIELD = b'"usage"'
_FINISH = b'"finish_reason"'
_ERROR = re.compile(rb'"error"(?!\s*:\s*null)')
_MOST_TRIES, _MOST_LINES = 4, 16
# An error that is called by no such name ends a stream: so many of its last events are looked at, and
# where they are not surely sound, so many lines.
_LAST_EVENTS = 4
_OPENINGS = frozenset(("response.created", "response.queued", "response.in_progress"))
_ENDINGS = frozenset(("response.completed", "response.incomplete", "response.failed"))
_LAST_LINES = 16
_DECODER = json.JSONDecoder()


class Told(NamedTuple):
    """An error that an answer tells. `alone` says that nothing of an answer was beside it."""

    error: ErrorBody
    alone: bool


Said = tuple[Usage | None, Told | None]


class LastUsage:
    """Fed with an answer's bytes; memory is bounded. Of several counts the last one stands.

    `echoes` says that such an answer repeats what was asked, as those of /v1/responses do. With `adds_up` the
    tokens of a stream are added up as well, which takes a microsecond or two for each event.
    """

    def __init__(self, *, echoes: bool = False, adds_up: bool = False) -> None:
        self._echoes = echoes
        self._passed = PassedTokens() if adds_up else None
        self._head = b""
        self._tail = b""
        # What is there of a line, or of a document, that has not ended; nothing where it is too long.
        self._line = b""
        self._lost = False
        self._counts = _Counts(echoes=echoes)
        self._new: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """More of the answer."""
        self._new.append(piece)
        self._size += len(piece)
        if self._size > _GATHERED:
            self._keep()

    def _keep(self) -> None:
        data = b"".join(self._new)
        self._new = []
        self._size = 0
        if len(self._head) < _KEPT:
            self._head += data[: _KEPT - len(self._head)]
        self._tail = (self._tail + data)[-_KEPT:]
        rest = self._line + data
        if not _is_document(self._head):
            ended = rest[: rest.rfind(b"\n") + 1]
            rest = rest[len(ended) :]
            if self._passed is not None:
                self._passed.add(ended)
            # Of a line whose beginning is lost the end says nothing.
            self._counts.look_at(ended.partition(b"\n")[2] if self._lost else ended)
            self._lost = self._lost and not ended
        self._lost = self._lost or len(rest) > _WHOLE
        self._line = b"" if self._lost else rest

    def said(self) -> Said:
        """What was counted, and the error it tells; None where there is none."""
        if not self._head:  # all of it is still here
            return said_of(b"".join(self._new), echoes=self._echoes)
        self._keep()
        self._counts.look_at(self._line)
        usage = self._counts.counted(self._head, self._tail)
        return usage, _unless_too_deep(_told_at_ends, self._head, self._tail)

    def is_ended(self) -> bool:
        """Whether a stream has said that it is over, whatever may yet come of its body."""
        end = (self._tail + b"".join(self._new))[-_KEPT:].rpartition(b"data:")[2].strip()
        if end == b"[DONE]":
            return True
        try:
            return self._echoes and _EVENT.decode(end).type in _ENDINGS
        except _UNREADABLE:
            return False

    def passed(self) -> int | None:
        """The tokens of a stream, as far as it came; None where none were added up, or it is none."""
        if self._passed is None:
            return None
        self._keep()
        self._passed.add(self._line)
        return self._passed.count


def _unless_too_deep(tell: Callable[..., Told | None], *of: Any) -> Told | None:
    """What is told of an answer; nothing of one that is nested more deeply than it can be read."""
    try:
        return tell(*of)
    except RecursionError:
        return None


def _is_document(head: bytes) -> bool:
    return head.lstrip()[:1] in (b"{", b"[")


class _Counts:
    """What is counted in an answer as it passes.

    One that `echoes` repeats what was asked, tools and all, where a field may be called so that has no counts:
    there nothing counts but what stands where it belongs, and what cannot be read counts as unknown.
    """

    def __init__(self, *, echoes: bool) -> None:
        self._echoes = echoes
        self._last: Usage | None = None

    def look_at(self, lines: bytes) -> None:
        """Whole lines, or a document: the last that has counts."""
        end = len(lines)
        is_document = _is_document(lines[:_KEPT])
        for _ in range(_MOST_LINES):
            at = lines.rfind(_FIELD, 0, end)
            if at < 0:
                return
            begin = 0 if is_document else lines.rfind(b"\n", 0, at) + 1
            stop = -1 if is_document else lines.find(b"\n", at)
            line = lines[begin : stop if stop >= 0 else len(lines)]
            if len(line) <= _READ and (found := _in_its_place(line)):
                self._last = read_usage(found)
                return
            end = begin

    def counted(self, head: bytes, tail: bytes) -> Usage | None:
        """What stands, of an answer that begins and ends so."""
        if self._last is not None or self._echoes:
            return self._last
        last = next(_objects(tail), None) or next(_objects(head), None)
        return None if last is None else read_usage(last)


def _in_its_place(place: bytes) -> dict[str, Any] | None:
    """The counts at the top of a document or of an event's line, or of the response that the event is of."""
    place = place.removeprefix(b"data:")
    try:
        top = _TOP.decode(place)
        found = top.usage if top.response is None else top.response.usage or top.usage
    except _UNREADABLE:
        # Half a character in what a model says, or NaN, makes it no JSON to some and hides nothing.
        if len(place) > _WHOLE:
            return None
        try:
            document = json.loads(place.decode("utf-8", "replace"), strict=False)
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, dict):
            return None
        response = document.get("response")
        inner = response.get("usage") if isinstance(response, dict) else None
        found = inner or document.get("usage")
    return found if isinstance(found, dict) and found else None


def said_of(answer: bytes, *, echoes: bool = False) -> Said:
    """The same of a whole answer."""
    if len(answer) > _GATHERED:
        return _said_of_ends(answer, echoes=echoes)
    try:
        sound = _SOUND.decode(answer)
    except _UNREADABLE:
        return _said_by(answer, echoes=echoes)
    if not (sound.choices or sound.data or sound.output):
        return _said_by(answer, echoes=echoes)
    if sound.usage:
        return read_usage(sound.usage), None
    return _counted_in(answer, echoes=echoes), None


def _said_by(answer: bytes, *, echoes: bool) -> Said:
    """The same of one that is not surely sound."""
    try:
        document = _ANY.decode(answer)
    except _UNREADABLE:
        return _said_of_ends(answer, echoes=echoes)
    return _counted_in(answer, echoes=echoes), _unless_too_deep(_told_by, document)


def _said_of_ends(answer: bytes, *, echoes: bool) -> Said:
    """The same of one that is no document, or so long that its ends alone are looked at for an error."""
    told = _unless_too_deep(_told_at_ends, answer[:_KEPT], answer[-_KEPT:])
    return _counted_in(answer, echoes=echoes), told


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ANY = msgspec.json.Decoder()


class _Part(msgspec.Struct, gc=False):
    """A message, or what else may stand in a list: where an error may be told there, it is not."""

    error: None = None


class _Choice(msgspec.Struct, gc=False):
    finish_reason: (
        Literal["stop", "length", "tool_calls", "content_filter", "function_call"] | None
    ) = None
    message: _Part | None = None
    delta: _Part | None = None
    error: None = None


class _Outcome(msgspec.Struct, gc=False):
    status_code: Literal[0] = 0


class _Sound(msgspec.Struct, gc=False):
    """An answer that tells no error: wherever one may stand, nothing does."""

    usage: dict[str, Any] | None = None
    choices: list[_Choice] | None = None
    data: list[_Part] | None = None
    output: list[_Part] | None = None
    status: Literal["completed", "incomplete", "in_progress", "queued"] | None = None
    base_resp: _Outcome | None = None
    error: None = None
    success: None = None


class _SoundChunk(msgspec.Struct, gc=False):
    """The same of a stream's event; its last one may have an empty list."""

    choices: list[_Choice]
    base_resp: _Outcome | None = None
    error: None = None
    success: None = None


class _Event(msgspec.Struct, gc=False):
    """An event of /v1/responses, as far as it tells what it is."""

    type: str = ""


_SOUND = msgspec.json.Decoder(_Sound)
_EVENT = msgspec.json.Decoder(_Event)
_SOUND_CHUNKS = msgspec.json.Decoder(list[_SoundChunk])


class _Response(msgspec.Struct, gc=False):
    usage: Any = None


class _Top(msgspec.Struct, gc=False):
    """Where a document or an event has its counts."""

    usage: Any = None
    response: _Response | None = None


_TOP = msgspec.json.Decoder(_Top)


def _counted_in(answer: bytes, *, echoes: bool) -> Usage | None:
    counts = _Counts(echoes=echoes)
    counts.look_at(answer)
    return counts.counted(answer[:_KEPT], answer[-_KEPT:])


def _objects(data: bytes) -> Iterator[dict[str, Any]]:
    """The values of the last fields of that name that are objects with something in them, the last first."""
    end = len(data)
    for _ in range(_MOST_TRIES):
        at = data.rfind(_FIELD, 0, end)
        if at < 0:
            return
        rest = data[at + len(_FIELD) : at + _KEPT].lstrip()
        if rest.startswith(b":"):
            try:
                found, _ = _DECODER.raw_decode(rest[1:].lstrip().decode("utf-8", "replace"))
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict) and found:
                yield found
        end = at


def _told_by(document: Any) -> Told | None:
    """The error of one document."""
    builder = ReplyBuilder()
    builder.add_document(document)
    answers = isinstance(document, dict) and (document.get("choices") or document.get("output"))
    return _told(builder, alone=not answers)


def _told(builder: ReplyBuilder, *, alone: bool) -> Told | None:
    # Mere words do not say that they are an error's.
    if builder.error is None or builder.error.shape in ("words", "text"):
        return None
    return Told(builder.error, alone)


def _told_at_ends(head: bytes, tail: bytes) -> Told | None:
    if head.lstrip()[:1] in (b"{", b"["):
        return _told_at_beginning(head) or _told_at_end(tail)
    cut = head != tail
    found = _told_in_events(tail, cut=cut)
    if found is None and cut and _ERROR.search(head):
        found = _told_in_events(head, cut=cut)
    return found


def _told_in_events(data: bytes, *, cut: bool) -> Told | None:
    """The error of a stream, or of an end of one, where it is `cut`."""
    if not _ERROR.search(data):
        if _ends_well(data):
            return None
        if len(lines := data.rsplit(b"\n", _LAST_LINES)) > _LAST_LINES:
            data, cut = b"\n".join(lines[1:]), True
    builder = ReplyBuilder()
    read_again(data, builder, "text/event-stream", ended=True)
    # Before the first word of a response come events that only say that there will be one.
    alone = not cut and (builder.events == 1 or builder.events - _openings(data) == 1)
    return _told(builder, alone=alone)


def _openings(data: bytes) -> int:
    """How many of a stream's events say no more than that a response begins."""
    count = 0
    for line in data.splitlines():
        if line.startswith(b"data:"):
            try:
                count += _EVENT.decode(line[5:]).type in _OPENINGS
            except _UNREADABLE:
                continue
    return count


def _ends_well(data: bytes) -> bool:
    """Whether a stream's last events are chunks of a sound answer."""
    events = data.rsplit(b"data:", _LAST_EVENTS)[1:]
    if events and events[-1].strip() == b"[DONE]":
        del events[-1]
    try:
        _SOUND_CHUNKS.decode(b"[%b]" % b",".join(events))
    except _UNREADABLE:
        return False
    return True


def _told_at_beginning(head: bytes) -> Told | None:
    """The `error` among a long document's first fields, which are read up to the one that is cut."""
    if not _ERROR.search(head):
        return None
    name, value, rest = "", None, head.decode("utf-8", "replace").partition("{")[2]
    try:
        while name != "error":
            name, rest = _next_value(rest)
            value, rest = _next_value(rest.removeprefix(":"))
            rest = rest.removeprefix(",")
    except (ValueError, RecursionError):
        return None
    error = error_in({"error": value}, in_band=True)
    return None if error is None else Told(error, alone=False)


def _next_value(text: str) -> tuple[Any, str]:
    text = text.lstrip()
    value, end = _DECODER.raw_decode(text)
    return value, text[end:].lstrip()


def _told_at_end(tail: bytes) -> Told | None:
    """The error among a long document's last fields, or those of its last choice."""
    places = [found.start() for found in _ERROR.finditer(tail)][-_MOST_TRIES:]
    for at in (tail.rfind(_FINISH), *reversed(places)):
        # Only what stands where such an opening says is a document with it.
        for opening in (b"{", b'{"choices":[{') if at >= 0 else ():
            try:
                document = _ANY.decode(opening + tail[at:])
            except _UNREADABLE:
                continue
            if (found := _told_by(document)) is not None:
                return Told(found.error, alone=False)
    return None
