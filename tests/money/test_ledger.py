"""Reserved and settled together never pass a cap, in whatever order and from however many threads."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import Price, Usage
from gatewayz.core.costs import answer_usd
from gatewayz.money import Bound, Caps, Ledger, Overrun, Refusal, Reservation

CHEAP = Price(0.15, 0.6)


def bound(into=100, out=50, price=CHEAP):
    return Bound(into, out, price.usd(into, out), price)


def used(into, out, **more):
    return Usage(input_tokens=into, output_tokens=out, **more)


def test_what_a_call_did_not_take_is_there_for_the_next():
    ledger = Ledger(Caps(tokens=200))
    first = ledger.reserve("a", bound())
    refused = ledger.reserve("a", bound())
    ledger.settle(first, used(20, 5), sent=True)
    second = ledger.reserve("a", bound())

    assert isinstance(refused, Refusal)
    assert (refused.cap, refused.wanted, refused.left) == ("tokens", 150, 50)
    assert refused.may_fit
    assert isinstance(second, Reservation)
    assert ledger.totals().tokens == 25
    assert ledger.totals().reserved_tokens == 150


def test_a_call_that_was_not_sent_takes_nothing():
    ledger = Ledger(Caps(calls=1))
    ledger.settle(ledger.reserve("a", bound()), None, sent=False)

    assert ledger.totals() == Ledger().totals()
    assert isinstance(ledger.reserve("a", bound()), Reservation)


def test_without_usage_the_reservation_counts_as_spent_and_is_told_as_such():
    ledger = Ledger(Caps(usd=1.0))
    ledger.settle(ledger.reserve("a", bound()), None, sent=True)
    ledger.settle(ledger.reserve("a", bound()), used(10, 5), sent=True)
    sums = ledger.totals()

    assert (sums.calls, sums.tokens) == (2, 165)
    assert (sums.unreported_calls, sums.unreported_tokens) == (1, 150)
    assert sums.unreported_usd == pytest.approx(CHEAP.usd(100, 50))
    assert sums.usd == pytest.approx(CHEAP.usd(100, 50) + CHEAP.usd(10, 5))


def test_a_usage_that_is_silent_on_the_answer_counts_the_answer_as_reserved():
    ledger = Ledger()
    ledger.settle(ledger.reserve("a", bound()), used(10, None), sent=True)
    ledger.settle(ledger.reserve("a", bound()), used(None, 7), sent=True)
    ledger.settle(ledger.reserve("a", bound()), used(10, 5, total_tokens=40), sent=True)

    assert ledger.totals().tokens == (10 + 50) + (100 + 7) + 40
    # Each without one side; what it told of the other is its own.
    assert (ledger.totals().unreported_calls, ledger.totals().unreported_tokens) == (2, 50 + 100)


def test_what_was_billed_is_not_told_as_reserved():
    ledger = Ledger()
    ledger.settle(ledger.reserve("a", bound()), used(None, 5, cost_usd=0.5), sent=True)
    ledger.settle(ledger.reserve("a", bound()), used(None, 5, cost_usd=1e-9), sent=True)
    reserved = CHEAP.usd(100, 5)

    assert ledger.totals().usd == pytest.approx(0.5 + reserved)
    assert ledger.totals().unreported_usd == pytest.approx(reserved)
    assert ledger.totals().unreported_calls == 2


def test_of_a_sum_alone_no_more_is_counted_than_it_says():
    ledger = Ledger()
    short = ledger.settle(
        ledger.reserve("a", bound()), used(None, None, total_tokens=30), sent=True
    )
    sums = ledger.totals()
    far = ledger.settle(ledger.reserve("b", bound()), used(None, None, total_tokens=900), sent=True)

    assert (sums.tokens, sums.unreported_calls, sums.unreported_tokens) == (30, 1, 30)
    assert sums.usd == pytest.approx(CHEAP.usd(0, 30))
    assert short is None
    assert far.told == "a call took 900 tokens, where 150 were the most it was given"


def test_money_is_the_larger_of_what_is_reported_and_what_the_tokens_cost():
    ledger = Ledger()
    ledger.settle(ledger.reserve("a", bound()), used(10, 5, cost_usd=0.000_02), sent=True)
    ledger.settle(ledger.reserve("a", bound()), used(10, 5, cost_usd=0.0), sent=True)

    assert ledger.totals().usd == pytest.approx(0.000_02 + CHEAP.usd(10, 5))


@pytest.mark.parametrize(
    ("usage", "what"),
    [
        (used(10, 51), "output tokens"),
        (used(140, 50), "tokens"),
        (used(10, 5, cost_usd=0.1), "usd"),
        (used(10, 50), None),
        (used(120, 20), None),  # more of the input than thought, and no more in all
        (used(100, 50, cost_usd=CHEAP.usd(100, 50)), None),
    ],
)
def test_a_provider_that_took_more_than_it_was_given_is_named(usage, what):
    ledger = Ledger(Caps(usd=1.0))
    overrun = ledger.settle(ledger.reserve("acme", bound()), usage, sent=True)

    assert (overrun and overrun.what) == what
    assert overrun is None or overrun.gateway == "acme"


def test_a_fee_is_spent_with_each_answer_and_with_no_refusal():
    ledger = Ledger(Caps(usd=0.025))
    price = Price(1.0, 2.0, request_usd=0.01, picture_usd=0.001)
    asked = Bound(100, 50, 0.0112, price, pictures=1)

    ledger.settle(ledger.reserve("g", asked), Usage(input_tokens=100, output_tokens=50), sent=True)
    ledger.settle(ledger.reserve("g", asked), Usage(input_tokens=0, output_tokens=0), sent=True)

    assert ledger.totals().usd == pytest.approx(0.0112)
    assert isinstance(ledger.reserve("g", asked), Reservation)
    assert isinstance(ledger.reserve("g", asked), Refusal)


def test_a_price_that_is_not_all_of_it_is_refused_with_what_it_lacks():
    price = Price(1.0, 2.0, unreckoned="web_search is charged as well")
    refusal = Ledger(Caps(usd=1.0)).reserve("g", Bound(100, 50, None, price))

    assert "the price is unknown (web_search is charged as well)" in refusal.reason


def test_an_overrun_is_told_with_both_amounts():
    tokens = Overrun(gateway="a", what="output tokens", reserved=52, taken=1700)
    money = Overrun(gateway="a", what="usd", reserved=0.0004, taken=0.2)

    assert tokens.told == ("a call took 1,700 output tokens, where 52 were the most it was given")
    assert money.told == "a call cost $0.2000, where $0.00040 was the most"


def test_an_unknown_price_cannot_be_held_to_a_cap_on_money_and_the_remedy_is_told():
    refused = Ledger(Caps(usd=1.0)).reserve("a", bound(price=Price()))

    assert (refused.cap, refused.wanted, refused.may_fit) == ("usd", None, False)
    assert "price is unknown" in refused.reason
    assert "--max-tokens-total" in refused.reason
    assert isinstance(Ledger(Caps(tokens=1000)).reserve("a", bound(price=Price())), Reservation)


def test_an_answer_that_nothing_bounds_cannot_be_held_to_a_cap_on_tokens():
    endless = Bound(100, None, None, CHEAP)
    refused = Ledger(Caps(tokens=10**9)).reserve("a", endless)

    assert not refused.may_fit
    assert "set --max-tokens" in refused.reason
    assert isinstance(Ledger(Caps(calls=1)).reserve("a", endless), Reservation)


def test_a_refusal_says_which_cap_how_much_is_left_and_what_it_could_come_to():
    ledger = Ledger(Caps(usd=0.00006))
    ledger.settle(ledger.reserve("a", bound()), None, sent=True)
    refused = ledger.reserve("a", bound())

    assert refused.reason == (
        "not sent: --max-cost 0.00006: $0.000015 left, and this could come to $0.000045"
    )


def test_a_reservation_is_settled_once():
    ledger = Ledger()
    held = ledger.reserve("a", bound())
    ledger.settle(held, None, sent=True)

    with pytest.raises(ValueError, match="once"):
        ledger.settle(held, None, sent=True)


def test_each_gateway_has_its_own_account_and_all_have_one():
    ledger = Ledger()
    ledger.settle(ledger.reserve("a", bound()), used(10, 5), sent=True)
    ledger.settle(ledger.reserve("b", bound()), used(1, 1), sent=True)

    assert ledger.totals("a").tokens == 15
    assert ledger.totals("b").tokens == 2
    assert ledger.totals("c").calls == 0
    assert ledger.totals().tokens == 17


def test_the_clock_tells_when_leave_was_given():
    ledger = Ledger(clock=lambda: 12.5)

    assert ledger.reserve("a", bound()).at_s == 12.5


def within(ledger):
    sums, caps = ledger.totals(), ledger.caps
    assert caps.calls is None or sums.calls + sums.reserved_calls <= caps.calls
    assert caps.tokens is None or sums.tokens + sums.reserved_tokens <= caps.tokens
    assert caps.usd is None or sums.usd + sums.reserved_usd <= caps.usd + 1e-12


steps = st.lists(
    st.tuples(
        st.integers(0, 3000), st.integers(0, 2000), st.floats(0, 1), st.floats(0, 1),
        st.sampled_from(["used", "silent", "not sent", "kept"]),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    steps=steps,
    usd=st.none() | st.floats(0, 0.01),
    tokens=st.none() | st.integers(0, 20_000),
    calls=st.none() | st.integers(0, 30),
)
def test_no_sequence_of_calls_passes_a_cap(steps, usd, tokens, calls):
    ledger = Ledger(Caps(usd=usd, tokens=tokens, calls=calls))
    held = []
    for into, out, share_in, share_out, end in steps:
        leave = ledger.reserve("a", bound(into, out))
        within(ledger)
        if isinstance(leave, Refusal):
            continue
        if end == "kept":
            held.append(leave)
            continue
        usage = used(int(into * share_in), int(out * share_out)) if end == "used" else None
        assert ledger.settle(leave, usage, sent=end != "not sent") is None
        within(ledger)
    for leave in held:
        ledger.settle(leave, None, sent=False)

    sums = ledger.totals()
    assert (sums.reserved_calls, sums.reserved_tokens, sums.reserved_usd) == (0, 0, 0)


def test_many_threads_at_once_never_pass_a_cap_and_lose_nothing():
    ledger = Ledger(Caps(usd=0.05, tokens=300_000, calls=2000))

    def work(seed):
        rng, taken = random.Random(seed), 0
        for _ in range(300):
            into, out = rng.randint(1, 400), rng.randint(1, 200)
            leave = ledger.reserve(f"g{seed % 3}", bound(into, out))
            within(ledger)
            if isinstance(leave, Reservation):
                spent = used(rng.randint(0, into), rng.randint(0, out))
                ledger.settle(leave, spent, sent=True)
                taken += spent.input_tokens + spent.output_tokens
        return taken

    with ThreadPoolExecutor(8) as threads:
        taken = sum(threads.map(work, range(8)))

    within(ledger)
    assert ledger.totals().tokens == taken
    assert sum(ledger.totals(f"g{n}").tokens for n in range(3)) == taken
    assert ledger.totals().reserved_usd == 0


def test_a_reported_cost_of_zero_says_nothing_of_an_unknown_price():
    ledger = Ledger(Caps())
    for usd in (0.0, 0.25):
        held = ledger.reserve("a", Bound(100, 50, None, Price()))
        ledger.settle(held, used(10, 5, cost_usd=usd), sent=True)

    totals = ledger.totals()
    assert (totals.usd, totals.calls, totals.unpriced_calls) == (0.25, 2, 1)


def test_calls_whose_cost_is_the_most_it_can_be_are_counted():
    ledger = Ledger(Caps(usd=1.0))
    for price, more in (
        (CHEAP, {}),
        (CHEAP, {"cached_tokens": 5}),
        (CHEAP, {"cached_tokens": 5, "cost_usd": 0.01}),  # as it was billed
        (CHEAP, {"cost_usd": CHEAP.usd(10, 5)}),
        (CHEAP, {"cached_tokens": 5, "cost_usd": 0.000_001}),  # billed as less than counts
        (
            replace(CHEAP, cached_usd_per_mtok=0.01),
            {"cached_tokens": 5},
        ),  # all input counts in full
        (replace(CHEAP, is_most=True), {}),
    ):
        held = ledger.reserve("a", bound(price=price))
        ledger.settle(held, used(10, 5, **more), sent=True)
    held = ledger.reserve("a", bound())
    ledger.settle(held, None, sent=True)  # told as what was reserved
    held = ledger.reserve("a", bound(price=replace(CHEAP, is_most=True)))
    ledger.settle(held, used(0, 0), sent=True)  # it was refused, and cost nothing

    assert ledger.totals().calls == 9
    assert ledger.totals().dearest_calls == 4


@pytest.mark.parametrize("digits", [99, 10])
def test_a_cost_that_is_reported_as_it_is_priced_is_not_at_most_that(digits):
    ledger, price = Ledger(), Price(1.0, 2.0)
    for into in range(1, 200):
        # In floats many of these are a hair off what their price comes to.
        cost = round(into * 1e-6 + 20 * 2e-6, digits)
        held = ledger.reserve("a", bound(1000, 50, price))
        ledger.settle(held, used(into, 20, cost_usd=cost), sent=True)

    assert ledger.totals().dearest_calls == 0


def test_cached_tokens_that_are_counted_beside_the_input_cost_as_the_rest():
    ledger = Ledger()
    usage = used(10, 5, cached_tokens=80)
    ledger.settle(ledger.reserve("a", bound()), usage, sent=True)

    assert ledger.totals().usd == pytest.approx(CHEAP.usd(90, 5))
    assert ledger.totals().usd == pytest.approx(answer_usd(CHEAP, usage, ()))
