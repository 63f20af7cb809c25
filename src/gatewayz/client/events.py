"""Server-sent events out of bytes, after the WHATWG rules, in any split.

https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-08-20). Lines end with
LF, CRLF or CR and nothing else (U+2028 is text); one byte-order mark is stripped; several data
lines are joined with LF; comments and unknown fields are skipped but counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_MAX_STRAY = 16
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its name ("" for the default), its data, and how many lines the data had."""

    name: str
    data: str
    lines: int


class EventTooLarge(Exception):
    """An event passed the cap; what was read of it is gone."""


class EventReader:
    """Fed with bytes, gives events; holds at most one event in memory.

    `comments` counts comment lines, `stray` keeps the first few lines that are no field at all
    (some providers send bare JSON there). `events` counts what was given out.
    """

    def __init__(self, cap: int) -> None:
        self.comments = 0
        self.events = 0
        self.stray: list[str] = []
        self._cap = cap
        self._buffer = bytearray()
        self._start = True
        self._skip_lf = False
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[ServerEvent]:
        """The events completed by these bytes. Raises: EventTooLarge."""
        self._buffer += data
        if self._start:
            if len(self._buffer) < len(_BOM) and _BOM.startswith(bytes(self._buffer)):
                return
            if self._buffer.startswith(_BOM):
                del self._buffer[: len(_BOM)]
            self._start = False
        while (line := self._line()) is not None:
            event = self._take(line)
            if event is not None:
                yield event
        if len(self._buffer) + self._size > self._cap:
            raise EventTooLarge

    def finish(self) -> Iterator[ServerEvent]:
        """What stands in the buffer when the stream ends without a last blank line.

        The rules discard it; too many servers forget that blank line for a reader to do so.
        """
        rest = bytes(self._buffer)
        self._buffer.clear()
        if rest:
            event = self._take(rest)
            if event is not None:
                yield event
        event = self._take(b"")
        if event is not None:
            yield event

    def _line(self) -> bytes | None:
        buffer = self._buffer
        if self._skip_lf and buffer:
            if buffer[0] == 0x0A:
                del buffer[:1]
            self._skip_lf = False
        lf = buffer.find(b"\n")
        cr = buffer.find(b"\r", 0, lf if lf >= 0 else len(buffer))
        end = cr if cr >= 0 else lf
        if end < 0:
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        # A CR may be half of a CRLF whose LF is still on its way.
        self._skip_lf = cr >= 0
        return line

    def _take(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        if line.startswith(b":"):
            self.comments += 1
            return None
        field, colon, value = line.partition(b":")
        if colon and value.startswith(b" "):
            value = value[1:]
        if field == b"data":
            self._data.append(value)
            self._size += len(value) + 1
            if self._size > self._cap:
                raise EventTooLarge
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field not in (b"id", b"retry") and len(self.stray) < _MAX_STRAY:
            self.stray.append(line[:4096].decode("utf-8", "replace"))
        return None

    def _dispatch(self) -> ServerEvent | None:
        name, lines = self._name, self._data
        self._name, self._data, self._size = "", [], 0
        if not lines:
            return None
        data = b"\n".join(lines)
        if not data.strip():
            return None
        self.events += 1
        return ServerEvent(name, data.decode("utf-8", "replace"), len(lines))
