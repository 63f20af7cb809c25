"""Notices to their channels: at least once, again after a fault, given up after a day.

What has to be delivered lies in the store, written together with the change that it tells of, so
that no stop or crash between the two loses a message. A repeated one has the same id.

What is said of one gateway's alarms comes in its order: that it is well again not before that it is down. One
message that a channel will not take holds back the later ones on the same for some minutes, and
nothing else. A reminder behind which there is something newer of its alarm is not sent any more, so that who was
away for a day is not reminded of it four times at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from gatewayz.core.text import visible
from gatewayz.core.watching import Delivery, Lease, Notice

SEND_S = 20.0
_FIRST_PAUSE_S = 30.0
_MOST_PAUSE_S = 3600.0
GIVE_UP_S = 86400.0
# After so many tries, within eight minutes, what comes after a message on the same goes out before it.
_TRIES_IN_ORDER = 5
# Who takes none of so many in a row is left alone until the next round.
_MOST_FAULTS = 2

# What a message is about: alarms of a gateway, an objective's budget, the watch itself.
_Subject = tuple[str, str, str, str]


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

    A message that fails is tried again when it is due, and holds back only what comes after it on the
    same; no channel waits for another. Raises: StoreError, LostLease.
    """
    by_name = {channel.name: channel for channel in channels}
    queues: dict[str, dict[_Subject, list[Delivery]]] = {}
    for delivery in await asyncio.to_thread(outbox.deliveries):
        queues.setdefault(delivery.channel, {}).setdefault(_about(delivery.notice), []).append(
            delivery
        )

    for queue in (one for of in queues.values() for one in of.values()):
        old = _old_reminders(queue)
        for delivery in old:
            why = "there was something newer before it was sent"
            await asyncio.to_thread(outbox.delivered, lease, delivery, now(), why, given_up=True)
        queue[:] = [one for one in queue if one not in old]

    async def tried(delivery: Delivery) -> tuple[Delivery, str]:
        fault = await _sent(by_name.get(delivery.channel), delivery.notice)
        after = await asyncio.to_thread(_note, outbox, lease, delivery, now(), fault, say)
        return after, fault

    async def empty(waiting: dict[_Subject, list[Delivery]]) -> int:
        done = faults = 0
        # What was tried in vain comes after all that was not.
        for queue in sorted(waiting.values(), key=lambda of: of[0].attempts):
            overdue: list[Delivery] = []
            for delivery in queue:
                if delivery.due_at <= now():
                    delivery, fault = await tried(delivery)
                    if not fault:
                        done, faults = done + 1, 0
                        await asyncio.to_thread(_overtaken, outbox, lease, overdue, now(), say)
                        overdue = []
                        continue
                    faults += 1
                    if faults == _MOST_FAULTS:
                        return done
                if delivery.attempts < _TRIES_IN_ORDER:
                    break
                overdue.append(delivery)
        return done

    return sum(await asyncio.gather(*(empty(queue) for queue in queues.values())))


def _old_reminders(queue: Sequence[Delivery]) -> list[Delivery]:
    """Reminders that wait behind each other, or before what came of their alarm since."""
    old, later = [], set()
    for delivery in reversed(queue):
        alarm = delivery.notice.details.get("alarm")
        if delivery.notice.kind == "reminder" and alarm in later:
            old.append(delivery)
        later.add(alarm)
    return old


def _about(notice: Notice) -> _Subject:
    of = notice.details
    return str(of.get("sla", "")), str(of.get("objective", "")), notice.gateway, notice.way


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
) -> Delivery:
    """Keeps how a try went; the delivery after it."""
    attempts = delivery.attempts + 1
    pause_s = min(_MOST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempts - 1))
    tried = replace(delivery, attempts=attempts, due_at=at + timedelta(seconds=pause_s))
    too_old = at - delivery.notice.at >= timedelta(seconds=GIVE_UP_S)
    outbox.delivered(lease, tried, at, fault, given_up=too_old)
    name = _named(delivery)
    if fault and too_old:
        say(f"{name} was given up, {delivery.channel} did not take it: {fault}")
    elif fault and attempts == 1:
        say(f"{name} did not reach {delivery.channel} ({fault}); it is tried again")
    elif fault and attempts == _TRIES_IN_ORDER:
        say(
            f"{name} does not reach {delivery.channel} ({fault}, {attempts} tries); later ones no longer"
            " wait for it"
        )
    return tried


def _overtaken(
    outbox: Outbox,
    lease: Lease,
    old: Sequence[Delivery],
    at: datetime,
    say: Callable[[str], None],
) -> None:
    """Gives up what a later message on the same has made old: it would tell of what is over."""
    for delivery in old:
        outbox.delivered(lease, delivery, at, "a later message arrived before it", given_up=True)
        say(f"{_named(delivery)} was given up: a later one on the same reached {delivery.channel}")


def _named(delivery: Delivery) -> str:
    return f'alert "{visible(delivery.notice.title)}"'
