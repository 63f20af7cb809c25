"""Several processes that do one work, and the one that watches them.

    watch ── starts, replaces, tells to stop ──> worker 1 .. n

The watch has no loop and no thread, so that it can fork at any moment. Workers are told by signals:
TERM or INT to stop in good order, however often (a terminal, a service manager and the watch may all
say it), USR1 not to wait. A worker knows by the end of a pipe that the watch is gone.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn

from gatewayz.core.errors import ConfigError, GatewayzError
from gatewayz.server.unread import STDERR
from gatewayz.server.worker_signals import HEARD, as_bytes, heed

# How long a place stays empty after its worker has died: longer each time, until one has lived.
_PAUSE_S: Final = 0.1
_MOST_PAUSE_S: Final = 30.0
_LIVED_S: Final = 60.0
# For how long those that were told not to wait may take to end.
_HURRY_S: Final = 5.0

# What a worker does until it is told to stop: it is given its place, from 0, and what to call once
# it is at work, on its running loop.
Work = Callable[[int, Callable[[], None]], None]


def can_fork() -> bool:
    """Whether this system has what several workers need."""
    try:
        import fcntl  # noqa: F401
    except ImportError:
        return False
    return hasattr(os, "fork")


@dataclass(slots=True)
class _Place:
    """A worker's place. `pid` is 0 while it is empty, until `due` on the monotonic clock."""

    number: int
    pid: int = 0
    pipe: int | None = None
    is_at_work: bool = False
    since: float = 0.0
    pause_s: float = _PAUSE_S
    due: float = 0.0


class Watch:
    """Keeps so many workers at work until INT or TERM, then waits for their end.

    `bury` is told of each place whose worker has died, before the next one takes it; `ready` is
    called once all are at work, and `stopping` when they are told to stop.
    """

    def __init__(
        self,
        workers: int,
        work: Work,
        *,
        bury: Callable[[int], None],
        ready: Callable[[], None],
        stopping: Callable[[], None],
    ) -> None:
        self._work = work
        self._bury = bury
        self._ready: Callable[[], None] | None = ready
        self._stopping = stopping
        self._places = [_Place(number) for number in range(workers)]
        self._stopped_by = 0
        self._failed = False
        self._kill_at: float | None = None
        self._wakeup = -1
        # The worker holds the end that is read, we alone the other.
        self._lifeline = (-1, -1)

    def run(self) -> int:
        """The signal that ended it. Raises: ConfigError when a worker could not begin."""
        if threading.current_thread() is not threading.main_thread():
            raise ConfigError("several workers can be started from a program's main thread only")
        self._lifeline = os.pipe()
        try:
            with as_bytes() as self._wakeup:
                self._keep()
        finally:
            for end in self._lifeline:
                os.close(end)
        if self._failed:
            raise ConfigError("a worker did not start; what is said above may tell why")
        return self._stopped_by

    def _keep(self) -> None:
        while True:
            self._fill_places()
            if not any(place.pid for place in self._places) and self._is_over:
                return
            self._wait()
            self._hear_signals()
            self._reap()
            self._tell_when_ready()
            self._kill_the_slow()

    @property
    def _is_over(self) -> bool:
        return bool(self._stopped_by) or self._failed

    def _fill_places(self) -> None:
        now = time.monotonic()
        for place in self._places:
            if not place.pid and place.due <= now and not self._is_over:
                try:
                    self._start(place)
                except OSError as error:  # no process or no handle is to be had
                    self._close(place)
                    self._lost(place, f"worker {place.number + 1} cannot start: {error.strerror}")

    def _wait(self) -> None:
        """Until there is something to hear, or to do."""
        dues = [place.due for place in self._places if not place.pid and not self._is_over]
        dues += [] if self._kill_at is None else [self._kill_at]
        left_s = max(0.0, min(dues) - time.monotonic()) if dues else None
        pipes = {place.pipe: place for place in self._places if place.pipe is not None}
        heard, _, _ = select.select([self._wakeup, *pipes], [], [], left_s)
        for pipe in heard:
            if pipe != self._wakeup:
                pipes[pipe].is_at_work = os.read(pipe, 1) != b""
                self._close(pipes[pipe])

    def _hear_signals(self) -> None:
        with suppress(BlockingIOError):
            for number in os.read(self._wakeup, 1024):
                if number in (signal.SIGINT, signal.SIGTERM):
                    self._stop(number)

    def _stop(self, number: int) -> None:
        if not self._stopped_by:
            self._stopping()
            self._tell_all(signal.SIGTERM)
        elif self._kill_at is None:
            self._kill_at = time.monotonic() + _HURRY_S
            self._tell_all(signal.SIGUSR1)
        self._stopped_by = self._stopped_by or number

    def _kill_the_slow(self) -> None:
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._kill_at += _HURRY_S
            self._tell_all(signal.SIGKILL)

    def _tell_all(self, number: int) -> None:
        for place in self._places:
            if place.pid:
                os.kill(place.pid, number)

    def _tell_when_ready(self) -> None:
        if self._ready is not None and all(place.is_at_work for place in self._places):
            self._ready()
            self._ready = None

    def _reap(self) -> None:
        for place in self._places:
            if place.pid:
                pid, status = os.waitpid(place.pid, os.WNOHANG)
                if pid:
                    self._ended(place, os.waitstatus_to_exitcode(status))

    def _ended(self, place: _Place, code: int) -> None:
        pid, place.pid = place.pid, 0
        self._close(place)
        self._bury(place.number)
        if time.monotonic() - place.since >= _LIVED_S:
            place.pause_s = _PAUSE_S
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        self._lost(place, f"worker {place.number + 1} (process {pid}) {how}")

    def _lost(self, place: _Place, what: str) -> None:
        """A place is empty: for a while, or for good where it is over, or never began."""
        if self._is_over:
            return
        if self._ready is not None:
            STDERR.say(what)
            self._failed = True
            self._stopping()
            self._tell_all(signal.SIGTERM)
            return
        STDERR.say(f"{what}; another takes its place in {place.pause_s:.1f} s")
        place.due = time.monotonic() + place.pause_s
        place.pause_s = min(2 * place.pause_s, _MOST_PAUSE_S)

    def _close(self, place: _Place) -> None:
        if place.pipe is not None:
            os.close(place.pipe)
            place.pipe = None

    def _start(self, place: _Place) -> None:
        place.pipe, its = os.pipe()
        place.is_at_work, place.since = False, time.monotonic()
        _flush()
        # A signal that came between the fork and the child's own handlers would be lost.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        try:
            place.pid = os.fork()
            if not place.pid:
                self._be_worker(place, its, mask)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(its)

    def _be_worker(self, place: _Place, pipe: int, mask: set[signal.Signals | int]) -> NoReturn:
        """The child's whole life."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in HEARD:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            lifeline, watchs_end = self._lifeline
            os.close(watchs_end)
            for other in self._places:
                self._close(other)

            def at_work() -> None:
                heed(lifeline, _say_orphaned)
                os.write(pipe, b".")
                os.close(pipe)

            self._work(place.number, at_work)
            code = 0
        except GatewayzError as error:
            STDERR.say(str(error))
            code = error.exit_code
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else 1
        except BaseException:  # noqa: BLE001 -- what lies above us on the stack is the watch's
            traceback.print_exc()
        finally:
            _flush()
            os._exit(code)


def _say_orphaned() -> None:
    STDERR.say(f"the process that watches this worker is gone; process {os.getpid()} ends too")


def _flush() -> None:
    """What is buffered here is not to be written a second time by a child, nor to be lost with one."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
