"""The moment at which a server is told to stop, whichever server it is that runs the app."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from gatewayz.server.traffic import Traffic


def tell_when_stopping(traffic: Traffic) -> None:
    """Notes INT and TERM on `traffic`, and leaves them to whoever handled them before."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def noted(number: int, frame: FrameType | None, before: object = before) -> None:
            traffic.stopping = True
            if callable(before):
                before(number, frame)

        signal.signal(number, noted)
