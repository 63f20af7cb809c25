"""The moment at which a server is told to stop, whichever server it is that runs the app."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

from gatewayz.server.traffic import Traffic


def tell_when_stopping(traffic: Traffic, now: Callable[[], None]) -> None:
    """Notes INT and TERM on `traffic`, and leaves them to whoever handled them before.

    At a second one `now` is called on the running loop: a server that waits for its connections to
    close, as those of Python 3.12 and later do, would wait all the same.
    """
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def noted(number: int, frame: FrameType | None, before: object = before) -> None:
            if traffic.stopping:
                loop.call_soon_threadsafe(now)
            traffic.stopping = True
            if callable(before):
                before(number, frame)

        signal.signal(number, noted)
