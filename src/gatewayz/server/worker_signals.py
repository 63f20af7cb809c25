"""The signals by which workers are told, and how their watch hears its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# What the watch hears, and a worker hears anew for itself.
HEARD: Final = frozenset(
    (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGCHLD", signal.SIGTERM))
)


@contextmanager
def as_bytes() -> Iterator[int]:
    """Signals as bytes to be read; gives the handle to read them from."""
    ours, its = os.pipe()
    os.set_blocking(ours, False)
    os.set_blocking(its, False)
    handlers = {number: signal.signal(number, _nothing) for number in HEARD}
    before = signal.set_wakeup_fd(its, warn_on_full_buffer=False)
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        os.close(ours)
        os.close(its)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A signal that has only to wake."""


def heed(lifeline: int, orphaned: Callable[[], None]) -> None:
    """In a worker: stops at the first TERM or INT or when the watch is gone, and hurries at USR1.

    `lifeline` is a pipe whose other end the watch alone holds; `orphaned` is called once that is gone.
    What TERM does by now is the server's own: at the first it stops, at the second it does not wait.
    """
    stop = signal.getsignal(signal.SIGTERM)
    loop = asyncio.get_running_loop()
    told = False

    def once(_number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        nonlocal told
        if not told and callable(stop):
            told = True
            stop(signal.SIGTERM, frame)

    def at_once(_number: int, frame: FrameType | None) -> None:
        once()
        if callable(stop):
            stop(signal.SIGTERM, frame)

    def left_alone() -> None:
        loop.remove_reader(lifeline)
        orphaned()
        once()

    signal.signal(signal.SIGINT, once)
    signal.signal(signal.SIGTERM, once)
    signal.signal(signal.SIGUSR1, at_once)
    loop.add_reader(lifeline, left_alone)
