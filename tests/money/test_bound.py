"""The bound of one request holds whatever is in it, and is unknown where nothing bounds it."""

import json

import pytest

from gatewayz.core import ChatRequest, Gateway, Model, Price, Quirks
from gatewayz.money import bound_of
from gatewayz.money.bound import (
    LARGEST_WINDOW,
    PICTURE_TOKENS,
    SLACK_TOKENS,
    TEMPLATE_TOKENS,
)

GATEWAY = Gateway(name="g", base_url="http://g.invalid/v1")
MODEL = Model(id="m", price=Price(1.0, 2.0))


def asked(content="Hello", **more):
    return ChatRequest(messages=({"role": "user", "content": content},), **more)


def test_input_is_bounded_by_the_bytes_on_the_wire_and_what_is_put_around():
    request = asked("Grüße, 東京", max_tokens=10)
    sent = json.dumps(request.body("m", GATEWAY.quirks), ensure_ascii=False).encode()

    assert bound_of(request, MODEL, GATEWAY).input_tokens == len(sent) + TEMPLATE_TOKENS


def test_output_is_bounded_by_the_limit_for_each_choice():
    assert bound_of(asked(max_tokens=50), MODEL, GATEWAY).output_tokens == 50 + SLACK_TOKENS
    three = bound_of(asked(max_tokens=50, extra={"n": 3}), MODEL, GATEWAY)
    assert three.output_tokens == 3 * (50 + SLACK_TOKENS)


def test_the_limit_that_is_sent_counts_and_not_the_one_that_was_meant():
    raised = Gateway(name="g", quirks=Quirks(min_max_tokens=200))
    renamed = Gateway(name="g", quirks=Quirks(max_tokens_field="max_completion_tokens"))
    dropped = Gateway(name="g", quirks=Quirks(never_send=frozenset({"max_tokens"})))

    assert bound_of(asked(max_tokens=50), MODEL, raised).output_tokens == 202
    assert bound_of(asked(max_tokens=50), MODEL, renamed).output_tokens == 52
    assert bound_of(asked(max_tokens=50), MODEL, dropped).output_tokens is None


def test_of_two_limits_the_larger_bounds_the_answer_however_it_is_written():
    also = asked(max_tokens=5, extra={"max_completion_tokens": "4000"})
    unheard = asked(extra={"max_new_tokens": 5})
    endless = asked(max_tokens=5, extra={"max_tokens": -1})

    assert bound_of(also, MODEL, GATEWAY).output_tokens == 4002
    assert bound_of(unheard, MODEL, GATEWAY).output_tokens is None
    assert bound_of(endless, MODEL, GATEWAY).output_tokens is None


@pytest.mark.parametrize("field", ["n", "N", "best_of"])
@pytest.mark.parametrize("written", [3, 3.0, "3", 2.5])
def test_answers_are_counted_as_the_most_lenient_provider_counts_them(field, written):
    asks = asked(max_tokens=50, extra={field: written})

    assert bound_of(asks, MODEL, GATEWAY).output_tokens == 3 * (50 + SLACK_TOKENS)


@pytest.mark.parametrize(
    ("known", "most"),
    [
        ({"max_output_tokens": 4096, "context_tokens": 8192}, 4096),
        ({"context_tokens": 8192}, 8192),
        ({}, None),
    ],
)
def test_without_a_limit_the_model_s_own_maximum_bounds_the_answer(known, most):
    bound = bound_of(asked(), Model(id="m", price=Price(1.0, 2.0), **known), GATEWAY)

    assert bound.output_tokens == most
    assert (bound.usd is None) == (most is None)


def test_an_unknown_price_is_no_zero_and_a_free_model_costs_nothing():
    request = asked(max_tokens=50)

    assert bound_of(request, Model(id="m"), GATEWAY).usd is None
    assert bound_of(request, Model(id="m", price=Price(1.0, None)), GATEWAY).usd is None
    assert bound_of(request, Model(id="m", price=Price(0.0, 0.0)), GATEWAY).usd == 0
    assert bound_of(asked(), Model(id="m", price=Price(0.0, 0.0)), GATEWAY).usd == 0
    assert bound_of(request, Model(id="m"), GATEWAY, price=Price(1.0, 1.0)).usd > 0


def test_a_small_picture_may_count_for_more_tokens_than_it_has_bytes():
    picture = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]

    assert bound_of(asked(picture), MODEL, GATEWAY).input_tokens > PICTURE_TOKENS


def test_of_media_that_lie_elsewhere_only_the_window_bounds_the_tokens():
    film = [{"type": "video_url", "video_url": {"url": "https://example.com/film"}}]

    assert bound_of(asked(film), MODEL, GATEWAY).input_tokens > LARGEST_WINDOW
    small = Model(id="m", context_tokens=8192)
    assert 8192 < bound_of(asked(film), small, GATEWAY).input_tokens < 10_000


def test_a_family_that_brings_a_system_message_may_count_a_page_more():
    plain, more = (
        bound_of(asked(max_tokens=5), Model(id=name), GATEWAY).input_tokens
        for name in ("llama-3.3-70b", "mistral-small")
    )

    assert more > plain + 1900


