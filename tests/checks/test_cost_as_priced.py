"""A reported cost is held against the listed price, and nothing else."""

from dataclasses import replace

import pytest

from gatewayz.checks.cost_as_priced import cost_as_priced
from gatewayz.core import Model, Price, Usage

PRICED = Model(id="gpt-4o", price=Price(2.5, 10.0))


def counts(cost):
    return Usage(input_tokens=20, output_tokens=4, total_tokens=24, cost_usd=cost)


@pytest.mark.parametrize(
    ("cost", "kind"),
    [(0.00009, None), (0.0, None), (0.0009, "cost-differs"), (0.000_000_09, "cost-differs")],
)
def test_a_cost_far_from_the_price_is_told(by_hand, cost, kind):
    found = cost_as_priced(by_hand.seen("Paris", card=PRICED, usage=counts(cost)))

    assert by_hand.kind(found) == kind
    assert found is None or (found.warning, found.expected) == (True, "about $0.000090")


def test_without_a_price_a_cost_or_counts_nothing_is_said(by_hand):
    told = Usage(input_tokens=20, cost_usd=9.0)

    assert cost_as_priced(by_hand.seen("Paris", usage=counts(9.0))) is None
    assert cost_as_priced(by_hand.seen("Paris", card=PRICED, usage=(20, 4, 24))) is None
    assert cost_as_priced(by_hand.seen("Paris", card=PRICED, usage=told)) is None
    assert cost_as_priced(by_hand.seen("Paris", card=PRICED)) is None


def test_what_was_asked_for_beside_the_answer_is_no_cost_that_differs(by_hand):
    asked = replace(by_hand.asked(), extra={"plugins": [{"id": "web"}]})

    assert cost_as_priced(by_hand.seen("Paris", asked, card=PRICED, usage=counts(0.0009))) is None


def test_what_is_asked_for_with_searches_costs_more_than_its_list_tells(by_hand):
    searches = replace(PRICED, id="gpt-4o:online")

    assert cost_as_priced(by_hand.seen("Paris", card=searches, usage=counts(0.0009))) is None
