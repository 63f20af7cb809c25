"""What an attempt is settled with hangs on how far it got and what came back."""

from dataclasses import replace

import pytest

from gatewayz.core import (
    Attempt,
    ErrorBody,
    FaultName,
    Phase,
    Price,
    Quirks,
    Reply,
    Usage,
    WireFault,
)
from gatewayz.core.costs import cost_range, fits
from gatewayz.money import Auditor, Billed, Bound, Ledger, billed

COUNTS = Usage(input_tokens=12, output_tokens=3, reasoning_tokens=2)
ANSWER = Attempt(status=200, reached=Phase.END, reply=Reply(text="hi", usage=COUNTS))


def lost(phase, **more):
    fault = WireFault(name=FaultName.TIMEOUT, phase=phase)
    return Attempt(reached=phase, fault=fault, **more)


def refused(status):
    return Attempt(status=status, reached=Phase.END, error=ErrorBody(message="no"))


@pytest.mark.parametrize(
    ("attempt", "wanted"),
    [
        (ANSWER, Billed(COUNTS, sent=True)),
        (lost(Phase.DNS), Billed(None, sent=False)),
        (lost(Phase.TLS), Billed(None, sent=False)),
        (lost(Phase.HEADERS), Billed(None, sent=True)),
        (lost(Phase.BODY, status=200, reply=ANSWER.reply), Billed(None, sent=True)),
        # A client's own function raised, and may have called by then.
        (
            Attempt(fault=WireFault(name=FaultName.CALL_RAISED, phase=Phase.HEADERS)),
            Billed(None, sent=True),
        ),
        (refused(401), Billed(Usage(input_tokens=0, output_tokens=0), sent=True)),
        (refused(429), Billed(Usage(input_tokens=0, output_tokens=0), sent=True)),
        (refused(408), Billed(None, sent=True)),
        (refused(500), Billed(None, sent=True)),
        (None, Billed(None, sent=True)),
    ],
)
def test_how_an_attempt_counts(attempt, wanted):
    assert billed(attempt, Quirks()) == wanted


@pytest.mark.parametrize(
    ("attempt", "wanted"),
    [
        (refused(500), Billed(Usage(input_tokens=0, output_tokens=0), sent=True)),
        (refused(503), Billed(Usage(input_tokens=0, output_tokens=0), sent=True)),
        (refused(504), Billed(None, sent=True)),
        (refused(524), Billed(None, sent=True)),
        (lost(Phase.BODY, status=503), Billed(None, sent=True)),
        (lost(Phase.HEADERS), Billed(None, sent=True)),
        (ANSWER, Billed(COUNTS, sent=True)),
    ],
)
def test_whoever_says_so_takes_a_servers_error_for_nothing(attempt, wanted):
    assert billed(attempt, Quirks(), errors_take_nothing=True) == wanted


def test_counts_of_zero_beside_a_text_are_not_gone_by():
    zero = Usage(input_tokens=0, output_tokens=0, total_tokens=0)
    attempt = Attempt(status=200, reply=Reply(text="hi", usage=zero))

    assert billed(attempt, Quirks()) == Billed(None, sent=True)


@pytest.mark.parametrize(
    ("told", "into", "out"),
    [
        (Usage(input_tokens=30, output_tokens=0, total_tokens=30), 30, 50),
        (Usage(input_tokens=30, total_tokens=30), 30, 50),
        (Usage(input_tokens=30, output_tokens=0), 30, 50),
        (Usage(output_tokens=0, total_tokens=30), 0, 30),  # a sum alone is output, the dear side
        (Usage(input_tokens=0, output_tokens=20, total_tokens=20), 100, 20),
        (Usage(output_tokens=20, total_tokens=20), 100, 20),
        (Usage(input_tokens=0, output_tokens=20, cached_tokens=30), 0, 20),
        (Usage(input_tokens=30, output_tokens=0, total_tokens=50), 30, 20),
    ],
)
def test_beside_a_text_a_side_that_counts_nothing_is_as_reserved(told, into, out):
    ledger, price = Ledger(), Price(1.0, 100.0)
    held = ledger.reserve("a", Bound(100, 50, price.usd(100, 50), price))
    found = billed(Attempt(status=200, reply=Reply(text="hi", usage=told)), Quirks())
    ledger.settle(held, found.usage, sent=found.sent)
    sums = ledger.totals()

    assert (sums.input_tokens, sums.output_tokens) == (into, out)
    # All that the counts do not tell by themselves is told apart.
    sides = (told.input_tokens or told.cached_tokens, told.output_tokens)
    whole = (told.total_tokens or 0) > 30
    assert sums.unreported_calls == (0 if whole or all(sides) else 1)


