"""Several processes under one load: they add up, and none is left behind."""

import asyncio
import os
import time
from contextlib import suppress

import pytest
from tests.processes import children_of

from gatewayz.core import Calls, ConfigError, Gateway, GatewayzError
from gatewayz.core.load import Target
from gatewayz.load import Aim, Processes, check_processes, needed_of, run_load
from gatewayz.load.shapes import Bounds

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")


@pytest.fixture
def none_left():
    """Holds after the test that no child of ours runs that did not before it."""
    before = children_of(os.getpid())
    yield
    assert set(children_of(os.getpid())) <= set(before)


def by_processes(told, asker, parts, *, stop_after_s=None):
    crew = Processes(told, asker, parts)

    async def go():
        stop = asyncio.Event()
        if stop_after_s is not None:
            asyncio.get_running_loop().call_later(stop_after_s, stop.set)
        return await run_load(told, crew, stop=stop)

    try:
        return asyncio.run(go())
    finally:
        crew.close()


@pytest.mark.parametrize("unit", ["concurrency", "rate"])
def test_processes_together_send_what_one_would(order, at_simulator, quick, unit, none_left):
    aims, client = at_simulator(quick, "groq/llama-3.3-70b-versatile")
    level = "4" if unit == "concurrency" else "60"
    told = order(level, unit, aims=aims, bounds=Bounds(requests=31), max_tokens=12, seed=9)
    before = len(quick.log)
    result = by_processes(told, client, 3)
    (line,) = result.lines
    texts = [
        entry.body["messages"][0]["content"]
        for entry in quick.log[before:]
        if getattr(entry, "body", None)
    ]

    assert (line.sent, line.passed) == (31, 31)
    assert line.output_tokens == 31 * 12
    # On a busy machine all chunks of an answer may be read at once: then it has no gaps.
    gaps = line.metrics["icl"]
    assert gaps.count == (31 - sum(gaps.missing.values())) * 11 > 0
    assert result.self_check.processes == 3
    assert len(set(texts)) == len(texts)


def test_failures_of_all_are_added_up_and_a_few_are_shown(order, at_simulator, quick):
    aims, client = at_simulator(quick, "groq/fault/rate-limit")
    from gatewayz.load import StopRules

    told = order("4", aims=aims, bounds=Bounds(requests=20), stop=StopRules(max_errors=1.0))
    result = by_processes(told, client, 2)

    assert result.lines[0].failed == {"rate-limit": 20}
    assert 1 <= len(result.failures[0].examples) <= 3
    assert result.failures[0].examples[0].observation.last.status == 429


def test_what_was_measured_is_kept_when_all_are_stopped(order, instant, none_left):
    told = order("4", bounds=Bounds(requests=100_000))
    began = time.monotonic()
    slow = instant(takes_s=lambda count: 0.001 if count <= 5 else 600)  # in each of the two
    result = by_processes(told, lambda: slow, 2, stop_after_s=0.8)

    assert result.stopped_why == "interrupted"
    assert (result.lines[0].passed, result.lines[0].unfinished) == (10, 4)
    assert sum(moment.sent for moment in result.lines[0].series) == 14
    assert time.monotonic() - began < 20


def test_more_processes_than_requests_at_once_leave_none_out(order, instant):
    told = order("1", bounds=Bounds(requests=5))
    result = by_processes(told, instant, 3)

    assert (result.lines[0].passed, result.lines[0].sent) == (5, 5)
    assert (needed_of(3, told), needed_of(3, order("2")), needed_of(3, order("7"))) == (1, 2, 3)
    assert needed_of(4, order("50", "rate", in_flight=1)) == 1


def test_a_bug_in_a_process_is_told_and_leaves_none_behind(order, none_left):
    class Broken:
        async def attempt(self, *_args, **_more):
            raise ZeroDivisionError("ours")

        async def aclose(self):
            pass

    with pytest.raises(GatewayzError, match="ZeroDivisionError: ours"):
        by_processes(order(), Broken, 2)


def test_what_the_others_measured_is_kept_when_a_process_dies(order, instant, none_left, tmp_path):
    class Dying(instant):
        async def attempt(self, *_args, **_more):
            with suppress(FileExistsError):
                (tmp_path / "first").mkdir()
                self.doomed = True
            if len(self.asked) == 3 and getattr(self, "doomed", False):
                os._exit(9)
            return await super().attempt(*_args, **_more)

    told = order("2", bounds=Bounds(requests=100_000))
    crew = Processes(told, lambda: Dying(takes_s=0.002), 2)
    try:
        result = asyncio.run(run_load(told, crew))
    finally:
        crew.close()

    assert result.lines[0].passed > 0
    assert result.stopped_why.startswith("a process of the load run failed: it ended")
    assert "warm-up" not in result.stopped_why
    assert crew.lost.startswith("1 of the 2 processes of the load run was lost")
    assert result.self_check.processes == 1


def test_a_clients_own_functions_are_called_in_one_process(order):
    calls = Calls(list_models=list, request=lambda *_: {})
    target = Target(name="own/m", gateway="own", model_id="m")
    told = order(aims=[Aim(target=target, gateway=Gateway(name="own", calls=calls))])

    with pytest.raises(ConfigError, match="own/m is called by a client's own functions"):
        check_processes(2, told)
    check_processes(1, told)
