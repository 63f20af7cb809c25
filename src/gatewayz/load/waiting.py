"""One coroutine's wait: for a moment, or for whatever happens before."""

from __future__ import annotations

import asyncio


class Waiter:
    """Lets one coroutine sleep until it is woken or a time has passed."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    async def pause(self, most_s: float | None) -> None:
        """Returns when it is woken, or after so long; None: only when it is woken."""
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = None if most_s is None else loop.call_later(max(0.0, most_s), self.wake)
        try:
            await self._waiting
        finally:
            self._waiting = None
            if timer is not None:
                timer.cancel()

    def wake(self) -> None:
        """Wakes whoever waits; nobody, and nothing happens."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
