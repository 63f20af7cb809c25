"""Our own lateness is measured, so that it is not held against a provider."""

import asyncio
import time

from gatewayz.client.pulse import Pulse


def test_a_loop_that_was_held_up_says_for_how_long():
    async def busy():
        pulse = Pulse()
        pulse.begin()
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(0.05)
        time.sleep(0.3)  # noqa: ASYNC251 -- this is the fault
        await asyncio.sleep(0.05)
        held_up_s = pulse.held_up_s(began)
        later = asyncio.get_running_loop().time()
        await asyncio.sleep(0.06)
        since_then_s = pulse.held_up_s(later)
        pulse.end()
        return held_up_s, since_then_s

    held_up_s, since_then_s = asyncio.run(busy())

    assert 0.25 < held_up_s < 1
    assert since_then_s < held_up_s


def test_it_beats_only_while_something_is_under_way():
    async def idle():
        pulse = Pulse()
        pulse.begin()
        pulse.begin()
        pulse.end()
        beating = pulse.held_up_s(0)
        pulse.end()
        time.sleep(0.2)  # noqa: ASYNC251
        return beating, pulse.held_up_s(asyncio.get_running_loop().time())

    beating, after = asyncio.run(idle())

    assert beating < 0.2
    assert after == 0.0


def test_a_wait_that_is_not_over_counts_too():
    async def stuck():
        pulse = Pulse()
        pulse.begin()
        began = asyncio.get_running_loop().time()
        time.sleep(0.2)  # noqa: ASYNC251
        held_up_s = pulse.held_up_s(began)
        pulse.end()
        return held_up_s

    assert asyncio.run(stuck()) > 0.15
