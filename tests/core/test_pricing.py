"""What a catalogue charges beside its two prices of tokens is in the worst case, or the price is unknown."""

from dataclasses import replace

import pytest

from gatewayz.core import Price, Usage
from gatewayz.core.codec import dumps, loads
from gatewayz.core.costs import answer_usd, cost_range, fits, may_be_less, price_of_request
from gatewayz.core.pricing import with_charges

PER_TOKEN = 1e6


def charged(model_id="owner/model", **also):
    pricing = {"prompt": "0.000001", "completion": "0.000002", **also}
    return with_charges(Price(1.0, 2.0), pricing, PER_TOKEN, model_id)


def test_a_fee_for_each_request_is_part_of_what_an_answer_costs():
    price = charged(request="0.01")

    assert price.known
    assert price.usd(100, 50) == pytest.approx(0.01 + 200e-6)
    assert charged(request="0").usd(100, 50) == pytest.approx(200e-6)


def test_thinking_that_is_dearer_counts_for_every_token_that_may_be_one():
    price = charged(internal_reasoning="0.000005")

    assert price.usd(0, 100) == pytest.approx(500e-6)
    assert price.usd(0, 100, thought=10) == pytest.approx(90 * 2e-6 + 10 * 5e-6)
    assert charged(internal_reasoning="0.000001").usd(0, 100) == pytest.approx(200e-6)


@pytest.mark.parametrize(
    "also",
    [
        {"request": "-1"},
        {"request": "by agreement"},
        {"request": "5000"},
        {"per_minute": "0.02"},
        {"hourly": 1.5},
        {"overrides": [{"min_prompt_tokens": 9, "prompt": "-1"}]},
    ],
)
def test_what_cannot_be_reckoned_leaves_the_price_unknown_and_says_why(also):
    price = charged(**also)

    assert price.unreckoned
    assert not price.known
    assert price.usd(1, 1) is None


@pytest.mark.parametrize(
    "also",
    [
        {"request": None, "image": "", "web_search": 0},
        {"input_cache_write": "0.00000125", "input_cache_write_1h": "0.00002"},
        {"web_search": "0.01", "discount": 0.5, "image_output": "0.00003"},
        {"currency": "USD", "type": "tokens"},
    ],
)
def test_what_is_not_asked_for_costs_nothing(also):
    assert charged(**also) == Price(1.0, 2.0)


def test_a_search_is_charged_by_a_model_that_always_searches():
    assert charged("perplexity/sonar-pro", web_search="0.005").unreckoned
    assert charged("openai/gpt-4o-search-preview", web_search="0.01").unreckoned
    assert charged("owner/research-model", web_search="0.01").known


def test_of_several_tiers_the_dearest_counts():
    tiers = [{"min_prompt_tokens": 200_000, "prompt": "0.000004", "completion": "0.000001"}]
    price = charged(overrides=tiers)

    assert (price.input_usd_per_mtok, price.output_usd_per_mtok) == (4.0, 2.0)


@pytest.mark.parametrize(
    ("tier", "found"),
    [
        ({"internal_reasoning": "0.000009"}, {"thinking_usd_per_mtok": 9.0}),
        ({"image": "0.09"}, {"picture_usd": 0.09}),
        ({"audio": "0.00009"}, {"media_usd_per_mtok": 90.0}),
        ({"image": "-1"}, {"unreckoned": "image is charged as well", "is_most": False}),
        ({"min_prompt_tokens": 9, "prompt": "0.000004"}, {"input_usd_per_mtok": 4.0}),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_a_tier_may_charge_for_more_than_the_two_sides(tier, found, alone):
    expected = replace(Price(1.0, 2.0, is_most=True), **found)

    assert charged(overrides=tier if alone else [tier]) == expected


def test_pictures_have_their_fee_in_an_answer_and_in_what_it_may_be():
    price, usage = charged(image="0.005"), Usage(input_tokens=1000, output_tokens=10)
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {}}]}

    assert answer_usd(price, usage, [picture]) == pytest.approx(0.005 + 1020e-6)
    assert answer_usd(price, usage, "no messages") == pytest.approx(1020e-6)
    assert fits(0.006, *cost_range(price, usage, pictures=1))
    assert not fits(0.006, *cost_range(price, usage))


CACHED = Usage(input_tokens=1000, output_tokens=10, cached_tokens=800)
PICTURE = {"role": "user", "content": [{"type": "image_url", "image_url": {}}]}


def test_cached_input_costs_what_the_list_says():
    price = charged(input_cache_read="0.0000001", request="0.01")

    assert price.known
    assert answer_usd(price, CACHED, ()) == pytest.approx(0.01 + (200 + 80 + 20) * 1e-6)
    assert not may_be_less(price, CACHED)


def test_cached_input_of_no_known_price_costs_at_most_as_much_as_other_input():
    assert answer_usd(charged(), CACHED, ()) == pytest.approx(1020e-6)
    assert may_be_less(charged(), CACHED)
    assert not may_be_less(charged(), Usage(input_tokens=1000, output_tokens=10))
    assert not may_be_less(Price(0.0, 2.0), CACHED)


