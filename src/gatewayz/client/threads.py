"""Blocking work beside the event loop, in threads that never hold up the end of the program.

`asyncio.to_thread` has few threads, and `asyncio.run` waits for all of them: one hung name lookup
would keep Ctrl-C from ending the program.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns, or raises, from a thread of its own.

    When the waiting is cancelled the thread is left to itself, and what comes of it is dropped.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(act: Callable[..., None], outcome: object) -> None:
        def settle() -> None:
            if not result.done():
                act(outcome)

        try:
            loop.call_soon_threadsafe(settle)
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
    return await result
