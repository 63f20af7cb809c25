"""What one request of a load run cost by its price: fees and thinking as they came, and no more."""

import pytest

from gatewayz.core import Attempt, ChatRequest, Gateway, Price, Reply, Usage
from gatewayz.core.load import LoadShape, Stage, Target
from gatewayz.load import Aim, LoadOrder
from gatewayz.load.prompts import prompts_of
from gatewayz.load.reducing import Moments, Reducer
from gatewayz.probes._delivery import DELIVERY

STAGE = Stage(index=0, title="1 at once", unit="concurrency", level=1, requests=1)
PICTURE = {"type": "image_url", "image_url": {"url": "data:,"}}


def cost(price, *parts, **asked):
    """USD of 1,000 tokens in and 100 out."""
    return sampled(price, *parts, **asked).cost_usd


def sampled(price, *parts, reasoning="", extra=None, model="m", **counts):
    """The sample of a request of 1,000 tokens in and 100 out."""
    aim = Aim(target=Target(name="g/m", gateway="g", model_id=model),
              gateway=Gateway(name="g"), price=price)  # fmt: skip
    order = LoadOrder(
        aims=(aim,), prompts=prompts_of("short"), checks=DELIVERY,
        shape=LoadShape(kind="steady", unit="concurrency", words="1 at once", stages=(STAGE,)),
    )  # fmt: skip
    asked = [{"type": "text", "text": "Hm?"}, *parts]
    request = ChatRequest(messages=({"role": "user", "content": asked},), extra=extra or {})
    counts = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100, **counts}
    usage = Usage(**counts)
    reply = Reply(text="Hello there.", reasoning=reasoning, finish_reason="stop", choices=1,
                  content_kind="text", usage=usage)  # fmt: skip
    attempt = Attempt(status=200, reply=reply)
    reducer = Reducer(order, 0.0)
    verdict = reducer.judged(aim, request, attempt)
    moments = Moments(0.0, 0.0, 1.0, is_open=False)
    return reducer.sample(aim, verdict, attempt, moments, stage=0, turn=0, warm_up=False)


def test_each_picture_has_its_fee():
    price = Price(1.0, 2.0, picture_usd=0.01)

    assert cost(price) == pytest.approx(0.0012)
    assert cost(price, PICTURE, PICTURE) == pytest.approx(0.0212)


def test_tokens_of_pictures_have_their_own_price():
    assert cost(Price(1.0, 2.0, media_usd_per_mtok=5.0), PICTURE) == pytest.approx(0.0052)


@pytest.mark.parametrize(
    ("reasoning", "counts", "usd"),
    [
        ("", {}, 0.0012),
        ("", {"reasoning_tokens": 0}, 0.0012),
        ("Well...", {"reasoning_tokens": 40}, 0.00192),
        ("Well...", {}, 0.003),  # nobody counted them, so each may be one
    ],
)
def test_only_what_was_thought_costs_what_thinking_costs(reasoning, counts, usd):
    price = Price(1.0, 2.0, thinking_usd_per_mtok=20.0)

    assert cost(price, reasoning=reasoning, **counts) == pytest.approx(usd)


def test_what_a_cache_had_costs_less_or_is_told_as_the_most_it_may_cost():
    told, untold = Price(1.0, 2.0, cached_usd_per_mtok=0.1), Price(1.0, 2.0)
    found = [sampled(told, cached_tokens=900), sampled(untold, cached_tokens=900), sampled(untold),
             sampled(untold, cached_tokens=900, cost_usd=0.0003)]  # fmt: skip

    assert [one.cost_usd for one in found] == [
        pytest.approx(usd) for usd in (0.00039, 0.0012, 0.0012, 0.0003)
    ]
    assert [one.cost_at_most for one in found] == [False, True, False, False]


def test_what_may_have_cost_more_is_not_known_unless_it_is_reported():
    searched = {"plugins": [{"id": "web"}]}

    assert cost(Price(1.0, 2.0), extra=searched) is None
    assert cost(Price(1.0, 2.0), extra=searched, cost_usd=0.05) == 0.05
    assert cost(Price(1.0, 2.0), model="m:online") is None


def test_a_reported_cost_of_zero_is_none():
    nothing = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}

    assert cost(Price(1.0, 2.0), cost_usd=0.0) == pytest.approx(0.0012)
    assert cost(Price(0.0, 0.0), cost_usd=0.0) == 0.0
    assert cost(Price(), cost_usd=0.0) is None
    assert cost(Price(1.0, 2.0), cost_usd=0.0, **nothing) is None