def test_a_raw_body_is_bounded_by_itself():
    raw = asked(raw='{"model": "m", "messages": [')

    assert bound_of(raw, MODEL, GATEWAY).input_tokens == len(raw.raw) + TEMPLATE_TOKENS


def test_a_fee_for_each_request_and_each_picture_is_in_the_bound():
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    fees = Model(id="m", price=Price(1.0, 2.0, request_usd=0.01, picture_usd=0.002))
    plain, seen = asked(max_tokens=50), asked([picture, picture], max_tokens=50)

    assert bound_of(plain, fees, GATEWAY).usd == pytest.approx(
        bound_of(plain, MODEL, GATEWAY).usd + 0.01
    )
    assert bound_of(seen, fees, GATEWAY).usd == pytest.approx(
        bound_of(seen, MODEL, GATEWAY).usd + 0.014
    )


def test_tokens_of_pictures_are_bounded_at_their_own_price_and_thinking_at_its():
    media = Model(id="m", price=Price(1.0, 2.0, media_usd_per_mtok=3.0))
    thinks = Model(id="m", price=Price(0.0, 2.0, thinking_usd_per_mtok=5.0))
    seen = bound_of(asked([{"type": "image_url"}], max_tokens=50), media, GATEWAY)

    assert seen.usd == pytest.approx((seen.input_tokens * 3 + 52 * 2) / 1e6)
    assert bound_of(asked(max_tokens=50), media, GATEWAY).usd < seen.usd / 3
    assert bound_of(asked(max_tokens=50), thinks, GATEWAY).usd == pytest.approx(52 * 5 / 1e6)


def test_a_price_that_is_not_all_of_it_bounds_no_money():
    price = Price(1.0, 2.0, unreckoned="web_search is charged as well")

    assert bound_of(asked(max_tokens=50), Model(id="m", price=price), GATEWAY).usd is None


SEARCHES = [
    {"plugins": [{"id": "web"}]},
    {"web_search_options": {"search_context_size": "high"}},
    {"search_parameters": {"mode": "on"}},
    {"tools": [{"type": "web_search"}]},
    {"web_search_options": {}},
    {"search_parameters": {}},
    {"enable_search": True},
    {"Enable_Web_Search": "auto"},
    {"tools": [{"google_search": {}}]},
    {"tools": [{"type": "function", "function": {"name": "look"}}, {"type": None}]},
    {"tools": ["web_search"]},
]
DEARER = [
    {"models": ["another"]},
    {"service_tier": "priority"},
    {"modalities": ["text", "audio"]},
    {"audio": {}},
    {"cache_control": {}},
    {"tools": [{"type": "function", "cache_control": {"type": "ephemeral"}}]},
    {"tools": [{"type": "function", "function": {"cache_control": {"type": "ephemeral"}}}]},
]
PLAIN = [
    {"plugins": []},
    {"web_search_options": None},
    {"enable_search": False},
    {"disable_search": True},
    {"tools": [{"function": {"name": "look"}}]},
    {"tools": []},
    {"service_tier": "default"},
    {"modalities": ["text"]},
    {"tools": [{"type": "function", "function": {"name": "look"}}]},
]


@pytest.mark.parametrize("extra", [*SEARCHES, *DEARER])
def test_what_may_cost_more_than_lists_tell_bounds_no_money(extra):
    free = Model(id="m", price=Price(0.0, 0.0))
    asks = asked(max_tokens=50, extra=extra)

    assert bound_of(asks, MODEL, GATEWAY).usd is None
    assert bound_of(asks, free, GATEWAY).usd is None
    assert "may cost more" in bound_of(asks, MODEL, GATEWAY).price.unreckoned


@pytest.mark.parametrize("extra", SEARCHES)
def test_what_a_search_brings_in_may_fill_the_window(extra):
    small = Model(id="m", context_tokens=8192)

    assert 8192 < bound_of(asked(extra=extra), small, GATEWAY).input_tokens < 10_000


@pytest.mark.parametrize("extra", PLAIN)
def test_fields_that_cost_nothing_leave_the_price_known(extra):
    bound = bound_of(asked(max_tokens=50, extra=extra), MODEL, GATEWAY)

    assert bound.usd is not None
    assert bound.input_tokens < 1000


def test_a_cache_that_is_written_has_a_price_of_its_own():
    part = {"type": "text", "text": "Hm?", "cache_control": {"type": "ephemeral"}}

    assert bound_of(asked([part], max_tokens=50), MODEL, GATEWAY).usd is None


@pytest.mark.parametrize("name", ["t/plain:online", "t/plain:free:online", "t/plain:ONLINE"])
def test_a_model_that_is_asked_for_with_searches_is_one_that_searches(name):
    model = Model(id=name, context_tokens=8192, price=Price(1.0, 2.0, request_usd=0.001))
    bound = bound_of(asked(max_tokens=50), model, GATEWAY)

    assert bound.usd is None
    assert ":online may cost more" in bound.price.unreckoned
    assert 8192 < bound.input_tokens < 10_000
    assert bound_of(asked(max_tokens=50, model_id=name), MODEL, GATEWAY).usd is None


def test_a_name_with_that_word_in_it_searches_nothing_by_itself():
    model = Model(id="online/t:free", price=Price(1.0, 2.0))

    assert bound_of(asked(max_tokens=50), model, GATEWAY).usd is not None
