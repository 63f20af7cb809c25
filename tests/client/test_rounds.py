"""Many sockets are read in one go, and where much comes with pauses."""

import asyncio
import contextlib
import socket
import sys
import time

import pytest

from gatewayz.client import rounds
from gatewayz.client.rounds import Rounds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="by epoll, which Linux alone has")


class Reader:
    """One end of a connection, and what it has read from the other."""

    def __init__(self, *, patient=True):
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.number = self.ours.fileno()
        self.got, self.clocks = b"", []
        self.patient = patient
        self.then = lambda: None

    def read(self, now, wall_ns):
        self.got += self.ours.recv(1000)
        self.clocks.append((now, wall_ns))
        self.then()
        return self.patient

    def close(self):
        self.ours.close()
        self.theirs.close()


@contextlib.asynccontextmanager
async def readers(count, **options):
    """So many of them, read in rounds."""
    reading = Rounds(asyncio.get_running_loop())
    found = [Reader(**options) for _ in range(count)]
    for reader in found:
        reading.add(reader.number, reader.read)
    try:
        yield reading, found
    finally:
        for reader in found:
            reading.drop(reader.number, reader.read)
            reader.close()


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


async def until(holds):
    while not holds():  # noqa: ASYNC110 -- of what is not ours to signal
        await asyncio.sleep(0.001)


def test_what_has_come_on_all_of_them_is_read_in_one_round():
    async def go():
        async with readers(3) as (_, found):
            before = time.monotonic()
            for reader in found:
                reader.theirs.send(b"here")
            await until(lambda: all(reader.got for reader in found))
            return before, [reader.got for reader in found], {r.clocks[0] for r in found}

    before, got, clocks = run(go())

    assert got == [b"here"] * 3
    ((now, wall_ns),) = clocks  # read once for all
    assert before <= now <= time.monotonic()
    assert abs(wall_ns / 1e9 - time.time()) < 60


def test_one_that_was_dropped_is_read_no_more_and_one_that_came_back_is():
    async def go():
        async with readers(2) as (reading, (one, other)):
            reading.drop(one.number, one.read)
            one.theirs.send(b"waits")
            other.theirs.send(b"here")
            await until(lambda: other.got)
            before = one.got
            reading.add(one.number, one.read)
            await until(lambda: one.got)
            return before, one.got

    assert run(go()) == (b"", b"waits")


def test_one_that_another_drops_in_the_same_round_is_not_read():
    async def go():
        async with readers(2) as (reading, (one, other)):
            one.then = lambda: reading.drop(other.number, other.read)
            other.then = lambda: reading.drop(one.number, one.read)
            one.theirs.send(b"x")
            other.theirs.send(b"x")
            await until(lambda: one.got or other.got)
            await asyncio.sleep(0.01)
            return len(one.got + other.got)

    assert run(go()) == 1


def test_the_number_of_one_that_was_closed_may_be_anothers():
    async def go():
        async with readers(1) as (reading, (one,)):
            one.ours.close()
            other = Reader()
            assert other.number == one.number
            reading.add(other.number, other.read)
            reading.drop(one.number, one.read)  # which hears of its end only now
            other.theirs.send(b"here")
            await until(lambda: other.got)
            reading.drop(other.number, other.read)
            other.close()
            return other.got

    assert run(go()) == b"here"


def test_without_a_socket_the_loop_is_left_alone():
    async def go():
        loop = asyncio.get_running_loop()
        async with readers(1) as (reading, _):
            number = reading._epoll.fileno()
        return loop.remove_reader(number)

    assert run(go()) is False


@pytest.mark.parametrize(("patient", "gathers"), [(True, True), (False, False)])
def test_much_that_is_in_no_haste_is_gathered(monkeypatch, patient, gathers):
    monkeypatch.setattr(rounds, "_MANY", 2)

    async def go():
        async with readers(8, patient=patient) as (reading, found):
            seen = []
            for _ in range(40):
                for reader in found:
                    reader.theirs.send(b"x")
                await asyncio.sleep(0.005)
                seen.append(reading._gathers)
            await until(lambda: all(len(reader.got) == 40 for reader in found))
            await until(lambda: not reading._gathers)  # it has become quiet
            found[0].theirs.send(b"y")
            await until(lambda: found[0].got.endswith(b"y"))
            return any(seen)

    assert run(go()) is gathers
