"""The same gateway through a backend's API, and through Portkey."""

import pytest

from gatewayz.core import ConfigError
from gatewayz.gateways import find_gateway, through_api, through_portkey

SIX = ["google", "cerebras", "nebius", "xai", "novita", "huggingface"]


def get(name):
    return find_gateway(name, environ={})


@pytest.mark.parametrize(
    ("api_url", "chat", "catalog"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1/chat/completions", "http://localhost:8000/models"),
        ("http://localhost:8000/", "http://localhost:8000/v1/chat/completions", "http://localhost:8000/models"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1/models"),
        ("https://h/proxy", "https://h/proxy/v1/chat/completions", "https://h/proxy/models"),
    ],
)  # fmt: skip
def test_the_api_url_may_end_in_v1_or_not(api_url, chat, catalog):
    gateway = through_api(get("groq"), api_url)

    assert gateway.chat_url == chat
    assert gateway.catalog_url == f"{catalog}?gateway=groq&limit=1000"
    # The upstream backend of 2025 knows the versioned place only.
    elsewhere = (
        "" if api_url.endswith("/v1") else f"{gateway.base_url}/models?gateway=groq&limit=1000"
    )
    assert gateway.other_catalog_url == elsewhere


def test_through_the_api_a_gateway_keeps_its_name_and_takes_the_backends_key(gateway_name):
    gateway = through_api(get(gateway_name), "http://localhost:8000")

    assert gateway.name == gateway_name
    assert gateway.extra_body == {"provider": gateway_name}
    assert gateway.key_envs == ("GATEWAYZ_API_KEY",)
    assert gateway.base_url_envs == ("GATEWAYZ_API_URL",)
    assert not gateway.key_required
    assert gateway.auth.value("k") == "Bearer k"
    assert gateway.quirks.max_tokens_field == "max_tokens"
    assert gateway.quirks.rules == get(gateway_name).quirks.rules
    assert gateway.catalog.key_header == ""
    assert not gateway.catalog.public


NEXT = "?gateway=groq&limit=1000&offset="


@pytest.mark.parametrize(
    ("shape", "rows", "following"),
    [
        (
            "ours",
            [
                ("llama-3.3-70b-versatile", "Llama 3.3 70B", 131072, 0.59, 0.79),
                ("openai/gpt-oss-120b", "", None, None, None),
                ("qwen/qwen3-32b", "", None, None, None),
            ],
            [NEXT + "2", None],
        ),
        (
            "upstream_2025",
            [
                ("groq/llama-3.3-70b-versatile", "Llama 3.3 70B", 131072, None, None),
                ("@cerebras/gpt-oss-120b", "GPT OSS", None, None, None),
            ],
            [None],
        ),
        (
            "upstream_2026",
            [
                ("llama-3.3-70b-versatile", "", 131072, 0.59, 0.79),
                ("qwen/qwen3-32b", "", None, None, None),
            ],
            [NEXT + "200", None],
        ),
        (
            "litellm",
            [
                ("groq/llama-3.3-70b-versatile", "", None, None, None),
                ("gpt-oss", "", None, None, None),
            ],
            [None],
        ),
    ],
)
def test_every_backends_list_is_read_and_paged(shape, rows, following, fixture_of, read):
    gateway = through_api(get("groq"), "http://localhost:8000")

    assert read(gateway, fixture_of("api")[shape]) == (rows, following)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("groq", ["groq/llama-3.3-70b", "gpt-oss", "google/gemma-4", "acme/m"]),
        ("together", ["gpt-oss", "together_ai/openai/gpt-oss", "google/gemma-4", "acme/m"]),
        ("google", ["gpt-oss", "gemini/gemini-2.5-flash", "google/gemma-4", "acme/m"]),
        ("nebius", ["gpt-oss", "google/gemma-4", "acme/m"]),
    ],
)
def test_of_a_list_for_all_gateways_another_ones_models_are_left_out(name, ids):
    listed = [
        "groq/llama-3.3-70b", "gpt-oss", "together_ai/openai/gpt-oss", "gemini/gemini-2.5-flash",
        "google/gemma-4", "acme/m",
    ]  # fmt: skip
    catalog = through_api(get(name), "http://localhost:8000/v1").catalog

    page = catalog.page({"data": [{"id": model_id} for model_id in listed]})

    assert [model.id for model in page.models] == ids


