"""Notices to their channels: at least once, again after a fault, given up after a day.

What has to be delivered lies in the store, written together with the change that it tells of, so
that no stop or crash between the two loses a message. A repeated one has the same id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from gatewayz.core.watching import Delivery, Lease, Notice

SEND_S = 20.0
_FIRST_PAUSE_S = 30.0
_MOST_PAUSE_S = 3600.0
GIVE_UP_S = 86400.0


class Channel(Protocol):
    """One way to whoever is to know. `name` is the same after a restart and shows no secret."""

    name: str

    async def send(self, notice: Notice) -> str:
        """Sends it; why that failed, in a line without secrets, "" when it went well."""
        ...


class Outbox(Protocol):
    """Where deliveries wait; see `gatewayz.store`."""

    def deliveries(self) -> tuple[Delivery, ...]:
        """What has yet to be delivered, the oldest first."""
        ...

    def delivered(
        self,
        lease: Lease,
        delivery: Delivery,
        at: datetime,
        fault: str = "",
        *,
        given_up: bool = False,
    ) -> None:
        """How a delivery went. Raises: LostLease."""
        ...


async def deliver(
    outbox: Outbox,
    lease: Lease,
    channels: Sequence[Channel],
    now: Callable[[], datetime],
    say: Callable[[str], None],
) -> int:
    """Sends what is due, one after the other on each channel; how many went well.

    A channel that fails is left alone until its next try is due, and no other waits for it.
    Raises: StoreError, LostLease.
    """
    by_name = {channel.name: channel for channel in channels}
    queues: dict[str, list[Delivery]] = {}
    for delivery in await asyncio.to_thread(outbox.deliveries):
        queues.setdefault(delivery.channel, []).append(delivery)
    # In their order: while the oldest waits for its next try, so do those behind it.
    due = [item for item in queues.items() if item[1][0].due_at <= now()]

    async def empty(name: str, waiting: list[Delivery]) -> int:
        done = 0
        for delivery in waiting:
            fault = await _sent(by_name.get(name), delivery.notice)
            await asyncio.to_thread(_note, outbox, lease, delivery, now(), fault, say)
            if fault:
                break
            done += 1
        return done

    return sum(await asyncio.gather(*(empty(*queue) for queue in due)))


async def _sent(channel: Channel | None, notice: Notice) -> str:
    if channel is None:
        return "its channel is not configured any more"
    try:
        async with asyncio.timeout(SEND_S):
            return await channel.send(notice)
    except TimeoutError:
        return f"no answer within {SEND_S:g} s"


def _note(
    outbox: Outbox,
    lease: Lease,
    delivery: Delivery,
    at: datetime,
    fault: str,
    say: Callable[[str], None],
) -> None:
    attempts = delivery.attempts + 1
    pause_s = min(_MOST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempts - 1))
    tried = replace(delivery, attempts=attempts, due_at=at + timedelta(seconds=pause_s))
    too_old = at - delivery.notice.at >= timedelta(seconds=GIVE_UP_S)
    outbox.delivered(lease, tried, at, fault, given_up=too_old)
    if fault and too_old:
        say(f"an alert was given up, {delivery.channel} did not take it: {fault}")
    elif fault and attempts == 1:
        say(f"an alert did not reach {delivery.channel} ({fault}); it is tried again")
