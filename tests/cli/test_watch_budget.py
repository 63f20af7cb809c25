"""What a day of watching comes to where a gateway is down."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz import simulator as simulation
from gatewayz.cli.lanes import choose
from gatewayz.cli.network import client_for
from gatewayz.cli.orders import order_for
from gatewayz.cli.watch_asking import Asking
from gatewayz.cli.watch_budget import Budget
from gatewayz.cli.watch_models import WatchedModels
from gatewayz.config import load_settings
from gatewayz.core import Attempt, ErrorBody, Phase, Quirks
from gatewayz.core.units import utc_now
from gatewayz.core.watching import Amounts, DaySpent, Level, WatchRecord
from gatewayz.money import Bound, Caps, Refusal, billed
from gatewayz.store import open_store
from gatewayz.watch import Tier

DOWN = Attempt(status=503, reached=Phase.END, error=ErrorBody(message="no"))


def test_a_gateway_that_is_down_all_day_leaves_the_others_their_tokens():
    budget = Budget(Caps(tokens=200_000), lambda day: DaySpent(day=day))
    ledger = budget.of(utc_now())
    bound = Bound(input_tokens=2414, output_tokens=16, usd=None)
    for _ in range(24 * 3 * 3):  # each hour, three models, three tries
        leave = ledger.reserve("xai", bound)
        assert not isinstance(leave, Refusal)
        lenient = ledger.errors_take_nothing
        ledger.settle(leave, billed(DOWN, Quirks(), errors_take_nothing=lenient).usage, sent=True)

    assert budget.spent.tokens == 0
    assert budget.spent.calls == 24 * 3 * 3


MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
CHAT = Tier(name="chat", every_s=3600.0, probes=("chat",))


@pytest.fixture
def day_of(tmp_path):
    """A function that puts chat to two gateways for a day, hour by hour, of which groq is down.

    It gives what came of each hour, and what the day came to.
    """

    def run(caps, down, hours=24):
        with simulation.running(faults=[{"gateway": "groq", "fault": "server-500-json"}]) as broken:
            names = {k: v for k, v in broken.variables().items() if k.startswith(("GROQ_", "XAI_"))}
            settings = load_settings(
                folder=tmp_path,
                environ={"HOME": str(tmp_path), **names},
                flags={
                    "gateways": ("groq", "xai"), "models": "3", "retries": "1",
                    "store": str(tmp_path / "watch.db"),
                },
            )  # fmt: skip
            return asyncio.run(_day(settings, caps, down, hours))

    return run


async def _day(settings, caps, down, hours):
    found, at = [], MIDNIGHT
    client = client_for(settings)
    with closing(open_store(settings.store)) as store:
        lease = store.watch.leases.take("us", None, MIDNIGHT)
        budget = Budget(caps, store.watch.spent)
        try:
            for hour in range(hours):
                at = MIDNIGHT + timedelta(hours=hour)
                order, now = order_for(settings, choose(settings)), lambda at=at: at
                models = WatchedModels(selection=order.selection, store=store, now=now)
                asking = Asking(
                    settings=settings, order=order, client=client, store=store, budget=budget,
                    models=models, now=now, down=lambda: frozenset(down),
                )  # fmt: skip
                seen = await asking.ask(CHAT, None, asyncio.Event())
                found.append(seen)
                store.watch.keep(lease, WatchRecord(spent=seen.spent))
                # As if by cron: each round is a process that knows what the store does.
                budget = Budget(caps, store.watch.spent)
        finally:
            await client.aclose()
        return found, store.watch.spent("2026-03-01")


def answers(hours, gateway, level):
    return [
        sum(s.level is level and s.target.gateway == gateway for s in seen.sightings)
        for seen in hours
    ]


def test_a_gateway_that_is_down_takes_its_share_of_the_days_calls_evenly_and_no_more(day_of):
    hours, spent = day_of(Caps(calls=144), down={"groq"})
    asked = answers(hours, "groq", Level.BAD)

    assert answers(hours, "xai", Level.GOOD) == [3] * 24, "half of all calls are for it"
    assert spent.while_down["groq"].calls == spent.calls - 72
    assert 60 <= spent.while_down["groq"].calls <= 72
    assert all(asked), "it may be well again at any hour"
    assert sum(seen.resting for seen in hours) == 3 * 24 - sum(asked)
    assert not any(seen.left_out for seen in hours), (
        "who rests is not one to whom the watch is blind"
    )
    assert all(len(seen.planned) == 6 for seen in hours)


def test_who_is_not_down_may_take_what_is_left():
    ledger = Budget(Caps(calls=10), lambda day: DaySpent(day=day)).of(MIDNIGHT, {"groq": 0.5})
    for _ in range(9):
        leave = ledger.reserve("xai", Bound(0, None, None))
        ledger.settle(leave, None, sent=True)

    assert not isinstance(ledger.reserve("groq", Bound(0, None, None)), Refusal)
    assert (
        ledger.reserve("xai", Bound(0, None, None)).reason == "not sent: --max-calls 10 is used up"
    )


@pytest.mark.parametrize(
    ("caps", "gone", "reason"),
    [
        (Caps(calls=4), DaySpent(day="", calls=3), "not sent: --max-calls 4 is used up"),
        (Caps(calls=4), DaySpent(day="", calls=9), "not sent: --max-calls 4 is used up"),
        (
            Caps(tokens=1000),
            DaySpent(day="", tokens=950),
            "not sent: --max-tokens-total 1000: 10 left, and this could come to 40 tokens",
        ),
        (
            Caps(usd=0.5),
            DaySpent(day="", usd=0.39),
            "not sent: --max-cost 0.5: $0.0100 left, and this could come to $0.1000",
        ),
    ],
)
def test_a_refusal_names_the_cap_that_was_set_whatever_was_spent_of_it_before(caps, gone, reason):
    budget = Budget(caps, lambda day: replace(gone, day=day))
    ledger = budget.of(MIDNIGHT)
    bound = Bound(input_tokens=30, output_tokens=10, usd=0.1)
    if not isinstance(first := ledger.reserve("xai", bound), Refusal):
        ledger.settle(first, None, sent=True)
    second = ledger.reserve("xai", bound)

    assert second.reason == reason
    assert budget.spent.calls - gone.calls == ledger.totals().calls <= 1


def test_calls_of_unknown_price_are_never_told_as_free():
    told = []
    gone = DaySpent(day="", calls=2, unpriced_calls=2)
    budget = Budget(Caps(), lambda day: replace(gone, day=day))
    ledger = budget.of(MIDNIGHT)
    told.append((budget.spent.known_usd, budget.spent.cost))
    ledger.settle(ledger.reserve("xai", Bound(0, None, None)), None, sent=True)
    told.append((budget.spent.known_usd, budget.spent.cost))
    ledger.settle(ledger.reserve("groq", Bound(10, 10, 0.25)), None, sent=True)

    assert told == [(None, "cost unknown")] * 2
    assert (budget.spent.calls, budget.spent.unpriced_calls) == (4, 3)
    assert (budget.spent.known_usd, budget.spent.cost) == (0.25, "at least $0.2500")
    free = DaySpent(day="", calls=2)
    assert (free.known_usd, free.cost) == (0.0, "$0.0000")
    assert DaySpent(day="").known_usd == 0.0, "what was not asked took nothing"


def test_what_a_gateway_took_while_it_was_well_is_not_of_its_share():
    budget = Budget(Caps(calls=100), lambda day: DaySpent(day=day))
    ledger = budget.of(MIDNIGHT)
    for _ in range(60):
        ledger.settle(ledger.reserve("groq", Bound(0, None, None)), None, sent=True)
    ledger = budget.of(MIDNIGHT, {"groq": 0.08})
    first, second = (ledger.reserve("groq", Bound(0, None, None)) for _ in range(2))
    third = ledger.reserve("groq", Bound(0, None, None))
    ledger.settle(first, None, sent=True)
    ledger.settle(second, None, sent=True)

    assert third.reason == "not sent: groq has had its share of --max-calls"
    assert budget.spent.while_down == {"groq": Amounts(calls=2)}


def test_of_a_share_that_is_less_than_one_answers_bound_one_call_at_a_time_is_asked():
    budget = Budget(Caps(tokens=1000), lambda day: DaySpent(day=day))
    ledger = budget.of(MIDNIGHT, {"groq": 0.1})
    bound = Bound(input_tokens=400, output_tokens=16, usd=None)
    first, beside = ledger.reserve("groq", bound), ledger.reserve("groq", bound)
    ledger.settle(first, billed(DOWN, Quirks(), errors_take_nothing=True).usage, sent=True)
    after = ledger.reserve("groq", bound)
    ledger.settle(after, None, sent=True)
    spent = ledger.reserve("groq", bound)

    assert (beside.may_fit, spent.may_fit) == (True, False)
    assert budget.spent.while_down["groq"].tokens == 416


def test_tiers_that_begin_at_once_share_one_ledger():
    both = threading.Barrier(2)

    def spent_on(day):
        # Who is let in while this is read would make a ledger of its own.
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        return DaySpent(day=day)

    budget = Budget(Caps(calls=10), spent_on)
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(budget.of, [MIDNIGHT, MIDNIGHT])

    assert one is other