def test_an_entry_that_names_its_gateway_is_believed():
    catalog = through_api(get("huggingface"), "http://localhost:8000/v1").catalog
    sources = {"groq/a": "hug", "b": "huggingface", "c": "groq", "d": "google-vertex", "e": ""}

    page = catalog.page(
        {"data": [{"id": model, "source_gateway": source} for model, source in sources.items()]}
    )

    assert [model.id for model in page.models] == ["groq/a", "b", "d", "e"]


@pytest.mark.parametrize(
    ("document", "offset"),
    [
        ({"total": 5, "offset": 0, "returned": 2}, 2),
        ({"total": 5, "offset": 2}, 3),
        ({"total": 1, "offset": 0, "returned": 1}, None),
        ({"has_more": True, "offset": 100}, 101),
        ({"has_more": True, "offset": 100, "next_offset": 100, "returned": 0}, None),
        ({"has_more": True, "offset": 100, "next_offset": 3, "returned": 1}, None),
        ({"has_more": "yes", "offset": None, "next_offset": "x"}, None),
    ],
)
def test_pages_move_on_or_end(document, offset):
    catalog = through_api(get("groq"), "http://localhost:8000").catalog

    following = catalog.page({"data": [{"id": "m"}], **document}).next_page

    assert following == (None if offset is None else f"{NEXT}{offset}")


@pytest.mark.parametrize("api_url", ["localhost:8000", "", "ftp://h", "http://me:secret@h"])
def test_an_api_url_that_cannot_be_used_is_named(api_url):
    with pytest.raises(ConfigError, match="GATEWAYZ_API_URL") as error:
        through_api(get("groq"), api_url)

    assert "secret" not in str(error.value)


@pytest.mark.parametrize("name", SIX)
def test_through_portkey_six_gateways_take_their_models_by_slug(name, fixture_of):
    gateway = through_portkey(get(name), {})

    page = gateway.catalog.page(fixture_of("portkey")["pages"][0])

    slug = f"@{gateway.portkey_slug}/"
    assert page.models
    assert all(model.id.startswith(slug) for model in page.models)
    assert gateway.name == name
    assert gateway.chat_url == "https://api.portkey.ai/v1/chat/completions"
    assert gateway.auth.header == "x-portkey-api-key"
    assert gateway.auth.value("k") == "k"
    assert gateway.key_envs == ("PORTKEY_API_KEY",)
    assert gateway.id_examples[0].startswith(slug)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("google", ["@my-google/gemini-2.5-flash", "@workspace-a/gemini-3.5-flash"]),
        ("xai", ["@x-ai/grok-4.3"]),
        ("cerebras", ["@fast-cerebras/zai-glm-4.7"]),
        ("nebius", ["@nebius-eu/Qwen/Qwen3-32B"]),
        ("novita", ["@team-novita/zai-org/glm-5"]),
        ("huggingface", ["@hf/openai/gpt-oss-120b"]),
    ],
)
def test_another_slug_is_recognized_by_the_name_pattern(name, ids, fixture_of):
    gateway = through_portkey(get(name), {})

    page = gateway.catalog.page(fixture_of("portkey")["other_slugs"][0])

    assert [model.id for model in page.models] == ids


def test_portkey_itself_can_be_moved():
    moved = through_portkey(get("google"), {"PORTKEY_BASE_URL": "http://127.0.0.1:8787/v1"})

    assert moved.base_url == "http://127.0.0.1:8787/v1"


def test_a_gateway_that_portkey_does_not_reach_says_so():
    with pytest.raises(ConfigError, match="groq is not reached through Portkey"):
        through_portkey(get("groq"))
