"""Standard error whose reader may have stopped reading: nobody who writes waits for it."""

from __future__ import annotations

import asyncio
import io
import os
import select
import stat
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

# What a pipe takes whole (Linux's PIPE_BUF), and so many characters at least, of four bytes at most.
_BYTES_AT_ONCE = 4096
_AT_ONCE = _BYTES_AT_ONCE // 4
# So many characters are kept for a reader that may come back, some thousand lines.
MOST_KEPT = 1024 * 1024
# So soon a loop comes back to what is kept. Where none does, a reader is waited for: so long for each piece,
# and so long in all.
_AGAIN_S = 0.25
_WAIT_S, _MOST_WAIT_S = 1.0, 2.0


class Unread:
    """Writes whole lines to standard error as far as it takes them, and keeps the others for later.

    What is more than can be kept is left out, and told where it is missing. A loop comes back to what is kept;
    without one a reader that is away is waited for, a moment, until it reads again. In a child of a fork
    nothing is kept that its parent has to write.
    """

    def __init__(self) -> None:
        # A signal may come in the midst of it and have something to say, too.
        self._lock = RLock()
        self._begin()

    def _begin(self) -> None:
        # A number stands for so many lines that are missing there.
        self._kept: deque[str | int] = deque()
        self._size = 0
        self._pid = os.getpid()
        self._way = _Way()
        self._loops: list[asyncio.AbstractEventLoop] = []
        self._comes_back = False
        self._reader_is_away = False

    @contextmanager
    def _here(self) -> Iterator[None]:
        """By itself, and in this process: a child of a fork begins anew."""
        with self._lock:
            if self._pid != os.getpid():
                self._begin()
            yield

    @property
    def is_waiting(self) -> bool:
        """Whether anything is kept for later."""
        return bool(self._kept)

    def write(self, lines: str) -> None:
        """Whole lines, and what was kept before them."""
        with self._here():
            for piece in _pieces(lines):
                self._keep(piece)
            self._pass_on(0.0, 0.0)
            self._see_to_the_rest()

    def write_through(self, lines: str) -> None:
        """Whole lines, and what was kept before them, however long their reader is away."""
        with self._here():
            kept, self._kept, self._size = self._kept, deque(), 0
        # Not by itself: whoever else has something to say waits for no reader.
        told = (one if isinstance(one, str) else _missing(one) for one in kept)
        _write_whole("".join((*told, lines)))

    def say(self, line: str) -> None:
        """A line of the server's own."""
        self.write(f"gatewayz: {line}\n")

    def come_back_by(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on this running loop comes back to what is kept."""
        with self._here():
            self._loops.append(loop)
            self._comes_back = False
            self._see_to_the_rest()

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """This loop ends: what is kept is written now, unless another one comes back to it."""
        with self._here():
            self._loops = [one for one in self._loops if one is not loop]
            self._comes_back = self._reader_is_away = False
            self._see_to_the_rest()

    def _see_to_the_rest(self) -> None:
        """What could not be written is written later, or now where nobody comes back to it."""
        if not self._kept:
            return
        if loop := next((one for one in reversed(self._loops) if not one.is_closed()), None):
            if not self._comes_back:
                self._comes_back = True
                loop.call_soon_threadsafe(loop.call_later, _AGAIN_S, self._again)
        elif not self._reader_is_away:
            self._pass_on(_WAIT_S, _MOST_WAIT_S)
            self._reader_is_away = bool(self._kept)

    def _again(self) -> None:
        with self._lock:
            self._comes_back = False
            self._pass_on(0.0, 0.0)
            self._see_to_the_rest()

    def _keep(self, piece: str) -> None:
        if not self._kept or self._size + len(piece) <= MOST_KEPT:
            self._kept.append(piece)
            self._size += len(piece)
        elif isinstance(missing := self._kept[-1], int):
            self._kept[-1] = missing + piece.count("\n")
        else:
            self._kept.append(piece.count("\n"))

    def _pass_on(self, wait_s: float, most_s: float) -> None:
        """Writes what it takes now: in `most_s` seconds in all, as long as `wait_s` are enough for each piece."""
        end = time.monotonic() + most_s
        try:
            while self._kept and self._way.is_open(min(end, time.monotonic() + wait_s)):
                piece = self._kept[0]
                told = piece if isinstance(piece, str) else _missing(piece)
                rest = self._way.write(told)
                if rest == told:
                    return  # somebody else has taken the room
                self._reader_is_away = False
                self._kept.popleft()
                self._size -= len(piece) if isinstance(piece, str) else 0
                if rest:
                    self._kept.appendleft(rest)
                    self._size += len(rest)
        except (OSError, ValueError):
            # Whoever read the log is gone; the requests were answered all the same.
            self._kept.clear()
            self._size = 0


def _write_whole(lines: str) -> None:
    """Writes all of it to standard error, however long that takes."""
    raw = getattr(sys.stderr, "buffer", None)
    if not isinstance(raw, io.RawIOBase):
        sys.stderr.write(lines)
        sys.stderr.flush()
        return
    # Without a buffer (PYTHONUNBUFFERED) what the system does not take at once would be lost.
    data = memoryview(lines.encode(sys.stderr.encoding or "utf-8", "backslashreplace"))
    while data:
        written = raw.write(data)
        if not written:
            select.select([], [raw], [])
        data = data[written or 0 :]


def _missing(count: int) -> str:
    return f"gatewayz: {count} lines are missing here, since nobody read this log\n"


class _Way:
    """How standard error is written to without waiting.

    A pipe and a terminal are opened anew for that, since it is a property of an open file, which standard
    error shares with the shell: a terminal says that it takes more where it takes a byte, and of a pipe
    another process may fill what room there is.
    """

    def __init__(self) -> None:
        self._of: tuple[int, int] | None = None
        self._own: int | None = None

    def is_open(self, until: float) -> bool:
        """Whether a piece can be written by that moment of the monotonic clock.

        Raises: OSError, ValueError where it is closed.
        """
        try:
            number = sys.stderr.fileno()
        except (AttributeError, OSError):  # not one that the system knows
            self._of = self._own = None
            return True
        self._look_at(number)
        if not hasattr(select, "poll"):
            return True
        watch = select.poll()
        watch.register(number if self._own is None else self._own, select.POLLOUT)
        return bool(watch.poll(max(0.0, until - time.monotonic()) * 1000))

    def write(self, piece: str) -> str:
        """Writes it, and gives back what is not taken now. Raises: OSError, ValueError."""
        if self._own is None:
            sys.stderr.write(piece)
            sys.stderr.flush()
            return ""
        encoding = sys.stderr.encoding or "utf-8"
        data = piece.encode(encoding, "backslashreplace")
        try:
            written = os.write(self._own, data)
        except BlockingIOError:
            return piece
        # Where a character was cut, it goes on with the next one.
        return data[written:].decode(encoding, "ignore")

    def _look_at(self, number: int) -> None:
        """Opens anew what standard error is by now."""
        about = os.fstat(number)
        if self._of == (about.st_dev, about.st_ino):
            return
        if self._own is not None:
            os.close(self._own)
        self._of, self._own = (about.st_dev, about.st_ino), None
        try:
            if stat.S_ISFIFO(about.st_mode):
                name = f"/proc/self/fd/{number}"
            elif os.isatty(number):
                name = os.ttyname(number)
            else:
                return
            self._own = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except (AttributeError, OSError):
            pass  # it is written to as it is


# What this process has to say, whoever of it says it.
STDERR = Unread()


class AsStream:
    """Standard error as a stream for one handler of `logging`, which flushes behind each record.

    Once `loop` has ended, what a program says that goes on waits for its reader, as it did before. What else
    one may ask of a stream standard error answers.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._begun = ""

    def __getattr__(self, name: str) -> Any:
        """As of standard error."""
        return getattr(sys.stderr, name)

    def write(self, text: str) -> None:
        """Lines, or a part of one, which waits for its rest."""
        lines, end, self._begun = f"{self._begun}{text}".rpartition("\n")
        if self._loop.is_closed():
            STDERR.write_through(lines + end)
        else:
            STDERR.write(lines + end)

    def flush(self) -> None:
        """What was begun is a line."""
        if self._begun:
            self.write("\n")


def _pieces(lines: str) -> Iterator[str]:
    """Whole lines in pieces that a pipe takes at once, so that workers' lines do not mix."""
    most, begin = _BYTES_AT_ONCE if lines.isascii() else _AT_ONCE, 0
    while begin < len(lines):
        end = lines.rfind("\n", begin, begin + most) + 1 or lines.index("\n", begin) + 1
        yield lines[begin:end]
        begin = end
