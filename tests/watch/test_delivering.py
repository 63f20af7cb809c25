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
    assert said == ['alert "DOWN: groq" did not reach one (HTTP 503); it is tried again']


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
    assert said[-1] == 'alert "DOWN: groq" was given up, one did not take it: HTTP 503'
    assert len(channel.faults) == 75, "an hour lies between the later tries"


def test_a_channel_that_is_gone_is_told_as_that(watching, sent):
    outbox = waiting(watching, "gone")

    assert "not configured any more" in sent(outbox, [])[0]


class Picky(Channel):
    """A channel that never takes some messages, whatever else it takes."""

    def __init__(self, name, refused):
        super().__init__(name)
        self.refused, self.tried = refused, []

    async def send(self, notice):
        self.tried.append(notice.id)
        return "HTTP 413" if notice.id in self.refused else await super().send(notice)


def of_gateways(watching, *gateways):
    """A message on the alarm of each of these gateways, in this order, for one channel."""
    return Outbox(
        Delivery(
            number=number, channel="one", due_at=watching.noon,
            notice=Notice(
                id=f"n{number}", kind="down", at=watching.noon, title=f"{gateway} {number}",
                text="", gateway=gateway,
            ),
        )
        for number, gateway in enumerate(gateways)
    )  # fmt: skip


def test_a_message_that_is_never_taken_holds_back_only_those_on_the_same_gateway(watching, sent):
    channel = Picky("one", {"n0"})
    outbox = of_gateways(watching, "groq", "xai", "groq", "xai", "together")
    sent(outbox, [channel])

    assert channel.taken == ["n1", "n3", "n4"]
    assert channel.tried.count("n0") == 1


def test_after_some_tries_what_comes_later_on_the_same_goes_before_it_and_ends_it(watching, sent):
    channel = Picky("one", {"n0"})
    outbox = of_gateways(watching, "groq", "groq", "groq")
    said = sent(outbox, [channel], steps=7)
    assert (channel.taken, channel.tried.count("n0")) == ([], 4)

    said += sent(outbox, [channel], steps=12)
    assert channel.taken == ["n1", "n2"]
    assert outbox.ended == {0: "a later message arrived before it", 1: "", 2: ""}
    assert said == [
        'alert "groq 0" did not reach one (HTTP 413); it is tried again',
        'alert "groq 0" does not reach one (HTTP 413, 5 tries); later ones no longer wait for it',
        'alert "groq 0" was given up: a later one on the same reached one',
    ]


def test_a_channel_that_takes_nothing_is_not_asked_for_every_gateway_at_once(watching, sent):
    channel = Picky("one", {f"n{number}" for number in range(9)})
    outbox = of_gateways(watching, *(f"g{number}" for number in range(9)))
    sent(outbox, [channel])

    assert channel.tried == ["n0", "n1"]


def test_many_that_are_never_taken_keep_nobody_from_being_told(watching, sent):
    channel = Picky("one", {f"n{number}" for number in range(8)})
    outbox = of_gateways(watching, *(f"g{number}" for number in range(9)))
    sent(outbox, [channel], steps=8)

    assert channel.taken == ["n8"]


def of_alarms(watching, *told):
    """Messages that wait for one channel: each the kind, and the alarm that it is of."""
    outbox = waiting(watching, *["one"] * len(told))
    for number, (kind, alarm) in enumerate(told):
        one = outbox.waiting[number]
        about = replace(one.notice, kind=kind, gateway="groq", details={"alarm": alarm})
        outbox.waiting[number] = replace(one, notice=about)
    return outbox


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        (("down", "reminder", "reminder", "reminder"), ["n0", "n3"]),
        (("down", "reminder", "reminder", "recovered"), ["n0", "n3"]),
        (("reminder", "reminder", "worse", "reminder"), ["n2", "n3"]),
        (("reminder",), ["n0"]),
    ],
)
def test_of_reminders_that_waited_only_what_is_still_news_is_sent(watching, sent, told, taken):
    channel = Channel("one")
    outbox = of_alarms(watching, *((kind, "t1") for kind in told))
    said = sent(outbox, [channel])

    assert (channel.taken, said, outbox.waiting) == (taken, [], {})
    left_out = {number for number in range(len(told)) if f"n{number}" not in taken}
    assert {number for number, fault in outbox.ended.items() if fault} == left_out


def test_a_reminder_of_another_alarm_makes_none_old(watching, sent):
    channel = Channel("one")
    sent(of_alarms(watching, ("reminder", "t1"), ("down", "t2")), [channel])

    assert channel.taken == ["n0", "n1"]
