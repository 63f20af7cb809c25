"""A budget that gives back what was reserved too much: the warm-up waits for it, and what is measured ends."""

import asyncio
import time

import pytest

from gatewayz.load import OneProcess, run_load
from gatewayz.load.objectives import read_objectives
from gatewayz.load.order import Bill, Leave
from gatewayz.load.shapes import Bounds

WHY = "not sent: too little is left"
BOUND = 5


class Purse:
    """A guard that holds five of so many for each request, of which one is taken; saying no takes a while."""

    def __init__(self, holds, no_takes_s=0.0):
        self._left, self._under_way, self._no_takes_s = holds, 0, no_takes_s

    def reserve(self, aim, _request):
        if self._left < BOUND:
            time.sleep(self._no_takes_s)
            return Leave(WHY, may_fit=self._left + self._under_way * (BOUND - 1) >= BOUND)
        self._left -= BOUND
        self._under_way += 1
        return Leave(held=aim)

    def settle(self, _leave, _aim, _attempt):
        self._left += BOUND - 1
        self._under_way -= 1
        return ""

    def bill(self):
        return Bill()


@pytest.fixture
def under(instant):
    """The result of an order under a purse, each answer so long in coming; and how many were asked."""

    def go(told, purse, takes_s):
        asker = instant(takes_s)
        result = asyncio.run(
            run_load(told, OneProcess(told, lambda: asker, guard=lambda *_: purse))
        )
        return result, len(asker.asked)

    return go


def test_an_open_load_ends_where_it_would_have_to_wait_for_its_budget(order, under):
    told = order(
        "100", "rate", bounds=Bounds(duration_s=20),
        objectives=read_objectives("latency_since_due_p50=9s", "--slo"),
    )  # fmt: skip
    # A hundred would be had in the end, with no more than one at a time of the last ones.
    result, asked = under(told, Purse(100), 0.05)
    (line,) = result.lines

    assert 20 <= asked == line.passed < 96
    assert line.unsent == 0
    assert line.elapsed_s < 15
    assert result.stopped_why.startswith(f"{WHY}; a load does not wait")
    assert [one.met for one in line.objectives] == [True]
    assert [one.words for one in line.objectives] == [""]
    assert not [note for note in result.notes if "waited" in note or "not sent" in note]


def test_what_came_due_while_a_budget_said_no_is_not_unsent(order, under):
    told = order("100", "rate", bounds=Bounds(duration_s=20))
    result, _ = under(told, Purse(20, no_takes_s=0.3), 5.0)
    (line,) = result.lines

    assert line.passed == 4
    assert line.unsent == 0
    assert not any("not sent before the end" in note for note in result.notes)


def test_what_waited_for_its_target_when_the_budget_was_used_up_waits_still(order, under):
    told = order("100", "rate", bounds=Bounds(duration_s=20), in_flight=1)
    result, asked = under(told, Purse(6), 0.3)
    (line,) = result.lines

    assert asked == line.passed == 2
    # The third could have gone after the second, 600 ms after the first was due: so many were due by then.
    assert line.unsent >= 50
    assert result.stopped_why == WHY


class Counting(Purse):
    """A purse that knows how many it allowed after the first to which it said no."""

    said_no, allowed_after = False, 0

    def reserve(self, aim, request):
        leave = super().reserve(aim, request)
        self.allowed_after += self.said_no and not leave.refused
        self.said_no = self.said_no or bool(leave.refused)
        return leave


@pytest.mark.parametrize(("levels", "requests"), [("8", 1000), ("8,9", 30), ("8..9", 60)])
def test_a_closed_load_ends_where_it_could_go_on_only_with_fewer_at_once(
    order, under, levels, requests
):
    told = order(levels, bounds=Bounds(requests=requests))
    purse = Counting(80)
    result, asked = under(told, purse, 0.02)

    # Seventy-six would be had in the end, the last ones with no more than one at a time.
    assert 8 < asked == sum(line.passed for line in result.lines) < 76
    assert purse.allowed_after == 0
    assert (
        result.stopped_why == f"{WHY}; a load does not wait for what those under way may give back"
    )
    assert not [note for note in result.notes if "under way" in note]


def test_a_target_is_no_faster_under_a_cap(order, instant):
    def objective(purse):
        told = order(
            "8", bounds=Bounds(requests=60), objectives=read_objectives("latency_p50=75ms", "--slo")
        )
        # Each answer takes 10 ms for every request that is under way as it comes.
        asker = instant(lambda _: 0.01 * asker.at_once)
        crew = OneProcess(told, lambda: asker, guard=lambda *_: purse)
        return asyncio.run(run_load(told, crew)).lines[0].objectives[0].met

    # Of the second all sixty would be had, most of them beside fewer than seven.
    assert objective(Purse(1000)) is objective(Purse(64)) is False


def test_a_warm_up_waits_for_what_its_budget_gets_back(order, under):
    told = order("4", warm_up=8, bounds=Bounds(requests=1000))
    result, asked = under(told, Purse(22), 0.005)

    # Beside three others the fourth did not fit any more; of what it left two at once did.
    assert result.warm_up[0].passed == 8
    assert result.lines[0].passed == 2
    assert asked == 10