def test_thoughts_and_refusals_are_generated_as_texts_are():
    zero = Usage(input_tokens=0, output_tokens=0)
    said = (Reply(reasoning="Hm.", usage=zero), Reply(refusal="No.", usage=zero),
            Reply(others=("b",), usage=zero))  # fmt: skip

    assert [billed(Attempt(status=200, reply=one), Quirks()).usage for one in said] == [None] * 3
    assert billed(Attempt(status=200, reply=Reply(usage=zero)), Quirks()).usage == zero


@pytest.mark.parametrize("usd", [None, 0.0, 5.0])
def test_a_cost_that_is_told_stands_whatever_its_counts_are_worth(usd):
    nothing = Usage(input_tokens=0, output_tokens=0, cost_usd=usd)
    beside_a_text = Attempt(status=200, reply=Reply(text="hi", usage=nothing))
    fault = WireFault(name=FaultName.TIMEOUT, phase=Phase.BODY)
    broken_off = replace(beside_a_text, fault=fault)
    told = Usage(cost_usd=usd) if usd else None

    for one in (beside_a_text, broken_off):
        assert billed(one, Quirks()) == Billed(told, sent=True)


def test_thinking_that_is_counted_apart_is_counted_in():
    found = billed(ANSWER, Quirks(usage_excludes_reasoning=True))

    assert found.usage.output_tokens == 5


def test_an_error_inside_a_success_says_nothing_of_what_it_took():
    in_band = Attempt(status=200, error=ErrorBody(message="no", in_band=True), reply=ANSWER.reply)

    assert billed(in_band, Quirks()) == Billed(None, sent=True)


def test_the_audit_adds_up_what_answers_report_and_what_they_would_cost():
    auditor, price = Auditor(), Price(1.0, 2.0)
    auditor.add("a", Usage(input_tokens=1000, output_tokens=100, cost_usd=0.0012), price)
    auditor.add("a", Usage(input_tokens=1000, output_tokens=100, cost_usd=0.12), price)
    auditor.add("a", Usage(input_tokens=1000, output_tokens=100), price)
    auditor.add("b", Usage(input_tokens=1000, output_tokens=100, cost_usd=0.1), Price())
    (found,) = auditor.audits()

    assert (found.gateway, found.answers, found.odd) == ("a", 2, 1)
    assert found.reported_usd == pytest.approx(0.1212)
    assert found.least_usd == found.most_usd == pytest.approx(0.0024)


@pytest.mark.parametrize(
    ("cost", "fine"),
    [
        (0.0012, True),
        (0.0, True),  # free, or on a plan
        (0.00006, True),  # the fee for a key of one's own
        (0.0017, True),  # a router took a dearer host
        (0.0024, False),  # twice as dear
        (0.12, False),  # cents for dollars
        (0.0000012, False),
    ],
)
def test_a_cost_fits_within_what_is_allowed_on_either_side(cost, fine):
    reckoned = cost_range(Price(1.0, 2.0), Usage(input_tokens=1000, output_tokens=100))

    assert fits(cost, *reckoned) is fine


def test_cached_tokens_and_thinking_widen_the_range():
    usage = Usage(input_tokens=1000, output_tokens=100, cached_tokens=900, reasoning_tokens=400)

    assert cost_range(Price(1.0, 2.0), usage) == pytest.approx((0.0003, 0.0029))


def test_a_reported_cost_of_zero_is_none_to_be_audited():
    auditor = Auditor()
    auditor.add("a", Usage(input_tokens=1000, output_tokens=100, cost_usd=0.0), Price(1.0, 2.0))

    assert auditor.audits() == ()
