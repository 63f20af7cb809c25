"""Several processes send what one would, whatever share each has; here they are drivers of one loop.

The loop's time is not the clock's: it goes on by as much as everybody waits.
"""

import asyncio
import itertools
import os
from collections import Counter
from functools import partial
from random import Random

import pytest
from tests import hurried
from tests.processes import in_processes

from gatewayz.core import Limits
from gatewayz.load.board import Board
from gatewayz.load.driver import Driver
from gatewayz.load.order import Bill, Leave, StageOrder
from gatewayz.load.shapes import Bounds, for_each, stage_at
from gatewayz.load.turns import board_for


class Sent:
    """What several processes sent together of some stages."""

    def __init__(self, told, asker, parts, stages, more):
        self.asker, self.samples, self._more = asker, [], more
        self.reports, self.took_s = hurried.run(self._send(told, parts, stages))[0]

    async def _send(self, told, parts, stages):
        loop, board = asyncio.get_running_loop(), board_for(told, parts)
        drivers = [
            Driver(
                told, self.asker, zero=0.0, take=self.samples.append, show=lambda _: None,
                part=part, parts=parts, board=board, clock=loop.time, **self._more,
            )
            for part in range(parts)
        ]  # fmt: skip
        targets = tuple(range(len(told.aims)))
        for stage in stages or (for_each(told.shape.stages[0], len(targets)),):
            if not isinstance(stage, StageOrder):
                stage = StageOrder(stage=stage, start=loop.time(), targets=targets)
            await asyncio.gather(*(driver.stage(stage) for driver in drivers))
        return [await driver.finish() for driver in drivers], loop.time()

    @property
    def texts(self):
        return sorted((name, one.messages[0]["content"]) for name, one in self.asker.asked)

    @property
    def unsent(self):
        return sum(report.unsent.total() for report in self.reports)


@pytest.fixture
def sent(instant):
    """What processes sent of an order; every answer takes as long as its number says."""

    class Asker(instant):
        """It knows how many were under way as each came."""

        def __init__(self, takes_s):
            super().__init__(takes_s)
            self.found = []

        async def attempt(self, *args, **more):
            self.found.append(self.at_once + 1)
            return await super().attempt(*args, **more)

    def send(told, parts, *stages, takes_s=lambda count: Random(count).uniform(0.05, 0.2), **more):
        return Sent(told, Asker(takes_s), parts, stages, more)

    return send


@pytest.mark.parametrize(
    ("level", "requests", "parts"),
    [(1, 10, 3), (2, 40, 3), (3, 60, 2), (4, 31, 3), (5, 12, 4), (2, 1, 2)],
)
def test_each_number_is_sent_once_and_no_place_is_empty(order, aim, sent, level, requests, parts):
    told = order(str(level), aims=[aim("a"), aim("b")], bounds=Bounds(requests=requests), seed=4)
    one, several = sent(told, 1), sent(told, parts)

    assert several.texts == one.texts
    assert len(several.samples) == 2 * requests
    assert several.asker.most_at_once == min(level, 2 * requests)
    assert set(several.asker.found[level:]) <= {level}
    assert several.took_s == pytest.approx(one.took_s, abs=1e-6)


def test_each_step_of_a_ramp_is_sent_whole(order, sent):
    told = order("1..4", bounds=Bounds(requests=40))
    stages = [
        StageOrder(stage=stage, start=0.0, targets=(0,), drain=stage.index == 3)
        for stage in told.shape.stages
    ]
    one, several = sent(told, 1, *stages), sent(told, 4, *stages)

    assert several.texts == one.texts
    assert len(several.samples) == 40
    # A step by number begins once somebody has seen that the last of the one before is sent.
    assert several.took_s == pytest.approx(one.took_s, abs=0.05)


def test_a_ramp_downwards_has_no_more_at_once_than_its_step(order, sent):
    told = order("6..1", bounds=Bounds(duration_s=6.0))
    stages = [
        StageOrder(stage=stage, start=float(stage.index), targets=(0,), drain=stage.index == 5)
        for stage in told.shape.stages
    ]
    several = sent(told, 2, *stages, takes_s=lambda count: 0.9 if count % 3 else 0.05)
    levels = {stage.index: int(stage.level) for stage in told.shape.stages}
    stage_of = [sample.stage for sample in sorted(several.samples, key=lambda s: s.sent_s)]

    assert [levels[stage] for stage in stage_of] == sorted(
        (levels[stage] for stage in stage_of), reverse=True
    )
    assert all(
        found <= levels[stage] for found, stage in zip(several.asker.found, stage_of, strict=True)
    )


@pytest.mark.parametrize(("in_flight", "parts"), [(1, 1), (3, 2), (5, 4), (4, 4)])
@pytest.mark.parametrize("bounds", [Bounds(requests=20), Bounds(duration_s=0.5)])
def test_no_more_are_under_way_than_an_open_load_may_have(order, sent, in_flight, parts, bounds):
    told = order("50", "rate", bounds=bounds, in_flight=in_flight, poisson=True, seed=2)
    one, several = (sent(told, count, takes_s=0.17) for count in (1, parts))

    assert several.asker.most_at_once == in_flight
    assert several.texts == one.texts
    assert several.unsent == one.unsent
    assert sorted(s.sent_s for s in several.samples) == pytest.approx(
        sorted(s.sent_s for s in one.samples), abs=1e-6
    )


