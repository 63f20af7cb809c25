"""Pieces of a stream, as they go out by the `send` of an ASGI server."""

import asyncio

import pytest

from gatewayz.server.callers import OverAsgi
from gatewayz.server.visits import Visit

SCOPE = {
    "type": "http", "method": "POST", "path": "/v1/chat/completions", "raw_path": b"",
    "query_string": b"", "headers": [], "client": None,
}  # fmt: skip


class Flow:
    """What uvicorn knows of a client that takes no more."""

    def __init__(self):
        self.write_paused = False
        self._takes_more = asyncio.Event()
        self._takes_more.set()

    def pause(self):
        self.write_paused = True
        self._takes_more.clear()

    def go_on(self):
        self.write_paused = False
        self._takes_more.set()

    async def drain(self):
        await self._takes_more.wait()


class Cycle:
    """One request of uvicorn's, with as much of it as is asked for; `out` is what it has sent."""

    transport = None

    def __init__(self, most=None):
        self.flow = Flow()
        self.out = []
        self._most = most

    async def send(self, message):
        if self.flow.write_paused:
            await self.flow.drain()
        self.out.append(message.get("body"))
        if self._most is not None and len(self.out) >= self._most:
            self.flow.pause()


def caller_of(send):
    caller = OverAsgi(SCOPE, None, send)
    caller.visit = Visit("id", "POST", "/v1/chat/completions")
    return caller


@pytest.fixture
def run():
    return lambda work: asyncio.run(asyncio.wait_for(work, 10))


def test_under_uvicorn_a_piece_is_out_in_the_turn_in_which_it_came(run):
    async def put():
        cycle = Cycle()
        return caller_of(cycle.send).put(b"one"), cycle.out

    assert run(put()) == (True, [b"one"])


def test_a_client_that_is_behind_is_waited_for_and_gets_all_in_order(run):
    async def put():
        cycle = Cycle(most=1)
        caller = caller_of(cycle.send)
        took = [caller.put(b"one"), caller.put(b"two"), caller.put(b"three")]
        room = asyncio.ensure_future(caller.room())
        await asyncio.sleep(0)
        waits = caller.waiting_since is not None
        cycle.flow.go_on()
        took.append(caller.put(b"four"))  # before those that wait have gone out
        await room
        before_the_end = list(cycle.out)
        cycle.flow.go_on()
        await caller.end(b"five")
        return took, waits, before_the_end, cycle.out

    took, waits, before_the_end, out = run(put())

    assert took == [False] * 4
    assert waits
    assert before_the_end == [b"one", b"twothree"]
    assert out == [b"one", b"twothree", b"fourfive"]


def test_room_waits_where_all_that_was_put_is_out_but_not_taken(run):
    async def put():
        cycle = Cycle(most=1)
        caller = caller_of(cycle.send)
        caller.put(b"one")
        room = asyncio.ensure_future(caller.room())
        await asyncio.sleep(0)
        waited = not room.done() and caller.waiting_since is not None
        cycle.flow.go_on()
        await room
        return waited, caller.waiting_since, cycle.out

    assert run(put()) == (True, None, [b"one"])


def test_by_the_send_of_another_server_pieces_go_out_when_they_may_be_waited_for(run):
    sent = []

    async def send(message):
        await asyncio.sleep(0)
        sent.append(message["body"])

    async def put():
        caller = caller_of(send)
        took = [caller.put(b"one"), caller.put(b"two")]
        before = list(sent)
        await caller.room()
        return took, before

    assert run(put()) == ([False, False], [])
    assert sent == [b"onetwo"]


@pytest.mark.parametrize("root", ["", "/", "/gw", "/gw/"])
def test_the_path_is_the_one_below_the_place_of_the_app(root):
    """ASGI's has that in front: https://asgi.readthedocs.io/en/latest/specs/www.html (read 2026-11-28)."""
    below = "/v1/chat/completions"
    scope = {**SCOPE, "root_path": root, "path": f"{root.rstrip('/')}{below}"}
    # As uvicorn puts them together.
    doubled = {**scope, "path": f"{root}{below}"}

    async def path_in(scope):
        return OverAsgi(scope, None, Cycle().send).path

    assert asyncio.run(path_in(scope)) == asyncio.run(path_in(doubled)) == below
    assert asyncio.run(path_in({**scope, "path": "/gwx/y"})) == "/gwx/y"
