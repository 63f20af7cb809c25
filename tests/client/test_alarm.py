"""A timer that is set often: it rings at the moment that was set last, and at no other."""

import asyncio

import pytest

from gatewayz.client.alarm import Alarm


@pytest.fixture
def rung():
    """What of an alarm rang, seconds after a test's steps began: each a moment and what is done then."""

    def run(*steps):
        async def play():
            loop, moments = asyncio.get_running_loop(), []
            began = loop.time()
            alarm = Alarm(loop, lambda: moments.append(round(loop.time() - began, 2)))
            for at, step in steps:
                await asyncio.sleep(began + at - loop.time())
                step(alarm, began)
            await asyncio.sleep(0.4)
            alarm.stop()
            return moments

        return asyncio.run(play())

    return run


def set_for(seconds):
    return lambda alarm, began: alarm.set(began + seconds)


def test_it_rings_once_at_the_moment_that_was_set(rung):
    (moment,) = rung((0, set_for(0.1)))

    assert 0.1 <= moment < 0.3


def test_a_later_moment_takes_the_place_of_an_earlier_one(rung):
    (moment,) = rung((0, set_for(0.05)), (0.01, set_for(0.2)))

    assert 0.2 <= moment < 0.4


def test_an_earlier_moment_takes_the_place_of_a_later_one(rung):
    (moment,) = rung((0, set_for(10)), (0.01, set_for(0.1)))

    assert 0.1 <= moment < 0.3


@pytest.mark.parametrize(
    "hush", [lambda alarm, _: alarm.unset(), lambda alarm, _: alarm.stop(),
             lambda alarm, _: alarm.set_or_unset(None)]
)  # fmt: skip
def test_one_that_was_unset_does_not_ring(rung, hush):
    assert rung((0, set_for(0.1)), (0.02, hush)) == []


def test_one_that_was_unset_can_be_set_again(rung):
    (moment,) = rung(
        (0, set_for(0.1)), (0.02, lambda alarm, _: alarm.unset()), (0.03, set_for(0.2))
    )

    assert 0.2 <= moment < 0.4
