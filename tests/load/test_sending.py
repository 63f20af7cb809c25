"""When requests go out, and what is told of their moments; with askers whose times are known."""

import asyncio
import itertools
import time
from collections import Counter

import pytest
from tests import hurried

from gatewayz.core import Attempt, Limits
from gatewayz.core.attempt import Timing
from gatewayz.load import OneProcess, run_load
from gatewayz.load.driver import Driver
from gatewayz.load.objectives import read_objectives
from gatewayz.load.order import Bill, Leave, StageOrder, StopRules
from gatewayz.load.prompts import read_prompts
from gatewayz.load.shapes import Bounds, arrivals_of, for_each


def sent_by(told, asker, *, part=0, parts=1, halt_after_s=None):
    """The samples of an order's first stage, the report, and the run's start."""

    async def go():
        loop = asyncio.get_running_loop()
        samples = []
        zero = loop.time()
        driver = Driver(
            told, asker, zero=zero, take=samples.append, show=lambda _: None,
            part=part, parts=parts, clock=loop.time,
        )  # fmt: skip
        stage = for_each(told.shape.stages[0], len(told.aims))
        if halt_after_s is not None:
            loop.call_later(halt_after_s, driver.halt)
        await driver.stage(
            StageOrder(stage=stage, start=zero, targets=tuple(range(len(told.aims))))
        )
        return samples, await driver.finish()

    return hurried.run(go())[0]


def test_a_closed_load_keeps_just_so_many_under_way(order, instant):
    asker = instant(takes_s=0.01)
    samples, _ = sent_by(order("3", bounds=Bounds(requests=20)), asker)

    assert asker.most_at_once == 3
    assert len(samples) == 20


@pytest.mark.parametrize("poisson", [False, True])
def test_an_open_load_is_due_by_its_schedule_to_the_dot(order, instant, poisson):
    told = order("100", "rate", bounds=Bounds(duration_s=0.3), poisson=poisson, seed=4)
    samples, _ = sent_by(told, instant())
    due = list(arrivals_of(told.shape.stages[0], 4))

    assert sorted(s.intended_s for s in samples) == pytest.approx(due, abs=1e-9)
    assert all(s.sent_s >= s.intended_s for s in samples)
    assert all(s.values["schedule_delay"] == s.sent_s - s.intended_s for s in samples)


def test_a_server_that_stalls_is_not_spared_what_was_due_meanwhile(order, instant):
    # The third takes 300 ms and only one may be under way: each due meanwhile waits that much less.
    asker = instant(takes_s=lambda count: 0.3 if count == 3 else 0.001)
    told = order("50", "rate", bounds=Bounds(requests=12), in_flight=1)
    samples, _ = sent_by(told, asker)
    since_due = [s.values["latency_since_due"] for s in samples]

    assert all(s.values["latency"] <= 0.301 for s in samples)
    assert since_due[2] == pytest.approx(0.3, abs=0.08)
    assert since_due[3] > since_due[6] > since_due[9]
    assert since_due[3] == pytest.approx(0.28, abs=0.08)
    assert sum(value > 0.1 for value in since_due) >= 8  # a closed loop would have told of one


def test_what_was_due_and_not_sent_is_counted(order, instant):
    told = order("100", "rate", bounds=Bounds(duration_s=0.2), in_flight=1)
    samples, report = sent_by(told, instant(takes_s=0.15))

    assert len(samples) in (1, 2)
    assert report.unsent.total() == 20 - len(samples)


def test_a_halt_counts_only_what_was_due_by_then(order, instant):
    told = order("100", "rate", bounds=Bounds(duration_s=5), in_flight=1)
    samples, report = sent_by(told, instant(takes_s=1), halt_after_s=0.2)

    assert len(samples) == 1
    assert 15 <= report.unsent.total() <= 21


def test_an_open_load_does_not_wait_for_answers(order, instant):
    asker = instant(takes_s=0.2)
    sent_by(order("100", "rate", bounds=Bounds(requests=15)), asker)

    assert asker.most_at_once == 15


