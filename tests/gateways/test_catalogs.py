"""Every gateway's catalogue, read from a document in the provider's shape."""

from dataclasses import replace

import pytest

from gatewayz.core import CatalogError, Price
from gatewayz.gateways import find_gateway


def ids(gateway, documents):
    return [m.id for document in documents for m in gateway.catalog.page(document).models]


def test_ids_names_windows_prices_and_next_pages_are_read_to_the_digit(
    gateway_name, fixture_of, read, expected
):
    gateway = find_gateway(gateway_name, environ={})

    assert read(gateway, fixture_of(gateway_name)["pages"]) == expected[gateway_name]


def test_every_fixture_says_where_it_comes_from_and_what_is_made_up(gateway_name, fixture_of):
    fixture = fixture_of(gateway_name)

    assert fixture["_source"]
    assert fixture["_made_up"]


def test_an_entry_that_is_no_model_is_counted_and_costs_nothing_else(fixture_of):
    pages = fixture_of("openrouter")["pages"]

    page = find_gateway("openrouter", environ={}).catalog.page(pages[0])

    assert (len(page.models), page.listed, page.dropped) == (3, 5, 1)


def test_a_negative_price_is_unknown_and_a_price_of_zero_is_free(fixture_of):
    page = find_gateway("openrouter", environ={}).catalog.page(fixture_of("openrouter")["pages"][0])

    prices = {m.id: m.price for m in page.models}

    assert prices["openrouter/auto"] == Price(None, None)
    assert prices["openai/gpt-oss-20b:free"] == Price(0.0, 0.0)


def test_what_a_model_can_do_is_read_where_the_catalogue_says_so(fixture_of):
    def first(name):
        return find_gateway(name, environ={}).catalog.page(fixture_of(name)["pages"][0]).models[0]

    assert first("openrouter").capabilities == {
        "chat",
        "vision",
        "tools",
        "json_schema",
        "reasoning",
    }
    assert first("google").capabilities == {"chat", "reasoning"}
    assert first("cerebras").capabilities == {"chat", "tools"}
    assert first("novita").capabilities == {"chat", "tools", "json_schema", "reasoning"}
    assert first("huggingface").capabilities == {"chat", "tools", "json_schema"}


def test_answers_limits_are_read_where_the_catalogue_has_them(fixture_of):
    def limits(name):
        pages = fixture_of(name)["pages"]
        models = find_gateway(name, environ={}).catalog.page(pages[0]).models
        return [m.max_output_tokens for m in models]

    assert limits("openrouter") == [64000, None, None]
    assert limits("together") == [32768, None, None]
    assert limits("google") == [65536]
    assert limits("cerebras") == [40960, None, None]
    assert limits("novita") == [65536, None, None]
    assert limits("chutes") == [40960, 65535, None]
    assert limits("groq") == [32768, 65536, None]
    assert limits("featherless") == [4096, 4096]


def test_a_whole_featherless_list_has_no_next_page(fixture_of, read, expected):
    gateway = find_gateway("featherless", environ={})

    rows, following = read(gateway, fixture_of("featherless")["whole"])

    assert rows == expected["featherless"][0]
    assert following == [None]


def test_the_compatible_google_list_is_read_too_and_filtered_by_name(fixture_of):
    gateway = find_gateway("google", environ={})

    assert ids(gateway, fixture_of("google")["compatible"]) == [
        "gemini-2.5-flash",
        "gemini-3.5-flash",
    ]


def test_a_google_model_is_known_by_its_name_whatever_else_stands_before_it():
    gateway = find_gateway("google", environ={})
    rows = ["models/hub/gemini-9-flash", "models/maker:gemma-9-2b", "models/hub/gemini-9-tts",
            "models/not-gemini-9", "models/hub/text-9"]  # fmt: skip

    assert ids(gateway, [{"models": [{"name": row} for row in rows]}]) == [
        "hub/gemini-9-flash",
        "maker:gemma-9-2b",
    ]


def test_the_plain_nebius_list_is_read_too_and_filtered_by_name(fixture_of):
    gateway = find_gateway("nebius", environ={})

    assert ids(gateway, fixture_of("nebius")["plain"]) == [
        "deepseek-ai/DeepSeek-V3.2",
        "Qwen/Qwen3-235B-A22B-Instruct-2507",
    ]


def test_the_longer_xai_list_loses_its_image_and_video_models(fixture_of):
    gateway = find_gateway("xai", environ={})

    assert ids(gateway, fixture_of("xai")["all_models"]) == ["grok-4.3", "grok-4.20-0309-reasoning"]


def test_the_cerebras_list_behind_the_key_is_read_too(fixture_of):
    gateway = find_gateway("cerebras", environ={})

    assert ids(gateway, fixture_of("cerebras")["plain"]) == ["gpt-oss-120b"]


@pytest.mark.parametrize("link", ["https://evil.example/steal?offset=5", "/elsewhere?offset=5"])
def test_a_next_link_never_leads_to_another_address(link):
    page = find_gateway("openrouter", environ={}).catalog.page(
        {"data": [], "links": {"next": link}}
    )

    assert page.next_page == "?offset=5"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"data": "nothing"},
        "<html>",
        None,
        7,
        {"error": {"message": "Unauthorized"}},
        {"data": [{"no": "id"}, 3, None]},
    ],
)
def test_a_document_that_is_no_catalogue_is_a_catalog_error(gateway_name, document):
    with pytest.raises(CatalogError):
        find_gateway(gateway_name, environ={}).catalog.page(document)


def test_odd_values_in_every_field_break_nothing(gateway_name, fixture_of):
    """Each field of each entry in turn becomes something else; the other entries stay."""
    gateway = find_gateway(gateway_name, environ={})
    document = fixture_of(gateway_name)["pages"][0]
    entries = document if isinstance(document, list) else document.get("data") or document["models"]
    good = [e for e in entries if isinstance(e, dict)]

    for odd in (None, "", "x", -1, 10**400, float("nan"), [], [None], {}, {"usd": []}, True):
        for entry in good:
            for key in entry:
                page = gateway.catalog.page([{**entry, key: odd}, *good])
                assert page.listed == len(good) + 1


def test_twenty_thousand_entries_are_read_in_one_go(fixture_of):
    entry = fixture_of("featherless")["whole"][0]["data"][0]
    document = {"data": [{**entry, "id": f"owner/model-{n}"} for n in range(22_000)]}

    page = find_gateway("featherless", environ={}).catalog.page(document)

    assert len(page.models) == page.listed == 22_000
    assert page.models[-1] == replace(page.models[0], id="owner/model-21999")
