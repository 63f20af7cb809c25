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
        self._terminal: _Terminal | None = None

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
                if rest := self._write(piece):
                    self._kept.appendleft(rest)
                    self._size += len(rest)
                    return
            if self._left_out and not self._kept and _takes_more(wait_s):
                count, self._left_out = self._left_out, 0
                self._write(
                    f"gatewayz: {count} lines are missing here, since nobody read this log\n"
                )
        except (OSError, ValueError):
            # Whoever read the log is gone; the requests were answered all the same.
            self._begin()

    def _write(self, piece: str) -> str:
        """Writes it; what is left of it where it is a terminal that takes no more. Raises: OSError, ValueError."""
        if self._terminal is None:
            self._terminal = _Terminal()
        if self._terminal.number is not None:
            return self._terminal.write(piece)
        sys.stderr.write(piece)
        sys.stderr.flush()
        return ""


class _Terminal:
    """The terminal that standard error is: opened anew, since only so can a write to it not wait.

    A terminal says that it takes more where it takes a byte, and to write without waiting is a property
    of an open file, which standard error shares with the shell.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        try:
            if sys.stderr.isatty():
                name = os.ttyname(sys.stderr.fileno())
                self.number = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except (AttributeError, OSError):
            pass  # it is written to as any other

    def write(self, piece: str) -> str:
        """Writes what it takes; the rest. Raises: OSError."""
        data = piece.encode(sys.stderr.encoding or "utf-8", "backslashreplace")
        try:
            written = os.write(self.number or 2, data)
        except BlockingIOError:
            return piece
        # Within a character of several bytes it goes on with the next one.
        return data[written:].decode(sys.stderr.encoding or "utf-8", "ignore")


# What this process has to say, whoever of it says it.
STDERR = Unread()


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
