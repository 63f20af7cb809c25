"""One ledger for several processes grants together what one would, and no more."""

import os
from random import Random

import pytest
from tests.processes import in_processes

from gatewayz.core import Price, Usage
from gatewayz.money import Bound, Caps, Refusal
from gatewayz.money.accounts import spent_or_held
from gatewayz.money.shared import shared_ledger

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
PRICE = Price(1.0, 2.0)


def test_calls_are_granted_to_the_last_by_whoever_asks():
    ledger = shared_ledger(Caps(calls=500))
    bound = Bound(10, 10, 0.0, PRICE)

    def take(part):
        granted = 0
        for _ in range(100 if part else 1000):
            granted += not isinstance(ledger.reserve("g", bound), Refusal)
        return granted

    found = [int(told) for told in in_processes(take)]

    assert sum(found) == 500
    assert ledger.totals().reserved_calls == 500


def test_what_all_spend_and_hold_never_passes_a_cap():
    ledger = shared_ledger(Caps(tokens=20_000))

    def spend(part):
        rng, spent = Random(part), 0
        for _ in range(400):
            held = ledger.reserve("g", Bound(50, 50, 0.0, PRICE))
            if isinstance(held, Refusal):
                continue
            totals = ledger.totals()
            assert totals.tokens + totals.reserved_tokens <= 20_000
            out = rng.randrange(1, 50)
            spent += 20 + out
            usage = Usage(input_tokens=20, output_tokens=out, total_tokens=20 + out)
            ledger.settle(held, usage, sent=True)
        return spent

    found = [int(told) for told in in_processes(spend)]
    totals = ledger.totals()

    assert totals.tokens == sum(found)
    assert totals.reserved_tokens == 0
    assert 20_000 - 3 * 100 < totals.tokens <= 20_000


def test_a_process_that_dies_keeps_what_it_held_and_no_lock():
    ledger = shared_ledger(Caps(calls=3))

    def die(_part):
        ledger.reserve("g", Bound(1, 1, 0.0, PRICE))
        ledger._lock.__enter__()
        return 1

    assert [int(told) for told in in_processes(die, count=1)] == [1]
    assert ledger.totals().reserved_calls == 1


def test_what_a_process_that_died_held_counts_as_spent_in_the_end():
    ledger = shared_ledger(Caps(tokens=10_000))
    usage = Usage(input_tokens=20, output_tokens=5, total_tokens=25)

    def die(_part):
        held = ledger.reserve("g", Bound(50, 30, PRICE.usd(50, 30), PRICE))
        ledger.reserve("g", Bound(50, 30, PRICE.usd(50, 30), PRICE))
        ledger.settle(held, usage, sent=True)
        return 1

    in_processes(die, count=2)
    spend = spent_or_held(ledger.totals())

    assert (spend.calls, spend.input_tokens, spend.output_tokens) == (4, 140, 70)
    assert (spend.unreported_calls, spend.unreported_tokens) == (2, 160)
    assert spend.usd == pytest.approx(2 * PRICE.usd(70, 35))
    assert spend.unreported_usd == pytest.approx(2 * PRICE.usd(50, 30))
