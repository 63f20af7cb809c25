"""Gateways whose catalogues charge for more than tokens: what they charge is read, or the price unknown."""

import pytest

from gatewayz.core import Price
from gatewayz.gateways import find_gateway

PER_TOKEN = {"prompt": "0.000001", "completion": "0.000002"}


def price_of(name, **entry):
    page = find_gateway(name).catalog.page([{"id": "owner/model", **entry}])
    return page.models[0].price


@pytest.mark.parametrize("name", ["openrouter", "cerebras", "nebius"])
def test_a_fee_for_each_request_is_read(name):
    found = price_of(name, pricing={**PER_TOKEN, "request": "0.01", "image": "0.002"})

    assert found == Price(1.0, 2.0, request_usd=0.01, picture_usd=0.002)


def test_thinking_that_openrouter_sells_dearer_is_read():
    found = price_of("openrouter", pricing={**PER_TOKEN, "internal_reasoning": "0.000004"})

    assert found == Price(1.0, 2.0, thinking_usd_per_mtok=4.0)


def test_what_together_charges_by_the_hour_is_not_free():
    by_token = {"hourly": 0, "input": 0.3, "output": 0.4, "base": 0, "finetune": 2}
    by_hour = {"hourly": 3.5, "input": 0, "output": 0, "base": 0}

    assert price_of("together", type="chat", pricing=by_token) == Price(0.3, 0.4)
    assert not price_of("together", type="chat", pricing=by_hour).known


def test_pictures_that_xai_sells_dearer_than_text_are_read():
    found = price_of(
        "xai", prompt_text_token_price=30000, completion_text_token_price=150000,
        prompt_image_token_price=60000, search_price=25000,
    )  # fmt: skip

    assert found == Price(3.0, 15.0, media_usd_per_mtok=6.0)


def test_what_cached_input_costs_is_read_where_a_list_tells_it():
    read = {**PER_TOKEN, "input_cache_read": "0.0000001"}
    by_token = {"input": 0.3, "output": 0.4, "cached_input": 0.1}
    grok = {"prompt_text_token_price": 30000, "completion_text_token_price": 150000,
            "cached_prompt_text_token_price": 7500}  # fmt: skip
    usd = {"input": {"usd": 1.0}, "output": {"usd": 2.0}}
    in_mtok = {"prompt": 1.0, "completion": 2.0, "input_cache_read": 0.5}

    assert price_of("openrouter", pricing=read) == Price(1.0, 2.0, cached_usd_per_mtok=0.1)
    together = price_of("together", type="chat", pricing=by_token)
    assert together == Price(0.3, 0.4, cached_usd_per_mtok=0.1)
    assert price_of("xai", **grok) == Price(3.0, 15.0, cached_usd_per_mtok=0.75)
    chutes = price_of("chutes", price=usd, pricing=in_mtok)
    assert chutes == Price(1.0, 2.0, cached_usd_per_mtok=0.5)


def test_a_provider_that_may_answer_at_an_untold_price_bounds_nothing():
    told = {"provider": "one", "status": "live", "pricing": {"input": 1, "output": 2}}
    free = {"provider": "two", "status": "live", "is_free": True}
    silent = {"provider": "three", "status": "live"}
    down = {"provider": "four", "status": "error"}

    assert price_of("huggingface", providers=[told, down]) == Price(1.0, 2.0)
    # A free one may answer, and then it costs less.
    assert price_of("huggingface", providers=[told, free, down]) == Price(1.0, 2.0, is_most=True)
    assert not price_of("huggingface", providers=[told, silent]).known
    for odd in ("bad", -1, 99_999):
        unread = {"provider": "five", "status": "live", "pricing": {"input": odd, "output": 2}}
        assert not price_of("huggingface", providers=[told, unread]).known
