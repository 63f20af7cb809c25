"""What a client hears while no provider has answered its stream yet: comments.

So nothing between client and server takes the connection for dead. The first comment takes the status
along; from then on whatever goes wrong is told as an event. Another provider may still be asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

from gatewayz.server.callers import Caller
from gatewayz.server.headers import raw, served_by
from gatewayz.server.refusals import Refusal, cut_by_stop
from gatewayz.server.traffic import Traffic

# Under the idle limits of proxies and load balancers, which begin at half a minute.
COMMENT_EVERY_S = 15.0
COMMENT = b": waiting for the provider\n\n"
_HEAD = raw({"content-type": "text/event-stream", "x-content-type-options": "nosniff"})


class EarlyHead:
    """The head of one streamed answer, sent before there is one; mostly it is not needed.

    `begun` says that it is out.
    """

    begun = False
    _passed = False
    _writing: asyncio.Task[None] | None = None

    def __init__(self, caller: Caller, traffic: Traffic) -> None:
        self._caller = caller
        self._traffic = traffic
        self._due = time.monotonic() + COMMENT_EVERY_S

    async def during(self, work: Awaitable[None]) -> None:
        """The work's end, told as an event where the status is out. Raises: Refusal before that."""
        try:
            await work
        except Refusal as refusal:
            await self.over()
            if not self.begun:
                raise
            await self._tell(refusal)
        except asyncio.CancelledError:
            self.close()
            if self.begun and not self._passed and self._traffic.stopping:
                await self._tell(cut_by_stop())
            raise
        finally:
            self.close()

    def watch(self) -> None:
        """A provider was asked; who looks after all clients looks here, too."""
        self._caller.look = self._look

    async def over(self) -> None:
        """It has answered: no comment is under way any more, and none will be."""
        self._caller.look = None
        if self._writing is not None:
            await self._writing

    def passes(self, gateway: str, model: str) -> bytes:
        """An answer is about to be passed on: who gives it, as a comment in place of headers."""
        self._passed = True
        attempts = {"x-gatewayz-attempts": str(self._caller.visit.attempts)}
        who = {**served_by(gateway, model), **attempts}.items()
        return b"".join(b": %b: %b\n" % (n.encode(), v.encode()) for n, v in who) + b"\n"

    def close(self) -> None:
        """Nothing more is written from here."""
        self._caller.look = None
        if self._writing is not None:
            self._writing.cancel()

    def _look(self, now: float) -> None:
        if now < self._due:
            return
        self._due = now + COMMENT_EVERY_S
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._comment())
            # Who waits for it is told; mostly nobody does.
            self._writing.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _comment(self) -> None:
        if not self.begun:
            self.begun = True
            # How many will have been asked is not known yet.
            self._caller.more_headers = ()
            await self._caller.start(200, [*_HEAD])
        await self._caller.write(COMMENT)

    async def _tell(self, refusal: Refusal) -> None:
        visit = self._caller.visit
        visit.kind = refusal.kind or refusal.code or refusal.failure_class
        visit.failure_class = refusal.failure_class
        visit.detail = refusal.detail
        visit.only_error = not self._passed
        visit.gateway = visit.gateway or refusal.gateway
        await self._caller.end(refusal.event())
