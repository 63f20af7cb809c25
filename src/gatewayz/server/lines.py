"""A byte stream passed on in whole lines, so that what follows a break starts on a line of its own."""

from __future__ import annotations

MAX_HELD_BYTES = 64 * 1024
MAX_HELD_S = 0.25


class WholeLines:
    """Hands bytes on unchanged and in order, keeping back at most one line that has no end yet.

    LF, CRLF and lone CR end a line. A line that grows past `MAX_HELD_BYTES` is not kept back, and
    none longer than `MAX_HELD_S`: `due` is when the bytes kept back must go (None: there are none).
    Moments are on the clock of the `now` handed to `feed`.
    """

    def __init__(self) -> None:
        self.due: float | None = None
        self._held = b""

    def feed(self, piece: bytes, now: float) -> bytes:
        """What can be passed on now."""
        if piece.endswith(b"\n"):  # nearly always: providers send whole events
            return self.rest() + piece
        cut = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        ready = self.rest() + piece[:cut] if cut else b""
        self._held += piece[cut:]
        if len(self._held) > MAX_HELD_BYTES:
            return ready + self.rest()
        if self._held and self.due is None:
            self.due = now + MAX_HELD_S
        return ready

    def rest(self) -> bytes:
        """The bytes kept back: at the stream's own end, or when the line's end is long in coming."""
        ready, self._held, self.due = self._held, b"", None
        return ready
