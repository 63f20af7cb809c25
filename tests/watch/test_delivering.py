"""Alerts to their channels: at least once, again after a fault, and no channel waits for another."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core.watching import Delivery, Lease, Notice
from gatewayz.watch import deliver


class Outbox:
    def __init__(self, deliveries):
        self.waiting = {one.number: one for one in deliveries}
        self.ended = {}

    def deliveries(self):
        return tuple(self.waiting.values())

    def delivered(self, lease, delivery, at, fault="", *, given_up=False):
        self.waiting[delivery.number] = delivery
        if not fault or given_up:
            self.ended[delivery.number] = fault
            del self.waiting[delivery.number]


class Channel:
    def __init__(self, name, faults=()):
        self.name, self.faults, self.taken = name, list(faults), []

    async def send(self, notice):
        await asyncio.sleep(0)
        fault = self.faults.pop(0) if self.faults else ""
        if not fault:
            self.taken.append(notice.id)
        return fault


@pytest.fixture
def sent(watching):
    """Delivers for a while, step by step."""

    def run(outbox, channels, steps=1, minutes=1):
        clock, said = watching.clock(), []
        lease = Lease(holder="us", token=1, beat=0, at=watching.noon)
        for _ in range(steps):
            asyncio.run(deliver(outbox, lease, channels, clock.now, said.append))
            clock.at += timedelta(minutes=minutes)
        return said

    return run


def waiting(watching, *channels):
    notice = Notice(id="n", kind="down", at=watching.noon, title="DOWN: groq", text="")
    return Outbox(
        Delivery(
            number=number, channel=channel, due_at=watching.noon,
            notice=replace(notice, id=f"n{number}"),
        )
        for number, channel in enumerate(channels)
    )  # fmt: skip


def test_each_channel_gets_its_own_in_their_order(watching, sent):
    one, two = Channel("one"), Channel("two")
    outbox = waiting(watching, "one", "two", "one")
    said = sent(outbox, [one, two])

    assert (one.taken, two.taken, said) == (["n0", "n2"], ["n1"], [])
    assert outbox.waiting == {}


def test_a_fault_is_tried_again_later_and_later_and_said_once(watching, sent):
    channel = Channel("one", ["HTTP 503"] * 3)
    outbox = waiting(watching, "one")
    said = sent(outbox, [channel], steps=6)

    assert channel.taken == ["n0"]
    assert said == ["an alert did not reach one (HTTP 503); it is tried again"]


def test_what_fails_holds_back_what_comes_after_it_on_its_channel_only(watching, sent):
    one, two = Channel("one", ["HTTP 503"]), Channel("two")
    outbox = waiting(watching, "one", "one", "two")
    sent(outbox, [one, two])
    assert (one.taken, two.taken) == ([], ["n2"])

    sent(outbox, [one, two], steps=2)
    assert one.taken == ["n0", "n1"]


def test_after_a_day_it_is_given_up_and_that_is_said(watching, sent):
    channel = Channel("one", ["HTTP 503"] * 100)
    outbox = waiting(watching, "one")
    said = sent(outbox, [channel], steps=26, minutes=60)

    assert outbox.ended == {0: "HTTP 503"}
    assert said[-1] == "an alert was given up, one did not take it: HTTP 503"
    assert len(channel.faults) == 75, "an hour lies between the later tries"


def test_a_channel_that_is_gone_is_told_as_that(watching, sent):
    outbox = waiting(watching, "gone")

    assert "not configured any more" in sent(outbox, [])[0]
