"""A byte stream passed on in whole lines, so that what follows a break starts on a line of its own."""

from __future__ import annotations

MAX_HELD_BYTES = 64 * 1024


class WholeLines:
    """Hands bytes on unchanged and in order, keeping back at most one line that has no end yet.

    LF, CRLF and lone CR end a line. A line longer than `limit` bytes is not kept back.
    """

    def __init__(self, limit: int = MAX_HELD_BYTES) -> None:
        self._limit = limit
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What can be passed on now."""
        if piece.endswith(b"\n"):  # nearly always: providers send whole events
            ready, self._held = self._held + piece, b""
            return ready
        cut = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        if cut:
            ready, self._held = self._held + piece[:cut], piece[cut:]
            return ready
        self._held += piece
        return self.rest() if len(self._held) > self._limit else b""

    def rest(self) -> bytes:
        """The bytes kept back, at the stream's own end."""
        ready, self._held = self._held, b""
        return ready
