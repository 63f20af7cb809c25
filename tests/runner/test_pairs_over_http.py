"""What a backend adds, over real sockets: one that adds nothing, and one that adds so much."""

import asyncio
import contextlib
from dataclasses import replace
from urllib.parse import urlsplit

from tests.pretending import gateways_and_keys

from gatewayz.client import HttpClient
from gatewayz.core.timeouts import Timeouts
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, Selection, roll_call
from gatewayz.simulator import running

DELAY_S = 0.2
# What the proxy itself takes, on a machine that has something else to do.
MORE_S = 0.1


@contextlib.asynccontextmanager
async def passed_on(address, delay_s):
    """The address of a proxy that passes bytes on, those of a request so much later."""
    target = urlsplit(address)

    async def pump(reader, writer, wait_s):
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65536):
                await asyncio.sleep(wait_s)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader, writer):
        inner_reader, inner_writer = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(
            pump(reader, inner_writer, delay_s), pump(inner_reader, writer, 0.0)
        )  # fmt: skip

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield target._replace(netloc=f"{host}:{port}").geturl()
    finally:
        server.close()
        # Connections that the pool kept end with the client, which is closed by now.
        await asyncio.sleep(0.05)


def added_over(delay_s):
    """The one line that a run over both ways shows, the second one so much slower."""

    async def go(simulator):
        found, keys = gateways_and_keys(simulator)
        direct = found["groq"]
        client = HttpClient(keys=keys, timeouts=Timeouts(total_s=20))
        async with passed_on(direct.base_url, delay_s) as address:
            lanes = (
                Lane(name="groq", way="direct", gateway=direct),
                Lane(name="groq", way="api", gateway=replace(direct, base_url=address)),
            )
            order = RollCall(
                lanes=tuple(
                    replace(
                        lane,
                        gateway=replace(lane.gateway, limits=replace(direct.limits, concurrency=2)),
                    )
                    for lane in lanes
                ),
                probes=(PROBES["streaming"],),
                selection=Selection(models="1"),
                repeat=14,
            )
            async for event in roll_call(order, executor=client):
                last = event
            await client.aclose()
        (added,) = last.run.summary.added
        return added

    with running(seed=3, latency_s=0.02, gap_s=0.005) as simulator:
        return asyncio.run(asyncio.wait_for(go(simulator), 40))


def test_a_delay_that_is_known_is_what_the_backend_adds():
    added = added_over(DELAY_S)

    for found in (added.ttft, added.latency):
        assert found.told == "slower"
        assert found.interval.low <= DELAY_S + MORE_S
        assert found.interval.high >= DELAY_S
        assert abs(found.median_s - DELAY_S) < MORE_S
    assert added.left_out == 0
    assert added.warm_up >= 1  # the first pair opens connections
    # On a busy machine our own loop may be held up, and says so.
    assert 14 - added.held_up <= added.warm_up + added.ttft.pairs <= 14


def test_ways_that_are_equal_show_no_difference_of_note():
    # One in twenty intervals leaves nothing out; one of the two runs has to have it in.
    twice = [added_over(0.0).ttft for _ in range(2)]

    assert all(abs(found.median_s) < MORE_S for found in twice)
    assert any(found.interval.low <= 0.005 and found.interval.high >= -0.005 for found in twice)
