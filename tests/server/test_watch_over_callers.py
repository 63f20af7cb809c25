"""The watch over those who take nothing goes on, whatever happens to one of them."""

import asyncio
from contextlib import suppress

import pytest

from gatewayz.server.callers import Callers
from gatewayz.server.taking import Taking, has_hung_up, reset, waits_unread


class One:
    """A client that is looked at."""

    given_up = ""
    look = None

    def __init__(self, *, odd):
        self.odd = odd
        self.gone = asyncio.Event()

    def is_too_slow(self, now, patience_s):
        if self.odd:
            raise ValueError("negative file descriptor")
        return "slow-reader"

    def has_left(self):
        return self.is_too_slow(0, 0) != ""

    def give_up(self, why):
        self.given_up = why
        self.gone.set()

    left = lambda self: self.gone.set()  # noqa: E731


@pytest.mark.parametrize("look", ["watch", "see_off"])
def test_one_that_cannot_be_looked_at_does_not_save_the_others(look, monkeypatch):
    monkeypatch.setattr("gatewayz.server.callers.SEE_OFF_EVERY_S", 0.001)

    async def given_up():
        callers = Callers(look_every_s=0.001)
        task = asyncio.ensure_future(getattr(callers, look)())
        callers.here.add(One(odd=True))
        for _ in range(5):  # one after the other, each beside the odd one
            slow = One(odd=False)
            callers.here.add(slow)
            async with asyncio.timeout(5):
                await slow.gone.wait()
            callers.here.discard(slow)
        task.cancel()

    asyncio.run(given_up())


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_connection_that_has_just_ended_can_be_asked_everything(kind):
    """uvloop's number of a closed socket is negative, which Python's sockets call a wrong value."""
    loop_of = asyncio.new_event_loop if kind == "asyncio" else pytest.importorskip("uvloop").new_event_loop  # fmt: skip

    async def asked():
        over = asyncio.Event()

        async def until_it_leaves(reader, writer):
            with suppress(ConnectionError):
                await reader.read()
            writer.close()
            over.set()

        server = await asyncio.start_server(until_it_leaves, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        transport = writer.transport
        transport.get_extra_info("socket")
        taking = Taking()
        taking.none_since(transport, 0.0)
        transport.abort()
        try:
            for _ in range(3):
                await asyncio.sleep(0)
                taking.none_since(transport, 1.0)
                assert (has_hung_up(transport), waits_unread(transport)) == (False, 0)
            reset(transport)
        finally:
            await over.wait()
            server.close()

    with asyncio.Runner(loop_factory=loop_of) as runner:
        runner.run(asked())
