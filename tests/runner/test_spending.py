"""What the runner does with a cap: it waits while that may help, and settles whatever happens."""

import asyncio
from dataclasses import replace

import pytest

from gatewayz.core import FaultName, Outcome, Phase, Price, Reply, RunStatus, Usage
from gatewayz.money import Caps, Ledger, PriceBook
from gatewayz.runner import Selection, roll_call

PRICES = PriceBook({"a": Price(1.0, 1.0), "b": Price(1.0, 1.0)})


def answered(memory, usage):
    found = memory.good()
    return replace(found, reply=replace(found.reply or Reply(), usage=usage))


def test_calls_wait_for_one_another_where_only_one_fits(memory):
    small = Usage(input_tokens=5, output_tokens=2)
    executor = memory.Memory(
        answers=lambda *_: answered(memory, small), listing=("1", "2", "3", "4"), takes_s=0.02
    )
    lanes = (memory.lane("a", concurrency=4), memory.lane("b", concurrency=4))
    order = memory.order(*lanes, caps=Caps(tokens=700), prices=PRICES, selection=everything())
    done = memory.run(order, executor)

    assert [v.outcome for v in done.verdicts] == [Outcome.PASSED] * 8
    assert executor.peak["a"] + executor.peak["b"] <= 2
    assert done.run.summary.spend.input_tokens == 8 * 5


def test_a_bug_of_ours_while_a_call_is_under_way_leaves_nothing_reserved(memory):
    executor = memory.Memory(answers=lambda *_: KeyError("ours"), listing=("1", "2"))
    ledger = Ledger(Caps(tokens=100_000))
    verdicts = of(memory, executor, ledger)
    sums = ledger.totals()

    assert {v.outcome for v in verdicts} == {Outcome.UNKNOWN}
    assert (sums.reserved_calls, sums.reserved_tokens) == (0, 0)
    assert sums.unreported_calls == sums.calls == 2


def test_a_run_that_is_stopped_has_its_calls_under_way_in_the_account(memory):
    executor = memory.Memory(listing=("1", "2"), takes_s=30)
    ledger = Ledger(Caps(tokens=100_000))

    def stop(halt):
        asyncio.get_running_loop().call_later(0.2, halt.set)

    of(memory, executor, ledger, stop=stop)
    sums = ledger.totals()

    assert (sums.reserved_calls, sums.reserved_tokens) == (0, 0)
    assert sums.unreported_calls == sums.calls > 0


def test_what_was_never_sent_is_no_call(memory):
    lost = memory.unreached(FaultName.REFUSED, Phase.CONNECT)
    executor = memory.Memory(answers=lambda *_: lost, listing=("1",))
    ledger = Ledger(Caps(calls=1))
    of(memory, executor, ledger, retries=2, retry_budget_s=5.0)

    assert ledger.totals().calls == 0
    assert len(executor.asked) > 1


def test_a_further_try_that_does_not_fit_is_not_made_and_the_verdict_stays(memory):
    executor = memory.Memory(answers=lambda *_: memory.refused(500), listing=("1",), takes_s=0.001)
    order = memory.order(memory.lane("a"), caps=Caps(calls=1), retries=2)
    done = memory.run(order, executor)
    (verdict,) = done.verdicts

    assert (verdict.outcome, verdict.failure.failure_class) == (Outcome.FAILED, "server-error")
    assert len(executor.asked) == 1
    assert done.run.summary.spend.left_out.cases == 0
    assert done.run.summary.spend.left_out.tries == 1


def test_what_a_run_took_is_money_to_the_digits_that_are_money(memory):
    # In floats, 33 tokens at a millionth of a dollar come to a hair more than that.
    usage = Usage(input_tokens=14, output_tokens=19)
    executor = memory.Memory(answers=lambda *_: answered(memory, usage), listing=("1", "2", "3"))
    order = memory.order(memory.lane("a"), prices=PRICES, selection=everything())

    assert memory.run(order, executor).run.summary.spend.usd == 0.000099


def test_one_ledger_over_two_runs_keeps_one_cap(memory):
    ledger = Ledger(Caps(calls=3))
    first = of(memory, memory.Memory(listing=("1", "2")), ledger)
    second = of(memory, memory.Memory(listing=("1", "2")), ledger)

    assert [v.outcome for v in first] == [Outcome.PASSED] * 2
    assert sorted(v.outcome.value for v in second) == ["passed", "skipped"]


@pytest.mark.parametrize("caps", [Caps(calls=4), Caps(tokens=1400), Caps(usd=0.0014)], ids=str)
@pytest.mark.parametrize("killed", [False, True])
def test_a_run_that_is_gone_on_with_has_spent_what_its_first_part_did(memory, caps, killed):
    usage = Usage(input_tokens=300, output_tokens=30)
    everyone = {"listing": tuple("abcdefgh"), "answers": lambda *_: answered(memory, usage)}
    order = memory.order(memory.lane("a"), prices=PRICES, selection=everything())
    before = interrupted(memory, order, everyone, after="4")
    if killed:  # and left no account
        before = replace(before, summary=None)
    again = replace(order, resumed=before)
    kept_to, free = memory.Memory(**everyone), memory.Memory(**everyone)
    spend = memory.run(replace(again, caps=caps), kept_to).run.summary.spend
    memory.run(replace(again, caps=Caps(calls=99, tokens=10**6, usd=1.0)), free)

    assert kept_to.asked == []
    assert (spend.calls, spend.left_out.cases) == (4, 4)
    assert spend.input_tokens + spend.output_tokens == 4 * 330
    assert len(free.asked) == 4


