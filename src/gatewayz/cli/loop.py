"""An event loop for one command."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Like asyncio.run, but without waiting for name lookups that nobody needs any more.

    Ctrl-C cancels the work, unless it has put a handler of its own.
    Raises: KeyboardInterrupt when that ended it.
    """
    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(work)
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
    finally:
        loop.close()
