"""Blocking work beside the event loop, in threads that never hold up the end of the program.

`asyncio.to_thread` has few threads, and `asyncio.run` waits for all of them: one hung name lookup
would keep Ctrl-C from ending the program.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

# Told of a thread that was left to itself: what is done when it has ended.
Left = Callable[[asyncio.Future[Any]], object]


async def in_thread(work: Callable[[], T], left: Left | None = None) -> T:
    """What `work` returns, or raises, from a thread of its own.

    When the waiting is cancelled the thread is left to itself, `left` is told, and what comes of it is
    dropped.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(act: Callable[..., None], outcome: object) -> None:
        try:
            loop.call_soon_threadsafe(act, outcome)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    def body() -> None:
        try:
            outcome = work()
        except StopIteration as end:  # a future cannot carry one
            tell(result.set_exception, RuntimeError(f"StopIteration: {end}"))
        except BaseException as error:  # noqa: BLE001 -- told to whoever waits
            tell(result.set_exception, error)
        else:
            tell(result.set_result, outcome)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(body,), name="gatewayz work", daemon=True).start()
    try:
        await asyncio.wait([result])
    except asyncio.CancelledError:
        result.add_done_callback(lambda done: done.exception())
        if left is not None:
            left(result)
        raise
    return result.result()