def test_targets_take_turns_in_blocks_of_random_order(order, aim, instant):
    aims = [aim("a"), aim("b"), aim("c")]
    asker = instant()
    sent_by(order("1", aims=aims, bounds=Bounds(requests=20), seed=1), asker)
    names = [name for name, _ in asker.asked]
    blocks = [tuple(names[at : at + 3]) for at in range(0, 60, 3)]

    assert Counter(names) == {"a": 20, "b": 20, "c": 20}
    assert all(sorted(block) == ["a", "b", "c"] for block in blocks)
    assert len(set(blocks)) >= 4


def test_a_seed_decides_the_turns_and_the_questions(order, aim, instant):
    def asked(seed):
        asker = instant()
        sent_by(order("1", aims=[aim("a"), aim("b")], seed=seed), asker)
        return [(name, request.messages) for name, request in asker.asked]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_no_two_requests_are_alike(order, aim, instant):
    asker = instant()
    sent_by(order("4", aims=[aim("a"), aim("b")], bounds=Bounds(requests=50)), asker)

    assert len({request.messages[0]["content"] for _, request in asker.asked}) == 100


def test_a_closed_load_waits_where_a_gateway_allows_so_many_a_minute(order, aim, instant):
    aims = [aim(limits=Limits(requests_per_minute=600))]  # one in 100 ms
    asker = instant()
    samples, _ = sent_by(order("4", aims=aims, bounds=Bounds(requests=5)), asker)
    due = sorted(s.intended_s for s in samples)

    assert all(b - a >= 0.0999 for a, b in itertools.pairwise(due))
    # To be held back is no fault of ours: the request was not due before.
    assert sum(s.sent_s - s.intended_s for s in samples) < 0.25