def test_a_bound_has_all_input_at_the_full_price():
    assert charged(input_cache_read="0.0000001").usd(1000, 10) == pytest.approx(1020e-6)


@pytest.mark.parametrize("also", ["0", 0, "-1", "0.000002", "by agreement", None, "NaN"])
def test_what_is_no_price_of_cached_input_tells_none(also):
    assert charged(input_cache_read=also) == Price(1.0, 2.0)


def test_of_several_tiers_cached_input_has_the_dearest():
    tiers = [{"min_prompt_tokens": 9, "prompt": "0.000004", "input_cache_read": "0.0000004"}]

    price = charged(input_cache_read="0.0000001", overrides=tiers)

    assert (price.input_usd_per_mtok, price.cached_usd_per_mtok) == (4.0, 0.4)


TIERS = [{"min_prompt_tokens": 200_000, "prompt": "0.000004"}]


@pytest.mark.parametrize(
    ("price", "usage", "messages", "less"),
    [
        (Price(1.0, 2.0), Usage(input_tokens=9, output_tokens=9), (), False),
        (charged(overrides=TIERS), Usage(input_tokens=9, output_tokens=9), (), True),
        (charged(overrides=[{"min_prompt_tokens": 9, "prompt": "0.000001"}]),
         Usage(input_tokens=9, output_tokens=9), (), False),
        (charged(overrides=[{"min_prompt_tokens": 9, "prompt": "0.0000005"}]),
         Usage(input_tokens=9, output_tokens=9), (), True),
        (charged(overrides=[{"utc_start": 1, "completion": "0.000001"}]),
         Usage(input_tokens=9, output_tokens=9), (), True),
        (charged(request="0.01", overrides=[{"utc_start": 1, "request": "0.001"}]),
         Usage(input_tokens=9, output_tokens=9), (), True),
        (charged(input_cache_read="0.0000001", overrides=[{"utc_start": 1, "input_cache_read": "0.0000005"}]),
         Usage(input_tokens=9, output_tokens=9), (), True),
        (charged(is_most=True), Usage(input_tokens=9, output_tokens=9), (), True),
        (charged(is_most="yes"), Usage(input_tokens=9, output_tokens=9), (), False),
        (Price(1.0, 2.0, thinking_usd_per_mtok=20.0), Usage(input_tokens=9, output_tokens=9), (), True),
        (Price(1.0, 2.0, thinking_usd_per_mtok=20.0),
         Usage(input_tokens=9, output_tokens=9, reasoning_tokens=0), (), False),
        (Price(1.0, 2.0, media_usd_per_mtok=5.0), Usage(input_tokens=9, output_tokens=9), (), False),
        (Price(1.0, 2.0, media_usd_per_mtok=5.0), Usage(input_tokens=9, output_tokens=9),
         [{"role": "user", "content": [{"type": "image_url"}]}], True),
    ],
    ids=["one price", "tiers", "tiers alike", "cheaper at times", "a cheaper side", "a cheaper fee",
         "tiers of a cache", "told so", "no mark", "thought uncounted", "thought counted", "text", "a picture"],
)  # fmt: skip
def test_a_cost_is_the_most_where_nobody_tells_how_much_is_cheaper(price, usage, messages, less):
    asked = price_of_request(price, "m", {}, messages)

    assert may_be_less(asked, usage) is less


def test_more_cached_tokens_than_input_are_counted_beside_it():
    beside = Usage(input_tokens=1000, output_tokens=10, cached_tokens=5000)
    known, unknown = charged(input_cache_read="0.0000001"), charged()

    assert answer_usd(known, beside, ()) == pytest.approx(1020e-6 + 500e-6)
    assert answer_usd(unknown, beside, ()) == pytest.approx(cost_range(unknown, beside)[1])
    assert may_be_less(unknown, beside)


def test_cached_pictures_are_not_reckoned_as_cached_text():
    listed = charged(input_cache_read="0.0000001", image_token="0.000005")
    price = price_of_request(listed, "m", {}, [PICTURE])

    assert answer_usd(price, CACHED, [PICTURE]) == pytest.approx(5020e-6)
    assert may_be_less(price, CACHED)


@pytest.mark.parametrize("also", [{}, {"input_cache_read": "0.0000001"}])
def test_no_cost_between_a_free_cache_and_the_full_price_is_odd(also):
    most = answer_usd(charged(), CACHED, ())
    for share in (0.25, 0.5, 1):
        assert fits(share * most, *cost_range(charged(**also), CACHED))


def test_a_price_that_was_stored_before_there_were_fees_is_read_as_it_was():
    old = '{"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}'

    assert loads(Price, old) == Price(1.0, 2.0)
    assert loads(Price, dumps(charged(request="0.01"))) == charged(request="0.01")
