"""What a provider says of its own answer, found in the bytes that pass without reading the rest of
them: its count of tokens, and an error in the midst of a success.

Nearly all answers are sound, and that is seen by a decoder that makes nothing of their texts. Of one that
is not, or not surely, as much as was kept is put through the reader that the tester has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from gatewayz.client.error_bodies import error_in
from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.streams import read_again
from gatewayz.client.usage import read_usage
from gatewayz.core.attempt import ErrorBody, Usage

# Counts stand at an answer's end, and with some at its beginning.
_KEPT = 8192
# So much is gathered before what is not kept is thrown away.
_GATHERED = 4 * _KEPT
# A document, or a stream's line, is read as a whole up to here: what it has after its counts, or elsewhere
# by their name, may be an echo of the request, and so the client's own.
_WHOLE = 32 * _KEPT
# In a text of the model's own its quotes would be escaped, so this is a field.
_FIELD = b'"usage"'
_FINISH = b'"finish_reason"'
_ERROR = re.compile(rb'"error"(?!\s*:\s*null)')
_RESPONSES = re.compile(rb'^event:\s*response\.|"type"\s*:\s*"response\.', re.MULTILINE)
_MOST_TRIES, _MOST_FIELDS = 4, 64
# An error that is called by no such name ends a stream: so many of its last events are looked at, and
# where they are not surely sound, so many lines.
_LAST_EVENTS = 4
_OPENINGS = frozenset(("response.created", "response.queued", "response.in_progress"))
_LAST_LINES = 16
_DECODER = json.JSONDecoder()


class Told(NamedTuple):
    """An error that an answer tells. `alone` says that nothing of an answer was beside it."""

    error: ErrorBody
    alone: bool


Said = tuple[Usage | None, Told | None]


class LastUsage:
    """Fed with an answer's bytes; memory is bounded. Of several counts the last one stands."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""
        # The last line with a field of the counts' name, None where that is too long; what is there of the next;
        # whether its beginning is lost, and the most that was counted in what is.
        self._place: bytes | None = b""
        self._line = b""
        self._lost = False
        self._most: Usage | None = None
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
        joined = self._tail + data
        self._tail = joined[-_KEPT:]
        rest = self._line + data
        if not _is_document(self._head):
            ended = rest[: rest.rfind(b"\n") + 1]
            rest = rest[len(ended) :]
            if _FIELD in ended:
                self._place = _place_in(ended, whole=not self._lost)
            self._lost = self._lost and not ended
        if self._lost or len(rest) > _WHOLE:
            self._lost, rest = True, b""
            if _FIELD in joined:
                self._place = None
        if self._place is None:
            self._most = _most_counted(joined, self._most)
        self._line = rest

    def said(self) -> Said:
        """What was counted, and the error it tells; None where there is none."""
        if not self._head:  # all of it is still here
            return said_of(b"".join(self._new))
        self._keep()
        place = self._line if _FIELD in self._line else self._place
        usage = _counted(self._head, self._tail, place, self._most)
        return usage, _told_at_ends(self._head, self._tail)


def _is_document(head: bytes) -> bool:
    return head.lstrip()[:1] in (b"{", b"[")


def _place_in(answer: bytes, *, whole: bool = True) -> bytes | None:
    """The last line with a field of that name, or all of a document; None where that is too long.

    `whole` says whether the bytes begin where a line does.
    """
    place, at = answer, answer.rfind(_FIELD)
    if not _is_document(answer[:_KEPT]):
        begin, end = answer.rfind(b"\n", 0, at) + 1, answer.find(b"\n", at)
        place = answer[begin : end if end >= 0 else None]
        whole = whole or begin > 0
    return place if whole and len(place) <= _WHOLE else None


def said_of(answer: bytes) -> Said:
    """The same of a whole answer."""
    if len(answer) > _GATHERED:
        return _said_of_ends(answer)
    try:
        sound = _SOUND.decode(answer)
    except _UNREADABLE:
        return _said_by(answer)
    if not (sound.choices or sound.data or sound.output):
        return _said_by(answer)
    if sound.usage:
        return read_usage(sound.usage), None
    return _counted_in(answer), None


def _said_by(answer: bytes) -> Said:
    """The same of one that is not surely sound."""
    try:
        document = _ANY.decode(answer)
    except _UNREADABLE:
        return _said_of_ends(answer)
    usage = document.get("usage") if isinstance(document, dict) else None
    if isinstance(usage, dict) and usage:
        return read_usage(usage), _told_by(document)
    return _counted_in(answer), _told_by(document)


def _said_of_ends(answer: bytes) -> Said:
    """The same of one that is no document, or so long that its ends alone are looked at for an error."""
    return _counted_in(answer), _told_at_ends(answer[:_KEPT], answer[-_KEPT:])


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


class _Counts(msgspec.Struct, gc=False):
    """Where a document or an event has its counts, and what it is."""

    usage: Any = None
    type: Any = None
    object: Any = None
    response: _Response | None = None


_COUNTS = msgspec.json.Decoder(_Counts)


def _counted_in(answer: bytes) -> Usage | None:
    place = _place_in(answer) if _FIELD in answer else b""
    most = _most_counted(answer, None) if place is None else None
    return _counted(answer[:_KEPT], answer[-_KEPT:], place, most)


def _counted(head: bytes, tail: bytes, place: bytes | None, most: Usage | None) -> Usage | None:
    """The counts where they belong in the last line that has any, or in the document; else the last in sight.

    A response repeats what was asked, tools and all, where a field may be called so that has no counts: of
    one that was read, nothing else counts. Of one that is too long to be read, that is the most.
    """
    if place is None:
        return most
    if place:
        found, is_response = _in_its_place(place)
        if found or is_response or _RESPONSES.search(head):
            return read_usage(found) if found else None
    last = next(_objects(tail), None) or next(_objects(head), None)
    return None if last is None else read_usage(last)


def _most_counted(data: bytes, before: Usage | None) -> Usage | None:
    """Of all that is called so the one that counts most: nobody gains by an echo of a larger one."""
    found = [*([before] if before else []), *map(read_usage, _objects(data, _MOST_FIELDS))]
    return max(found, key=_tokens, default=None)


def _tokens(usage: Usage) -> int:
    return usage.total_tokens or (usage.input_tokens or 0) + (usage.output_tokens or 0)


def _in_its_place(place: bytes) -> tuple[dict[str, Any] | None, bool]:
    """The counts at the top of a document or of an event's line, and whether that is of a response."""
    try:
        told = _COUNTS.decode(place.removeprefix(b"data:"))
    except _UNREADABLE:
        return None, False
    is_response = told.object == "response" or str(told.type).startswith("response.")
    usage = told.usage
    if told.response is not None:
        usage = told.response.usage or usage
    return (usage if isinstance(usage, dict) and usage else None), is_response


def _objects(data: bytes, tries: int = _MOST_TRIES) -> Iterator[dict[str, Any]]:
    """The values of the last fields of that name that are objects with something in them, the last first."""
    end = len(data)
    for _ in range(tries):
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