def test_each_turn_asks_every_target_once(order, aim, instant):
    told = order("2", aims=[aim("groq"), aim("xai")], bounds=Bounds(requests=12))
    samples, _ = sent_by(told, instant())
    turns = {}
    for one in samples:
        turns.setdefault(one.turn, []).append(one.target)

    assert sorted(turns) == list(range(len(samples) // 2))
    assert all(len(set(asked)) == len(asked) == 2 for asked in turns.values())


def test_a_closed_load_has_no_schedule_to_be_late_by_and_says_so(order, instant):
    samples, _ = sent_by(order("2", bounds=Bounds(requests=4)), instant())

    for one in samples:
        assert not {"schedule_delay", "ttft_since_due", "latency_since_due"} & set(one.values)
        assert one.missing["schedule_delay"] == "no send time was intended"


def test_limits_can_be_passed(order, aim, instant):
    aims = [aim(limits=Limits(requests_per_minute=600))]
    told = order("4", aims=aims, bounds=Bounds(requests=20), hold_to_limits=False)
    samples, _ = sent_by(told, instant())

    assert max(s.sent_s for s in samples) < 0.5


def test_a_ramp_has_no_pause_and_no_more_under_way_than_its_step(order, run, instant):
    asker = instant(takes_s=0.05)
    result = run(order("1..3", bounds=Bounds(duration_s=1.2)), asker)

    assert [line.title for line in result.lines] == ["1 at once", "2 at once", "3 at once"]
    began = [line.started_s for line in result.lines]
    assert [b - a for a, b in itertools.pairwise(began)] == pytest.approx([0.4, 0.4], abs=0.02)
    assert asker.most_at_once == 3
    assert result.lines[0].sent < result.lines[2].sent


def test_a_sweep_lets_each_step_end(order, run, instant):
    asker = instant(takes_s=0.06)
    result = run(order("1,4", bounds=Bounds(requests=8)), asker)

    first, second = result.lines
    assert (first.sent, second.sent) == (8, 8)
    assert second.started_s >= first.started_s + first.elapsed_s
    assert first.elapsed_s > 2 * second.elapsed_s


def test_a_bug_of_ours_ends_the_run_and_is_not_hidden(order):
    class Broken:
        async def attempt(self, *_args, **_more):
            raise ZeroDivisionError("ours")

        async def aclose(self):
            pass

    told = order()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_load(told, OneProcess(told, Broken)))


def test_an_idle_connection_that_was_dropped_is_asked_once_more(order, run, instant, answered):
    from gatewayz.core import Attempt, FaultName, Phase, WireFault

    stale = Attempt(
        reused_connection=True,
        reached=Phase.HEADERS,
        fault=WireFault(name=FaultName.CLOSED, phase=Phase.HEADERS),
    )
    asker = instant(answer=lambda count: stale if count == 2 else answered())
    result = run(order("1", bounds=Bounds(requests=5)), asker)

    assert len(asker.asked) == 6
    assert (result.lines[0].passed, result.lines[0].failures) == (5, 0)


def test_a_step_of_a_ramp_is_over_once_its_requests_are_sent(order, run, instant):
    asker = instant(0.02)
    began = time.monotonic()
    result = run(order("1..4", bounds=Bounds(requests=48, duration_s=40.0)), asker)

    assert time.monotonic() - began < 10  # and not 40
    assert [line.sent for line in result.lines] == [12, 12, 12, 12]
    assert result.notes == ()


@pytest.mark.parametrize(
    ("levels", "requests", "notes"),
    [
        ("8", 8, ()),
        ("8", 5, ("8 at once: no more than 5 were really under way at once",)),
        ("1,4,8", 5, ("8 at once: no more than 5 were really under way at once",)),
        ("3..4", 8, ()),
    ],
)
def test_a_load_that_was_less_than_its_name_says_so(order, run, instant, levels, requests, notes):
    assert run(order(levels, bounds=Bounds(requests=requests)), instant(0.05)).notes == notes


def test_a_step_of_a_ramp_is_told_with_those_before_it_that_were_under_way(order, run, instant):
    told = order("1..16", bounds=Bounds(requests=8))

    assert run(told, instant()).notes == tuple(
        f"{level} at once: no more than 1 were really under way at once"
        for level in (3, 5, 7, 10, 12, 14, 16)
    )


def test_nothing_is_said_of_a_step_in_which_nothing_was_sent(order, instant):
    class UsedUp:
        def reserve(self, _aim, _request):
            return Leave("not sent: used up")

        def bill(self):
            return Bill()

    told = order("4", bounds=Bounds(requests=8))
    crew = OneProcess(told, instant, guard=lambda *_: UsedUp())

    assert asyncio.run(run_load(told, crew)).notes == ()


def test_our_own_delay_is_judged_over_all_requests_also_those_that_failed(order, run):
    objective = read_objectives("schedule_delay_p50=0.001ms,latency_p50=10s", "--slo")
    told = order(
        "50",
        "rate",
        bounds=Bounds(requests=30),
        objectives=objective,
        stop=StopRules(max_errors=1.0),
    )
    result = run(told, Failing())
    delay, latency = result.lines[0].objectives

    assert (result.lines[0].passed, result.lines[0].failures) == (0, 30)
    assert (delay.met, delay.estimate.count) == (False, 30)
    assert latency.met is False


class Failing:
    """An asker that is refused each time."""

    async def attempt(self, gateway, model_id, request, *, number=1, step=0):
        return Attempt(status=500, timing=Timing(total_s=0.01))

    async def aclose(self):
        pass


def test_all_targets_of_a_turn_are_asked_the_same_line_of_a_file(
    order, aim, run, answered, tmp_path
):
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(f'"Line {at}."\n' for at in range(3)))
    prompts = read_prompts(path, "--prompt", as_written=True)
    aims = [aim("groq"), aim("xai"), aim("novita")]
    asked = {}

    class Listening:
        async def attempt(self, gateway, model_id, request, *, number=1, step=0):
            asked.setdefault(gateway.name, []).append(request.messages[0]["content"])
            return answered()

        async def aclose(self):
            pass

    run(order("1", aims=aims, bounds=Bounds(requests=7), prompts=prompts), Listening())

    lines = [f"Line {at % 3}." for at in range(7)]
    assert asked == {"groq": lines, "xai": lines, "novita": lines}
