"""So many watch a run at a time, however many come at once."""

import asyncio
from contextlib import suppress

from gatewayz.server.refusals import Refusal
from gatewayz.server.routes import api


class _Nobody:
    stopping = True


def test_however_many_come_at_once_no_more_are_let_in():
    async def come():
        watching = api.Watching(None, _Nobody())
        gate, let_in = asyncio.Event(), []

        async def send(_message):
            await gate.wait()

        async def one():
            with suppress(Refusal):
                answer = watching.answer()
                let_in.append(answer)
                await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, gate.wait, send)

        async def many():
            everybody = [asyncio.create_task(one()) for _ in range(api.MOST_WATCHING + 5)]
            await asyncio.sleep(0.05)
            gate.set()
            await asyncio.gather(*everybody)

        await many()
        first = len(let_in)
        gate.clear()
        await many()
        return first, len(let_in) - first

    assert asyncio.run(come()) == (api.MOST_WATCHING, api.MOST_WATCHING)
