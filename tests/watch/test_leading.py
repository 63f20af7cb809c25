"""The lease: one leader, by beats and a clock of one's own."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from gatewayz.core import StoreError
from gatewayz.core.watching import Lease, LostLease
from gatewayz.watch import Claim, Watcher, this_process


class Leases:
    """A lease as a store keeps it."""

    def __init__(self):
        self.now = None
        self.fail = None

    def lease(self):
        return self.now

    def take(self, holder, seen, at):
        if self.now != seen:
            return None
        self.now = Lease(holder=holder, token=seen.token + 1 if seen else 1, beat=0, at=at)
        return self.now

    def beat(self, lease, at):
        if self.fail:
            raise self.fail
        if self.now.token != lease.token:
            raise LostLease("another")
        self.now = Lease(holder=lease.holder, token=lease.token, beat=lease.beat + 1, at=at)
        return self.now

    def release(self, lease, at):
        if self.now.token == lease.token:
            self.now = Lease(holder="", token=lease.token, beat=lease.beat, at=at)


@pytest.fixture
def leases():
    return Leases()


@pytest.fixture
def time_s():
    return [0.0]


@pytest.fixture
def claim(leases, time_s, watching):
    """A function from a holder to its claim; all share one clock, which tests set."""

    def make(holder="host-b 7 "):
        return Claim(
            room=leases,
            holder=holder,
            clock=lambda: time_s[0],
            now=lambda: watching.noon,
            length_s=20,
        )

    return make


def test_the_first_one_leads(claim):
    assert claim().attempt().token == 1


def test_a_silent_leader_is_taken_over_from_after_the_length_of_the_lease(claim, leases, time_s):
    claim("host-a 1 ").attempt()
    other = claim()
    assert other.attempt() is None
    time_s[0] = 19.9
    assert other.attempt() is None
    time_s[0] = 20.0

    assert other.attempt().token == 2


def test_a_leader_that_beats_is_left_alone(claim, leases, time_s, watching):
    lease = claim("host-a 1 ").attempt()
    other = claim()
    for second in range(0, 300, 5):
        time_s[0] = float(second)
        lease = leases.beat(lease, watching.noon)
        assert other.attempt() is None


def test_clocks_of_two_hosts_are_never_compared(claim, leases, time_s, watching):
    first = claim("host-a 1 ").attempt()
    other = claim()
    other.attempt()
    # The leader's host believes that it is next year; its beat is what counts.
    leases.beat(first, watching.noon + timedelta(days=365))
    time_s[0] = 25.0

    assert other.attempt() is None


def test_who_left_in_order_leaves_the_place_at_once(claim, leases, watching):
    lease = claim("host-a 1 ").attempt()
    leases.release(lease, watching.noon)

    assert claim().attempt().token == 2


def test_who_could_not_let_go_of_it_takes_its_own_back_at_once(claim):
    own, other = claim("host-a 1 "), claim("host-a 1 ")
    own.attempt()

    assert own.attempt().token == 2
    # Of the same name, and still another.
    assert other.attempt() is None


def test_what_another_took_meanwhile_is_not_ones_own(claim, leases, time_s):
    own, other = claim("host-a 1 "), claim("host-a 1 ")
    own.attempt()
    other.attempt()
    time_s[0] = 20.0
    other.attempt()

    assert own.attempt() is None
    assert leases.now.token == 2


def test_a_watch_whose_store_was_away_a_moment_goes_on_at_once(claim, leases, watching):
    said, led = [], []
    stop = asyncio.Event()
    release = leases.release

    async def lead(lease, ended):
        led.append(lease.token)
        if len(led) == 1:
            raise StoreError("the store is away")
        leases.release = release
        stop.set()

    def away(lease, at):
        raise StoreError("the store is away")

    leases.release = away
    asyncio.run(watcher(claim(), leases, watching, lead, said).run(stop))

    assert led == [1, 2]
    assert said == ["the store is away; trying again"]


def test_a_leader_that_was_killed_here_is_known_to_be_gone(claim, leases):
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    gone = this_process().replace(f" {os.getpid()} ", f" {child.pid} ")
    claim(gone).attempt()

    assert claim(this_process()).attempt().token == 2


def test_a_living_process_is_not_gone(claim):
    claim(this_process()).attempt()

    assert claim("host-b 7 ").attempt() is None


def test_of_two_that_take_over_at_once_one_leads(claim, leases, time_s):
    claim("host-a 1 ").attempt()
    one, other = claim("host-b 1 "), claim("host-c 1 ")
    one.attempt(), other.attempt()
    time_s[0] = 30.0

    assert (one.attempt() is not None, other.attempt() is not None) == (True, False)


def watcher(claim, leases, watching, lead, said, beat_s=5.0):
    return Watcher(
        claim=claim, room=leases, clock=watching.clock(), lead=lead, say=said.append, beat_s=beat_s
    )


def test_who_loses_the_lease_stops_leading_and_stands_by(claim, leases, watching, time_s):
    said, led = [], []
    stop = asyncio.Event()

    async def lead(lease, ended):
        led.append(lease.token)
        leases.now = Lease(holder="host-c 1 ", token=9, beat=0, at=watching.noon)
        await ended.wait()
        stop.set()

    asyncio.run(watcher(claim(), leases, watching, lead, said).run(stop))

    assert led == [1]
    assert said == ["another"]
    assert leases.now.token == 9, "the other's lease is not let go"


def test_a_store_that_fails_for_a_moment_ends_no_leadership(claim, leases, watching):
    said = []
    stop = asyncio.Event()

    async def lead(lease, ended):
        leases.fail = StoreError("busy")
        for _ in range(4):
            await asyncio.sleep(0)
        leases.fail = None
        for _ in range(10):
            await asyncio.sleep(0)
        assert not ended.is_set()
        stop.set()

    asyncio.run(watcher(claim(), leases, watching, lead, said).run(stop))

    assert said == []
    assert leases.now.holder == "", "it was let go of in order"


def test_a_leader_that_cannot_beat_for_too_long_stops_before_another_may_start(
    claim, leases, watching, time_s
):
    said, stop = [], asyncio.Event()

    async def lead(lease, ended):
        leases.fail = StoreError("no such disk")
        time_s[0] = 16.0
        await ended.wait()
        stop.set()

    asyncio.run(watcher(claim(), leases, watching, lead, said).run(stop))

    assert said == ["no such disk; trying again"]


def test_a_standby_says_so_once_and_takes_over(claim, leases, watching, time_s):
    claim("host-a 1 ").attempt()
    said, stop = [], asyncio.Event()

    async def lead(lease, ended):
        stop.set()

    clock_s = iter(range(0, 1000, 3))
    mine = claim()
    mine.clock = lambda: float(next(clock_s))
    asyncio.run(watcher(mine, leases, watching, lead, said).run(stop))

    assert said == [
        "standing by: process 1 on host-a watches; it is taken over from when it falls silent for 20 s",
        "taking over",
    ]
