"""Standard error whose reader may have stopped reading: nobody who writes waits for it."""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from threading import RLock

# What a pipe takes whole (Linux's PIPE_BUF), and so many characters at least, of four bytes at most.
_BYTES_AT_ONCE = 4096
_AT_ONCE = _BYTES_AT_ONCE // 4
# So many characters are kept for a reader that may come back, some thousand lines.
MOST_KEPT = 1024 * 1024


class Unread:
    """Writes whole lines to standard error as far as it takes them, and keeps the others for later.

    What is more than can be kept is left out, and told once there is room again. In a child of a
    fork nothing is kept that its parent has to write.
    """

    def __init__(self) -> None:
        # A signal may come in the midst of it and have something to say, too.
        self._lock = RLock()
        self._begin()

    def _begin(self) -> None:
        self._kept: deque[str] = deque()
        self._size = self._left_out = 0
        self._pid = os.getpid()

    @property
    def is_waiting(self) -> bool:
        """Whether anything is kept for later."""
        return bool(self._kept)

    def write(self, lines: str) -> None:
        """Whole lines, and what was kept before them."""
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            for piece in _pieces(lines):
                if self._size + len(piece) > MOST_KEPT:
                    self._left_out += piece.count("\n")
                else:
                    self._kept.append(piece)
                    self._size += len(piece)
            self._pass_on(0.0)

    def say(self, line: str) -> None:
        """A line of the server's own."""
        self.write(f"gatewayz: {line}\n")

    def pass_on(self, wait_s: float = 0.0) -> None:
        """Writes what it takes now, or within so many seconds each time."""
        with self._lock:
            self._pass_on(wait_s)

    def _pass_on(self, wait_s: float) -> None:
        try:
            while self._kept and _takes_more(wait_s):
                piece = self._kept.popleft()
                self._size -= len(piece)
                _write(piece)
            if self._left_out and not self._kept and _takes_more(wait_s):
                count, self._left_out = self._left_out, 0
                _write(f"gatewayz: {count} lines are missing here, since nobody read this log\n")
        except (OSError, ValueError):
            # Whoever read the log is gone; the requests were answered all the same.
            self._begin()


# What this process has to say, whoever of it says it.
STDERR = Unread()


def _write(piece: str) -> None:
    sys.stderr.write(piece)
    sys.stderr.flush()


def _takes_more(wait_s: float) -> bool:
    """Whether a piece can be written without waiting for its reader.

    Raises: OSError, ValueError where it is closed.
    """
    if not hasattr(select, "poll"):
        return True
    try:
        number = sys.stderr.fileno()
    except (AttributeError, OSError):  # not one that the system knows
        return True
    watch = select.poll()
    watch.register(number, select.POLLOUT)
    return bool(watch.poll(wait_s * 1000))


def _pieces(lines: str) -> Iterator[str]:
    """Whole lines in pieces that a pipe takes at once, so that workers' lines do not mix."""
    most, begin = _BYTES_AT_ONCE if lines.isascii() else _AT_ONCE, 0
    while begin < len(lines):
        end = lines.rfind("\n", begin, begin + most) + 1 or lines.index("\n", begin) + 1
        yield lines[begin:end]
        begin = end
