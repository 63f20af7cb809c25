"""A watcher's life: stand by, lead while the lease holds, stand by again when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gatewayz.core.errors import StoreError
from gatewayz.core.watching import Lease, LostLease
from gatewayz.watch.leading import BEAT_S, Claim, LeaseRoom
from gatewayz.watch.loop import Clock

# After a store that failed, before it is tried anew.
_PAUSE_S = 5.0

Lead = Callable[[Lease, asyncio.Event], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Claims the lease, and leads by `lead` for as long as it holds.

    `lead` is given the lease and an event that ends it; `say` hears what a reader should know.
    """

    claim: Claim
    room: LeaseRoom
    clock: Clock
    lead: Lead
    say: Callable[[str], None]
    beat_s: float = BEAT_S

    async def run(self, stop: asyncio.Event) -> None:
        """Until it is stopped; a store that fails is tried again."""
        waiting = False
        while not stop.is_set():
            try:
                lease = await asyncio.to_thread(self.claim.attempt)
                if lease is None:
                    if not waiting:
                        self.say(f"standing by: {self.claim.leader} watches; it is taken over from"
                                 f" when it falls silent for {self.claim.length_s:g} s")  # fmt: skip
                    waiting = True
                    await self.clock.wait(min(self.beat_s, self.claim.length_s / 4), stop)
                    continue
                if waiting:
                    self.say("taking over")
                waiting = False
                await self.held(lease, stop)
            except LostLease as lost:
                self.say(str(lost))
            except StoreError as error:
                self.say(f"{error}; trying again")
                await self.clock.wait(_PAUSE_S, stop)

    async def held(self, lease: Lease, stop: asyncio.Event) -> None:
        """Leads while the lease is ours; lets go of it at the end. Raises: LostLease, StoreError."""
        ended = asyncio.Event()
        tasks = [
            asyncio.create_task(self._beating(lease, ended), name="beat"),
            asyncio.create_task(_passed_on(stop, ended), name="stop"),
        ]
        leading = asyncio.ensure_future(self.lead(lease, ended))
        beating = tasks[0]
        try:
            await asyncio.wait((leading, beating), return_when=asyncio.FIRST_COMPLETED)
            ended.set()
            await leading
            if beating.done():
                beating.result()
        finally:
            for task in (*tasks, leading):
                task.cancel()
            await asyncio.gather(*tasks, leading, return_exceptions=True)
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self.room.release, lease, self.clock.now())

    async def _beating(self, lease: Lease, ended: asyncio.Event) -> None:
        """Moves the lease's beat on, until it cannot: then others may lead by now.

        Raises: LostLease, StoreError.
        """
        held_at = self.claim.clock()
        while not ended.is_set():
            await self.clock.wait(self.beat_s, ended)
            if ended.is_set():
                return
            try:
                lease = await asyncio.to_thread(self.room.beat, lease, self.clock.now())
                held_at = self.claim.clock()
            except LostLease:
                raise
            except StoreError:
                if self.claim.clock() - held_at > self.claim.length_s - self.beat_s:
                    raise


async def _passed_on(stop: asyncio.Event, ended: asyncio.Event) -> None:
    await stop.wait()
    ended.set()
