"""A call that is given up while it connects leaves nothing open, and closes nothing of anybody else."""

import asyncio
import os

import pytest

from gatewayz.client import HttpTransport
from gatewayz.client.wire import WireRequest
from gatewayz.core.timeouts import Timeouts

# From the look-up to the first bytes it takes fewer turns of the loop.
TURNS = 25


@pytest.fixture(params=["asyncio", "uvloop"])
def new_loop(request):
    if request.param == "uvloop":
        return pytest.importorskip("uvloop").new_event_loop
    return asyncio.new_event_loop


def test_whenever_it_is_given_up(new_loop):
    async def go():
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport = HttpTransport(kernel_stamps=False)
        request = WireRequest(method="GET", url=f"http://127.0.0.1:{port}/")
        wrong = []
        for turns in range(TURNS):
            call = asyncio.create_task(transport.open(request, Timeouts()))
            for _ in range(turns):
                await asyncio.sleep(0)
            call.cancel()
            # Somebody else opens something in the moment in which it ends.
            await asyncio.sleep(0)
            reader, writer = os.pipe()
            try:
                await call
            except asyncio.CancelledError:
                pass
            except OSError as error:
                wrong.append((turns, error))
            except Exception as error:  # noqa: BLE001 -- what the wire tells of is no matter here
                wrong += [(turns, error)] * (type(error).__name__ != "WireError")
            os.write(writer, b"mine")
            assert os.read(reader, 4) == b"mine"
            os.close(reader)
            os.close(writer)
        await transport.aclose()
        server.close()
        await server.wait_closed()
        return wrong

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(asyncio.wait_for(go(), 20)) == []