@pytest.mark.parametrize("caps", [Caps(tokens=1400), Caps(usd=0.0014)], ids=str)
def test_calls_without_counts_of_a_part_without_a_cap_count_as_reserved_under_a_later_cap(
    memory, caps
):
    everyone = {"listing": tuple("abcdefgh"), "answers": lambda *_: answered(memory, None)}
    order = memory.order(memory.lane("a"), prices=PRICES, selection=everything())
    stopped = interrupted(memory, order, everyone, after="4")
    killed = replace(stopped, summary=None)
    found = []
    for before in (stopped, killed):
        executor = memory.Memory(**everyone)
        order_again = replace(order, resumed=before, caps=caps)
        found.append((executor, memory.run(order_again, executor).run))
    (kept_to, run), (_, after_kill) = found
    spend = run.summary.spend

    assert stopped.summary.spend.uncounted_calls == 4
    assert kept_to.asked == []  # four calls as they are reserved are more than the cap
    assert spend == after_kill.summary.spend
    assert (spend.calls, spend.unreported_calls, spend.left_out.cases) == (4, 4, 4)
    assert (spend.uncounted_calls, spend.unpriced_calls) == (0, 0)
    assert spend.unreported_tokens == spend.input_tokens + spend.output_tokens > 1000
    assert spend.usd == spend.unreported_usd > 0.001


def test_what_was_under_way_without_a_cap_stays_told_as_not_counted_however_often_a_run_goes_on(
    memory,
):
    everyone = {"listing": tuple("abcdefgh"), "answers": lambda *_: answered(memory, None)}
    order = memory.order(memory.lane("a"), prices=PRICES, selection=everything())
    first = interrupted(memory, order, everyone, after="4")
    spend = first.summary.spend
    spend = replace(spend, calls=5, unreported_calls=5, uncounted_calls=5, unpriced_calls=5)
    capped = replace(order, caps=Caps(tokens=10**6, usd=1.0))
    run, asked = replace(first, summary=replace(first.summary, spend=spend)), []
    for _ in range(2):
        executor = memory.Memory(**everyone)
        run = memory.run(replace(capped, resumed=run), executor).run
        asked.append(len(executor.asked))
        spend = run.summary.spend

        assert (spend.calls, spend.unreported_calls) == (9, 9)
        assert (spend.uncounted_calls, spend.unpriced_calls) == (1, 1)
        assert spend.unreported_tokens == spend.input_tokens + spend.output_tokens
        assert 8 * 256 < spend.unreported_tokens < 8 * 500  # each call once, in both rounds

    assert asked == [4, 0]


def test_who_went_beyond_the_limits_in_a_part_without_a_cap_is_asked_no_more_under_one(memory):
    greedy = Usage(input_tokens=5, output_tokens=10**6)
    everyone = {"listing": ("1", "2"), "answers": lambda *_: answered(memory, greedy)}
    order = memory.order(memory.lane("a"), selection=everything())
    before = interrupted(memory, order, everyone, after="1")
    executor = memory.Memory(**everyone)
    memory.run(replace(order, resumed=before, caps=Caps(tokens=10**9)), executor)

    assert before.summary.spend.overruns == {}
    assert executor.asked == []


def test_a_gateway_that_went_beyond_its_limits_is_asked_no_more_by_a_later_part(memory):
    everyone = {"listing": ("1", "2"), "answers": lambda *_: memory.good()}
    order = memory.order(memory.lane("a"), prices=PRICES, selection=everything())
    first = interrupted(memory, order, everyone, after="1")
    spend = replace(first.summary.spend, overruns={"a": "a call took 9 tokens"})
    before = replace(first, summary=replace(first.summary, spend=spend))
    order = replace(order, resumed=before, caps=Caps(tokens=10**6))
    executor = memory.Memory(**everyone)
    done = memory.run(order, executor)

    assert executor.asked == []
    assert [v.reason for v in done.verdicts if v.outcome is Outcome.SKIPPED] == [
        "not sent: a went beyond its limits: a call took 9 tokens"
    ]
    assert done.run.summary.spend.overruns == {"a": "a call took 9 tokens"}


def interrupted(memory, order, everyone, *, after):
    """A run of this order as it stood after so many of its models."""
    whole = memory.run(order, memory.Memory(**everyone)).run
    some = replace(order, selection=Selection(models=after))
    first = memory.run(some, memory.Memory(**everyone)).run
    return replace(first, status=RunStatus.CANCELLED, plan=whole.plan)


def everything():
    return Selection(models="all")


def of(memory, executor, ledger, *, stop=None, **more):
    """The verdicts of a run on this ledger; `stop` is handed the event that ends it."""

    async def go():
        halt = asyncio.Event()
        if stop is not None:
            stop(halt)
        order = memory.order(memory.lane("a"), prices=PRICES, **more)
        run = roll_call(order, executor=executor, ledger=ledger, stop=halt)
        return [event async for event in run][-1].run.verdicts

    return asyncio.run(asyncio.wait_for(go(), 20))
