"""The soak's peers wait for what a server owes them, and for nothing else."""

import asyncio
import sys
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from gatewayz.config import load_settings
from gatewayz.server import running

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.soak import hostile
from benchmarks.soak.wire import Place, line


class Chosen(Random):
    """Chance, but for what is chosen of some."""

    def __init__(self, choose):
        super().__init__(1)
        self.choice = choose


@pytest.fixture
def place(simulator, tmp_path):
    """A backend in front of pretend providers, as a peer sees it."""
    environ = {**simulator.variables(), "GATEWAYZ_STORE": str(tmp_path / "kept.db")}
    with running(load_settings(environ=environ, folder=tmp_path)) as base:
        address = urlsplit(base)
        yield Place(address.hostname, address.port, "any")


def visited(visit, place, rng, within_s=15):
    """One visit; one that takes longer is an error."""

    async def one():
        async with asyncio.timeout(within_s):
            await visit(place, rng)

    asyncio.run(one())


async def beside(server, visit):
    """A visit to a server that is one function, and is left alone with its client."""
    gone = asyncio.Event()

    async def served(reader, writer):
        try:
            await server(reader, writer)
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
            await asyncio.sleep(0.01)
            gone.set()

    async with await asyncio.start_server(served, "127.0.0.1", 0) as listening, asyncio.timeout(5):
        host, port = listening.sockets[0].getsockname()
        try:
            return await visit(Place(host, port, "any"))
        finally:
            await gone.wait()


def test_one_who_reads_drop_by_drop_is_done_with_the_answer(place):
    rng = Chosen(lambda _: hostile.SOUND)
    rng.randint = lambda _low, _high: 10**6

    visited(hostile.reads_drop_by_drop, place, rng)


def test_an_answer_without_a_body_is_over_with_its_head():
    async def server(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def visit(place):
        async with line(place) as peer:
            await peer.send(b"GET / HTTP/1.1\r\n\r\n")
            return await peer.answer()

    assert asyncio.run(beside(server, visit)).status == 204


@pytest.mark.parametrize("ends", [True, False])
def test_one_who_reads_nothing_tells_whether_it_was_given_up(ends, monkeypatch):
    monkeypatch.setattr(hostile, "PATIENCE_S", 0.5)
    rng = Chosen(lambda given: given[-1])

    async def server(_reader, writer):
        writer.write(b"x" * 10**7)
        if ends:
            writer.transport.abort()

    visit = beside(server, lambda place: hostile.reads_nothing(place, rng))
    if ends:
        asyncio.run(visit)
    else:
        with pytest.raises(AssertionError, match="no end"):
            asyncio.run(visit)
