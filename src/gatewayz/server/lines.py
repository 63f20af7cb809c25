"""A byte stream passed on in whole lines, so that what follows a break starts on a line of its own."""

from __future__ import annotations

from gatewayz.client import BadDocument, parse

MAX_HELD_BYTES = 64 * 1024
MAX_HELD_S = 0.25
_CUT_NAMES = frozenset({b"d", b"da", b"dat", b"e", b"ev", b"eve", b"even"})


class WholeLines:
    """Hands bytes on unchanged and in order, keeping back at most one line that has no end yet.

    LF, CRLF and lone CR end a line. A line that grows past `MAX_HELD_BYTES` is not kept back, and
    none longer than `MAX_HELD_S`: `due` is when the bytes kept back must go (None: there are none).
    Moments are on the clock of the `now` handed to `feed`.
    """

    def __init__(self) -> None:
        self.due: float | None = None
        self._held = b""
        # Of the line under way, what has been handed on before its end came.
        self._begun = b""

    def feed(self, piece: bytes, now: float) -> bytes:
        """What can be passed on now."""
        if piece.endswith(b"\n"):  # nearly always: providers send whole events
            if self._begun:
                self._begun = b""
            return self.rest() + piece
        cut = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        ready = b""
        if cut:
            ready, self._begun = self.rest() + piece[:cut], b""
        self._held += piece[cut:]
        if len(self._held) > MAX_HELD_BYTES:
            return ready + self.so_far()
        if self._held and self.due is None:
            self.due = now + MAX_HELD_S
        return ready

    def so_far(self) -> bytes:
        """The bytes kept back, where their line's end is long in coming."""
        self._begun = (self._begun + self._held)[: 2 * MAX_HELD_BYTES]
        return self.rest()

    @property
    def unseen(self) -> bytes:
        """The bytes kept back, where nothing of their line has been handed on."""
        return b"" if self._begun else self._held

    @property
    def ends_amid_event(self) -> bool:
        """Whether the stream, if it is over now, has cut an event off: its last line is not whole.

        Many servers leave out the last line's end, so only half a JSON value counts, or less than a
        field's name; so long a line as is not kept is taken for a whole one.
        """
        line = (self._begun + self._held).strip()
        if not line or len(line) > MAX_HELD_BYTES:
            return False
        data = line.removeprefix(b"data:").strip()
        if data[:1] in (b"{", b"[") and data != b"[DONE]":
            return not _is_json(data)
        return data in _CUT_NAMES

    def rest(self) -> bytes:
        """The bytes kept back, when more of their line came, or the stream's own end."""
        ready, self._held, self.due = self._held, b"", None
        return ready


def _is_json(data: bytes) -> bool:
    try:
        parse(data, seek_doubled=False)
    except BadDocument:
        return False
    return True