def test_an_open_load_with_room_is_sent_by_all_when_it_is_due(order, sent):
    told = order("100", "rate", bounds=Bounds(requests=30))
    several = sent(told, 3)

    assert [s.sent_s - s.intended_s for s in several.samples] == pytest.approx([0.0] * 30, abs=1e-6)
    assert several.unsent == 0


def test_the_warm_up_is_as_large_as_with_one(order, sent):
    told = order("20", "rate", bounds=Bounds(requests=8))
    warming = stage_at(0, 1, "concurrency", Bounds(requests=4))
    warm = StageOrder(stage=warming, start=0.0, targets=(0,), warm_up=True)
    several = sent(told, 4, warm, told.shape.stages[0])

    assert sum(sample.warm_up for sample in several.samples) == 4
    assert sum(not sample.warm_up for sample in several.samples) == 8


@pytest.mark.parametrize("parts", [1, 3])
def test_a_gateways_limit_is_one_for_all_its_models_and_all_processes(order, aim, sent, parts):
    limits = Limits(requests_per_minute=600)  # one in 100 ms
    aims = [aim("a", "m", limits=limits), aim("a", "n", limits=limits), aim("free")]
    told = order("4", aims=aims, bounds=Bounds(requests=6))
    several = sent(told, parts, takes_s=0.01)
    starts = sorted(s.sent_s for s in several.samples if s.target != "free/m")
    gaps = [b - a for a, b in itertools.pairwise(starts)]

    assert len(starts) == 12
    assert min(gaps) >= 0.0999
    assert starts[-1] - starts[0] == pytest.approx(1.1, abs=0.001)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_numbers_are_taken_once_by_real_processes_too():
    board = Board(parts=3)

    def taken(part):
        return " ".join(map(str, iter(partial(board.take, 1, part, most=3000, room=None), None)))

    found = [int(number) for told in in_processes(taken) for number in told.split()]

    assert sorted(found) == list(range(3000))


class TakesTooMuch:
    """A guard by which the third answer of one gateway goes beyond its limits."""

    def __init__(self, name):
        self._name, self._settled = name, 0

    def reserve(self, _aim, _request):
        return Leave()

    def settle(self, _leave, aim, _attempt):
        if aim.gateway.name != self._name:
            return ""
        self._settled += 1
        return f"{self._name} took too much" if self._settled == 3 else ""

    def bill(self):
        return Bill()


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("unit", ["concurrency", "rate"])
def test_a_gateway_that_takes_too_much_is_asked_no_more_and_the_others_are(
    order, aim, sent, parts, unit
):
    aims = [aim("greedy", "m"), aim("greedy", "n"), aim("fair")]
    told = order("4", unit, aims=aims, bounds=Bounds(requests=30))
    ended = []
    several = sent(told, parts, guard=TakesTooMuch("greedy"), end=ended.append)
    asked = Counter(name for name, _ in several.asker.asked)

    assert asked["fair"] == 30
    # Of those that were under way by then nobody knew.
    assert 3 <= asked["greedy"] <= 3 + 4
    assert several.unsent == 0
    assert ended == []


def test_the_run_ends_when_the_last_gateway_is_asked_no_more(order, aim, sent):
    told = order("2", aims=[aim("greedy")], bounds=Bounds(duration_s=60))
    ended = []
    several = sent(told, 2, guard=TakesTooMuch("greedy"), end=ended.append)

    assert ended == ["greedy took too much"]
    assert len(several.samples) <= 5
    assert several.took_s < 2


class NoMoreThan(TakesTooMuch):
    """A guard that allows so many requests."""

    def __init__(self, most):
        super().__init__("")
        self._most = most

    def reserve(self, _aim, _request):
        self._most -= 1
        return Leave() if self._most >= 0 else Leave("not sent: it is used up")


def test_what_is_due_after_an_open_load_has_ended_is_unsent_to_no_process(order, sent):
    told = order("50", "rate", bounds=Bounds(duration_s=60), in_flight=2)
    # The first keeps one process for a second. The other is refused its fifth at 100 ms, and not heard of.
    several = sent(told, 2, takes_s=lambda count: 1.0 if count == 1 else 0.001, guard=NoMoreThan(5))

    assert len(several.samples) == 5
    assert several.took_s == pytest.approx(1.0, abs=0.1)
    assert several.unsent == 0


WHY = "not sent: the price is unknown"


class NeverOne(TakesTooMuch):
    """A guard by which one target can be asked nothing."""

    def reserve(self, aim, _request):
        if aim.target.name == self._name:
            return Leave(WHY, never=WHY)
        return Leave()

    def settle(self, _leave, _aim, _attempt):
        return ""


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("unit", ["concurrency", "rate"])
def test_a_target_that_can_be_asked_nothing_is_left_out_and_others_of_its_gateway_are_not(
    order, aim, sent, parts, unit
):
    aims = [aim("same", "unpriced"), aim("same", "priced"), aim("other")]
    told = order("4", unit, aims=aims, bounds=Bounds(requests=30))
    ended, left_out = [], set()
    several = sent(
        told, parts, guard=NeverOne("same/unpriced"), end=ended.append,
        out=lambda name, _why: left_out.add(name),
    )  # fmt: skip

    assert Counter(sample.target for sample in several.samples) == {
        "same/priced": 30,
        "other/m": 30,
    }
    assert (left_out, ended) == ({"same/unpriced"}, [])
