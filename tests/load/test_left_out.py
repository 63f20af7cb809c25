"""Targets that are asked no more while others are: nothing is said of them that nobody knows."""

import asyncio
import time

import pytest

from gatewayz.load import OneProcess, Processes, Search, StopRules, run_load
from gatewayz.load.objectives import read_objectives
from gatewayz.load.order import Bill, Leave
from gatewayz.load.prompts import read_prompts
from gatewayz.load.shapes import Bounds

WHY = "not sent: the price is unknown"
TOO_MUCH = "it took too much"


class Never:
    """A guard by which one target can be asked nothing."""

    def __init__(self, name):
        self._name = name

    def reserve(self, aim, _request):
        return Leave(WHY, never=WHY) if aim.target.name == self._name else Leave(held=aim)

    def settle(self, _leave, _aim, _attempt):
        return ""

    def bill(self):
        return Bill()


class TooMuch(Never):
    """A guard that stops a gateway after so many of its answers."""

    def __init__(self, name, after=1):
        super().__init__("")
        self._gateway, self._left = name, after

    def settle(self, _leave, aim, _attempt):
        self._left -= aim.gateway.name == self._gateway
        return TOO_MUCH if self._left <= 0 and aim.gateway.name == self._gateway else ""


@pytest.fixture(name="under", params=[1, 2], ids=["one process", "two processes"])
def under_fixture(request, instant):
    """The result of an order under a guard, in one process and in two."""

    def go(told, guard, asker=None):
        asker, parts = asker or instant(0.002), request.param
        if parts == 1:
            crew = OneProcess(told, lambda: asker, guard=lambda *_: guard)
        else:
            crew = Processes(told, lambda: asker, parts, guard=lambda *_: guard)
        return asyncio.run(run_load(told, crew))

    return go


def searched(order, aims, unit="rate", **more):
    """A search between 50 and 100 that finds all well."""
    bounds = {"rate": Bounds(duration_s=0.4, requests=10), "concurrency": Bounds(requests=10)}
    return order(
        "2", unit, aims=aims, bounds=bounds[unit], search=Search(low=50, high=100),
        objectives=read_objectives("latency_p50=10s", "--slo"), **more,
    )  # fmt: skip


@pytest.mark.parametrize("unit", ["rate", "concurrency"])
def test_nothing_is_known_of_a_target_that_no_search_could_ask(order, aim, under, unit):
    aims = [aim("same", "unpriced"), aim("same", "priced")]
    result = under(searched(order, aims, unit), Never("same/unpriced"))
    left, asked = result.most

    assert (left.level, left.beyond) == (None, None)
    assert left.words == f"nothing is known; the search ended there: {WHY}"
    assert asked.level == 100
    assert result.left_out == {"same/unpriced": WHY}
    for line in result.lines:
        assert (line.requests_per_s is None) == (line.target == "same/unpriced")


def test_no_time_is_waited_out_in_which_nobody_is_asked(order, aim, under):
    aims = [aim("same", "unpriced"), aim("same", "priced")]
    bounds = Bounds(duration_s=30, requests=1)
    told = order(
        "40", "rate", aims=aims[:1], bounds=bounds, search=Search(low=40, high=40),
        objectives=read_objectives("latency_p50=10s", "--slo"),
    )  # fmt: skip
    began = time.monotonic()
    under(told, Never("same/unpriced"))

    assert time.monotonic() - began < 20


def test_a_search_of_a_gateway_that_was_stopped_asks_it_no_more(order, aim, under):
    aims = [aim("greedy"), aim("fair")]
    result = under(searched(order, aims, warm_up=1), TooMuch("greedy"))
    left, asked = result.most

    assert left.words == f"nothing is known; the search ended there: {TOO_MUCH}"
    assert left.beyond is None
    assert asked.level == 100
    assert {line.target for line in result.lines} == {"fair/m"}
    assert result.left_out == {"greedy/m": TOO_MUCH}


def test_an_open_load_has_no_rates_of_whom_it_did_not_ask(order, aim, under):
    aims = [aim("same", "unpriced"), aim("other", "priced")]
    told = order("40", "rate", aims=aims, bounds=Bounds(duration_s=0.6))
    left, asked = under(told, Never("same/unpriced")).lines

    assert (left.sent, left.elapsed_s, left.requests_per_s) == (0, None, None)
    assert asked.elapsed_s >= 0.6


def test_rates_of_whom_is_asked_no_more_are_over_the_time_it_was_asked(order, aim, under):
    aims = [aim("greedy"), aim("fair")]
    told = order("40", "rate", aims=aims, bounds=Bounds(duration_s=3.0))
    left, asked = under(told, TooMuch("greedy", after=3)).lines

    assert left.sent >= 3
    assert left.elapsed_s < 2
    assert asked.elapsed_s >= 3.0


@pytest.mark.parametrize("guard", [Never("greedy/m"), TooMuch("greedy", after=3)])
def test_a_run_until_the_median_is_known_waits_for_nobody_who_is_asked_no_more(
    order, aim, under, guard
):
    aims = [aim("greedy"), aim("fair")]
    told = order(
        "2", aims=aims, bounds=Bounds(requests=100_000, duration_s=40),
        stop=StopRules(until_ci=0.9, ci_metric="latency"),
    )  # fmt: skip
    result = under(told, guard)

    assert "known to within 90.0%" in result.stopped_why
    assert not any("is not known to within" in note for note in result.notes)


@pytest.mark.parametrize("guard", [TooMuch("greedy", after=2), Never("greedy/m")])
def test_a_warm_up_in_which_all_were_stopped_did_not_take_all_there_was(order, aim, under, guard):
    told = order("1", aims=[aim("greedy")], bounds=Bounds(requests=50), warm_up=4)
    result = under(told, guard)

    assert result.stopped_why in (WHY, TOO_MUCH)


class NoLongLines(Never):
    """A guard by which a target is never asked a line that speaks of much."""

    def reserve(self, aim, request):
        is_long = "long" in request.messages[0]["content"]
        never = TOO_MUCH if is_long and aim.target.name == self._name else ""
        return Leave(never, never=never) if never else Leave(held=aim)


def test_turns_in_which_a_target_is_asked_another_line_decide_nothing(
    order, aim, under, answered, tmp_path
):
    path = tmp_path / "lines.jsonl"
    path.write_text('"A short one."\n"A long one."\n')
    prompts = read_prompts(path, "--prompt", as_written=True)
    aims = [aim("dear", "m"), aim("free", "m")]

    class ByLine:
        """Takes long for what speaks of it."""

        async def attempt(self, gateway, model_id, request, *, number=1, step=0):
            takes_s = 0.02 if "long" in request.messages[0]["content"] else 0.001
            await asyncio.sleep(takes_s)
            return answered(takes_s)

        async def aclose(self):
            pass

    told = order("2", aims=aims, bounds=Bounds(requests=40), prompts=prompts)
    result = under(told, NoLongLines("dear/m"), ByLine())
    (latency,) = [one for one in result.comparisons if one.metric == "latency"]

    assert [line.passed for line in result.lines] == [40, 40]
    assert latency.told in ("no difference seen", "under the floor"), latency
    assert latency.turns == 20
