"""Server-sent events out of bytes, after the WHATWG rules, in any split.

https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-08-20). Lines end with
LF, CRLF or CR and nothing else (U+2028 is text); one byte-order mark is stripped; several data
lines are joined with LF; comments and unknown fields are skipped but counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

_MAX_STRAY = 16
# Bytes that are split into lines at once, whatever comes in one piece.
_AT_ONCE = 16 * 1024
_BOM = b"\xef\xbb\xbf"
_COMMENTS = re.compile(rb"^:[^\n]*\n", re.MULTILINE)
_BLANK_LINES = re.compile(rb"\n{3,}")
# None of these says of a group that it gives nothing back (`)++`): up to 3.11.4 Python reads that wrongly
# (https://github.com/python/cpython/issues/106052). What they look at is short, and nothing goes back.
# Lines that change nothing: fields nobody reads and, once enough of them were kept, all others that
# are no part of an event. The first line stands before the group of the others, since a pattern that
# begins with a group takes four times as long to find that nothing is there.
_UNREAD = re.compile(rb"^(?:id|retry)(?::[^\n]*)?\n(?:(?:id|retry)(?::[^\n]*)?\n)*", re.MULTILINE)
_NO_EVENT = re.compile(rb"^(?!data|event)[^\n]+\n(?:(?!data|event)[^\n]+\n)*", re.MULTILINE)

# An event as streams have them, around its data.
BEFORE, AFTER = b"data: ", b"\n\n"
_AROUND_DATA = len(BEFORE) + len(AFTER)
# Lines that by themselves make no event, and are none that is counted: the commonest, and all.
_SAY_NOTHING = (b"data", b"event", b"")
_IDLE_LINES = re.compile(rb"(?:data|event(?::[^\n]*)?)?(?:\n(?:data|event(?::[^\n]*)?)?)*")
# Whole events of nothing but such lines, behind the blank line that ends the one before.
_IDLE_EVENTS = re.compile(rb"\n\n(?:(?:(?:data|event(?::[^\n]*)?)\n)+\n)+")


class ServerEvent(NamedTuple):
    """One event: its name ("" for the default) and its data."""

    name: str
    data: str


class EventTooLarge(Exception):
    """An event passed the cap; what was read of it is gone."""


class EventReader:
    """Fed with bytes, gives events; holds at most one event in memory.

    `comments` counts comment lines, `stray` keeps the first few lines that are no field at all
    (some providers send bare JSON there). `events` counts what was given out, `largest` is the size
    of the largest of them (bytes).
    """

    def __init__(self, cap: int) -> None:
        self.comments = 0
        self.events = 0
        self.largest = 0
        self.stray: list[str] = []
        self._unread = 0
        self._cap = cap
        self._line = bytearray()
        self._mark: bytes | None = b""
        self._skip_lf = False
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[ServerEvent]:
        """The events completed by these bytes; to be iterated to the end. Raises: EventTooLarge."""
        if self.is_between_events and _is_one_event(data):
            # A chunk in a packet of its own, as streams come.
            event = self._event("", data[len(BEFORE) : -len(AFTER)])
            return iter(() if event is None else (event,))
        if len(data) <= _AT_ONCE:
            return self._feed(data)
        parts = (data[at : at + _AT_ONCE] for at in range(0, len(data), _AT_ONCE))
        return chain.from_iterable(map(self._feed, parts))

    def _feed(self, data: bytes) -> Iterator[ServerEvent]:
        data = self._without_mark(data)
        if self._skip_lf and data:
            # The CR before was half of a CRLF.
            data = data.removeprefix(b"\n")
            self._skip_lf = False
        if data and b"\n" not in data and b"\r" not in data:
            # A part of a line, as one-byte packets bring them.
            self._line += data
            self._check_size()
            return
        if self._line:
            data = bytes(self._line) + data
            self._line.clear()
        if b"\r" in data:
            self._skip_lf = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n:" in data or data.startswith(b":"):
            data, comments = _COMMENTS.subn(b"", data)
            self.comments += comments
        if self._unread >= _MAX_STRAY:
            useless = _NO_EVENT if len(self.stray) >= _MAX_STRAY else _UNREAD
            data = useless.sub(b"", data)
        if b"\n\n\n" in data:
            data = _BLANK_LINES.sub(b"\n\n", data)
        if data.count(b"\n\n") > 2 * data.count(b"data:"):
            # Most events here have no data.
            data = _IDLE_EVENTS.sub(b"\n\n", data)
        *blocks, rest = data.split(b"\n\n")
        yield from self._events_of_blocks(blocks)
        *lines, rest = rest.split(b"\n")
        yield from self._events_of(lines)
        self._line += rest
        self._check_size()

    @property
    def is_amid_line(self) -> bool:
        """Whether a line has begun that has no end yet."""
        return bool(self._line)

    @property
    def is_between_events(self) -> bool:
        """Whether the next byte begins an event."""
        begun = self._line or self._data or self._name or self._skip_lf
        return self._mark is None and not begun

    def pass_over(self, sizes: list[int]) -> None:
        """Counts events of so many bytes each, which somebody else has read: a line of data, each."""
        self.events += len(sizes)
        self.largest = max(self.largest, max(sizes) - _AROUND_DATA)

    def finish(self) -> Iterator[ServerEvent]:
        """What stands in the buffer when the stream ends without a last blank line.

        The rules discard it; too many servers forget that blank line for a reader to do so.
        """
        rest = bytes(self._line) if self._mark is None else self._mark
        self._mark = None
        self._line.clear()
        yield from self._events_of([rest, b""])

    def _check_size(self) -> None:
        if len(self._line) + self._size > self._cap:
            raise EventTooLarge

    def _without_mark(self, data: bytes) -> bytes:
        """The bytes without a byte-order mark at the very start, however it is split."""
        if self._mark is None:
            return data
        start = self._mark + data
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._mark = start
            return b""
        self._mark = None
        return start.removeprefix(_BOM)

    def _events_of_blocks(self, blocks: list[bytes]) -> Iterator[ServerEvent]:
        """The events of lines that a blank line ends; nearly all are of one line."""
        for block in blocks:
            if self._data or self._name or (b"\n" in block and b"data:" in block):
                yield from self._events_of([*block.split(b"\n"), b""])
            elif block.startswith(b"data:"):
                value = block[6:] if block.startswith(b"data: ") else block[5:]
                if (event := self._event("", value)) is not None:
                    yield event
            elif block in _SAY_NOTHING or len(self.stray) >= _MAX_STRAY:
                continue
            elif not _IDLE_LINES.fullmatch(block):
                # Lines without data make no event, whatever they name.
                for line in block.split(b"\n"):
                    self._take(line)
                self._start_anew()

    def _events_of(self, lines: list[bytes]) -> Iterator[ServerEvent]:
        """The events that whole lines complete."""
        for line in lines:
            if line.startswith(b"data:"):
                value = line[6:] if line.startswith(b"data: ") else line[5:]
                self._data.append(value)
                self._size += len(value) + 1
            elif line == b"data":
                self._data.append(b"")
                self._size += 1
            elif line:
                self._take(line)
            elif (self._data or self._name) and (event := self._dispatch()) is not None:
                yield event

    def _take(self, line: bytes) -> None:
        """A line that holds no data."""
        if line.startswith(b":"):
            self.comments += 1
        elif line.startswith(b"event:") or line == b"event":
            self._name = line[6:].removeprefix(b" ")
        elif line and line != b"data":
            self._unread += 1
            if len(self.stray) < _MAX_STRAY and line.partition(b":")[0] not in (b"id", b"retry"):
                self.stray.append(line[:4096].decode("utf-8", "replace"))

    def _dispatch(self) -> ServerEvent | None:
        name, data = self._name.decode("utf-8", "replace"), b"\n".join(self._data)
        self._start_anew()
        return self._event(name, data)

    def _start_anew(self) -> None:
        self._name, self._size = b"", 0
        self._data.clear()

    def _event(self, name: str, data: bytes) -> ServerEvent | None:
        if not data or data.isspace():
            return None
        if len(data) > self._cap:
            raise EventTooLarge
        self.events += 1
        if len(data) > self.largest:
            self.largest = len(data)
        return ServerEvent(name, data.decode("utf-8", "replace"))


def _is_one_event(data: bytes) -> bool:
    """Whether this is one line of data and the blank line that ends it."""
    if not data.startswith(BEFORE) or b"\r" in data:
        return False
    return data.find(b"\n") == len(data) - len(AFTER) and data.endswith(AFTER)
