"""Clients that ask and do not read: their answers are ended, so that nobody's memory waits for them."""

from __future__ import annotations

import asyncio
import time

from starlette.types import Message, Send

# Generous: a client behind a slow line takes some bytes in that time.
PATIENCE_S = 30.0
LOOK_EVERY_S = 1.0


class SlowReader(Exception):
    """A client took nothing for longer than `PATIENCE_S`."""


class Outlet:
    """The way of one answer to its client; `waiting_since` is set while the client takes nothing.

    What the server holds for it meanwhile is one message and the little that is buffered below.
    """

    __slots__ = ("_buffered", "_send", "given_up", "task", "waiting_since")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._buffered = 0
        self.task = asyncio.current_task()
        self.waiting_since: float | None = None
        self.given_up = False

    async def __call__(self, message: Message) -> None:
        """Sends one message on."""
        self.waiting_since = time.monotonic()
        await self._send(message)
        self.waiting_since = None

    def waits_since(self, now: float) -> float | None:
        """When the client last took something, None while nothing waits for it."""
        if self.waiting_since is not None and (transport := self._transport()) is not None:
            buffered = transport.get_write_buffer_size()
            if buffered < self._buffered:
                self.waiting_since = now
            self._buffered = buffered
        return self.waiting_since

    async def abort(self) -> None:
        """Ends the connection without waiting for what is still buffered.

        Closing waits for the client to take it, which is what it does not do.
        """
        self.cut()
        await asyncio.sleep(0)  # the server hears of it

    def cut(self) -> None:
        """Ends the connection at once; the server hears of it in its next turn."""
        if (transport := self._transport()) is not None:
            transport.abort()

    def _transport(self) -> asyncio.WriteTransport | None:
        """ASGI has no word for this; uvicorn's is reached by way of its `send`."""
        found: asyncio.WriteTransport | None
        found = getattr(getattr(self._send, "__self__", None), "transport", None)
        return found


class SlowReaders:
    """Looks after all answers under way. `patience_s` is how long a client may take nothing."""

    def __init__(self, patience_s: float = PATIENCE_S, look_every_s: float = LOOK_EVERY_S) -> None:
        self.outlets: set[Outlet] = set()
        self._patience_s = patience_s
        self._look_every_s = look_every_s

    def abort_all(self) -> None:
        """Ends the connections of all answers under way."""
        for outlet in self.outlets:
            outlet.cut()

    async def watch(self) -> None:
        """Looks from time to time, for as long as it is let."""
        while True:
            await asyncio.sleep(self._look_every_s)
            now = time.monotonic()
            for outlet in tuple(self.outlets):
                since = outlet.waits_since(now)
                if since is not None and now - since > self._patience_s and not outlet.given_up:
                    outlet.given_up = True
                    if outlet.task is not None:
                        outlet.task.cancel()
