"""Checks of how a stream came: bursts and crawls are seen, quick and busy streams are left alone."""

import random

import pytest

from gatewayz.checks.streams_as_it_goes import streams_as_it_goes
from gatewayz.checks.streams_evenly import streams_evenly
from gatewayz.checks.streams_fast_enough import streams_fast_enough
from gatewayz.core import Timing

CHECKS = {
    "fake-streaming": streams_as_it_goes,
    "bursty-stream": streams_evenly,
    "slow-stream": streams_fast_enough,
}


def stream(by_hand, first_s, gaps_s, *, headers_s=0.01, letters=4, held_up_s=0.0):
    arrivals = [first_s]
    for gap in gaps_s:
        arrivals.append(arrivals[-1] + gap)
    timing = Timing(
        sent_s=0.001, first_byte_s=headers_s, chunks_s=tuple(arrivals), chunk_count=len(arrivals),
        total_s=arrivals[-1], held_up_s=held_up_s,
    )  # fmt: skip
    return by_hand.seen("x" * letters * len(arrivals), streamed=True, timing=timing)


def found(seen):
    return {name for name, check in CHECKS.items() if check(seen) is not None}


@pytest.mark.parametrize(
    ("first_s", "gaps_s", "kind"),
    [
        (0.8, [0.0] * 40, "fake-streaming"),
        (16.0, [0.0002] * 300, "fake-streaming"),
        (0.1, ([0.0] * 15 + [0.3]) * 4 + [0.0] * 10, "bursty-stream"),
        (0.1, [0.001] * 20 + [0.6] + [0.001] * 5 + [0.7] + [0.001] * 30, "bursty-stream"),
        (0.1, [0.3] * 20, "slow-stream"),
        (0.1, [0.0, 0.6] * 10, "slow-stream"),
    ],
)
def test_a_stream_that_does_not_flow(by_hand, first_s, gaps_s, kind):
    assert found(stream(by_hand, first_s, gaps_s)) == {kind}


def test_what_may_be_our_own_lateness_is_not_held_against_a_stream(by_hand):
    burst = (0.8, [0.0] * 40)

    assert found(stream(by_hand, *burst, held_up_s=0.5)) == set()
    assert found(stream(by_hand, *burst, held_up_s=0.04)) == {"fake-streaming"}


@pytest.mark.parametrize(
    ("first_s", "gaps_s"),
    [
        (0.005, [0.0] * 40),  # a quick server
        (0.4, [0.0005] * 40),  # 2000 tokens a second after some thought
        (0.8, [0.0] * 6),  # a short answer in one packet
        (0.5, [0.02] * 40),
        (0.1, [0.02] * 20 + [2.0] + [0.02] * 20),  # one pause
        (0.1, [0.02] * 20 + [0.3] + [0.02] * 20 + [0.3]),  # pauses that are not most of the time
        (0.1, [0.1] * 30),  # ten tokens a second
        (0.1, [0.0] * 20 + [5.0]),  # one gap, however long
        (0.1, ([0.001] * 7 + [0.1]) * 5),  # several tokens at each step
        (0.1, ([0.0] * 3 + [0.12]) * 12),
        (2.0, [0.05, 0.0] * 20),  # two tokens to a packet
    ],
)
def test_a_stream_that_flows(by_hand, first_s, gaps_s):
    assert found(stream(by_hand, first_s, gaps_s)) == set()


def test_a_burst_is_not_held_against_a_line_that_was_busy_altogether(by_hand):
    assert found(stream(by_hand, 0.8, [0.0] * 40, headers_s=0.79)) == set()
    assert found(stream(by_hand, 4.0, [0.0] * 40, headers_s=3.99)) == {"fake-streaming"}
    assert found(stream(by_hand, 0.8, [0.0] * 40, headers_s=0.01)) == {"fake-streaming"}


def test_large_chunks_are_no_slow_stream(by_hand):
    assert found(stream(by_hand, 0.1, [0.5] * 20, letters=200)) == set()


def test_uneven_networks_raise_no_alarm(by_hand):
    rng = random.Random(7)
    for _ in range(300):
        pace = rng.choice((0.004, 0.01, 0.03, 0.06))
        gaps = [rng.expovariate(1 / pace) for _ in range(rng.randint(8, 120))]

        assert found(stream(by_hand, rng.uniform(0.05, 3), gaps)) == set()


def test_a_machine_that_is_busy_for_moments_raises_no_alarm(by_hand):
    rng = random.Random(11)
    for _ in range(2000):
        gaps = [0.0002] * rng.randint(20, 120)
        for _ in range(rng.randint(1, 4)):
            gaps[rng.randrange(len(gaps))] = rng.uniform(0.05, 0.24)

        assert found(stream(by_hand, 0.1, gaps)) == set()
