"""What may wait is read late, in slices, and what may be an end is read soon."""

import asyncio
import time

import pytest

from gatewayz.client import later
from gatewayz.client.later import Later, Unread

TEXT = b'4d\r\ndata: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n\r\n'


class Turns:
    """A loop that comes to what is asked of it when it is told to."""

    def __init__(self):
        self.soon, self.at = [], []

    def call_soon(self, work):
        self.soon.append(work)
        return work

    def call_at(self, due, work):
        self.at.append((due, work))
        return work

    def turn(self):
        soon, self.soon = self.soon, []
        for work in soon:
            work()

    def ring(self):
        at, self.at = self.at, []
        for _, work in at:
            work()


@pytest.fixture
def loop():
    return Turns()


@pytest.fixture
def unread(loop):
    read = []
    waiting = Unread(Later(loop), read.append)
    waiting.read = read
    return waiting


def test_a_piece_of_text_waits_and_is_read_with_those_behind_it(unread, loop, monkeypatch):
    monkeypatch.setattr(later, "LATEST_S", 0.0)
    unread.add(TEXT, 1.0)
    unread.add(TEXT, 2.0)
    loop.turn()
    assert (bool(unread), unread.read) == (True, [])

    loop.ring()

    assert (bool(unread), unread.read) == (False, [[(TEXT, 1.0), (TEXT, 2.0)]])


@pytest.mark.parametrize(
    "end",
    [
        b"0\r\n\r\n",
        TEXT + b"0\r\n\r\n",
        TEXT + b"0\r\nServer-Timing: total;dur=1\r\n\r\n",
        b"e\r\ndata: [DONE]\n\n\r\n" + TEXT,
        b"\n",  # what was cut off from any of these
        b"r\n\r\n",
    ],
)
def test_what_may_be_an_end_is_read_in_the_next_turn(unread, loop, end):
    unread.add(TEXT, 1.0)
    unread.add(end, 2.0)
    assert unread.read == []  # other sockets come first

    loop.turn()

    assert unread.read == [[(TEXT, 1.0), (end, 2.0)]]
    assert not loop.soon


def test_ends_are_read_one_in_a_turn(loop):
    late, read = Later(loop), []
    for number in range(3):
        Unread(late, read.append).add(b"\r\n", float(number))

    counts = []
    while loop.soon:
        loop.turn()
        counts.append(len(read))

    assert counts == [1, 2, 3]


def test_much_is_read_soon_and_too_much_at_once(unread, loop):
    unread.add(b"x" * 20_000, 1.0)
    assert not loop.soon
    unread.add(b"x" * 20_000, 2.0)
    assert len(loop.soon) == 1
    unread.add(b"x" * 300_000, 3.0)

    assert [len(received) for received in unread.read] == [3]
    loop.turn()
    assert len(unread.read) == 1  # nothing was left to read


def test_what_is_due_is_done_in_slices_and_in_order(loop, monkeypatch):
    monkeypatch.setattr(later, "LATEST_S", 0.0)
    late, done = Later(loop), []

    def work(number):
        done.append(number)
        time.sleep(later.SLICE_S)

    for number in range(3):
        late.add(lambda number=number: work(number))
    slices = 0
    while loop.at:
        loop.ring()
        slices += 1

    assert done == [0, 1, 2]
    assert slices == 3


def test_nothing_is_done_before_it_is_due(loop):
    late, done = Later(loop), []
    late.add(lambda: done.append(1))
    (due, _), *others = loop.at

    loop.ring()

    assert not done
    assert not others
    assert time.monotonic() < due == loop.at[0][0]


def test_a_loop_of_asyncio_comes_to_it(monkeypatch):
    monkeypatch.setattr(later, "LATEST_S", 0.001)

    async def go():
        done = asyncio.Event()
        Later(asyncio.get_running_loop()).add(done.set)
        await asyncio.wait_for(done.wait(), 10)

    asyncio.run(go())
