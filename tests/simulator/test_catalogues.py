"""Each place's model list, held against what its provider documents."""

import pytest

# Paths of the lists, where the entries stand, the id's field, ids that must be there, and where
# the two prices stand with the factor that makes USD per million tokens of them.
LISTS = {
    "openrouter": ("/api/v1/models", "data", "id",
                   ("anthropic/claude-sonnet-5", "openai/gpt-oss-120b", "openai/gpt-oss-20b:free",
                    "openrouter/auto", "openrouter/free")),
    "portkey": ("/v1/models", "data", "id",
                ("@google/gemini-2.5-flash", "@google/gemini-pro", "@xai/grok-4",
                 "@google/gemini-1.5-pro", "@x-ai/grok-beta")),
    "featherless": ("/v1/models", "data", "id",
                    ("Qwen/Qwen3-32B", "unsloth/Llama-3.3-70B-Instruct",
                     "moonshotai/Kimi-K2-Instruct")),
    "fireworks": ("/inference/v1/models", "data", "id",
                  ("accounts/fireworks/models/gpt-oss-120b",
                   "accounts/fireworks/models/deepseek-v4-pro",
                   "accounts/fireworks/models/kimi-k2p6")),
    "together": ("/v1/models", "", "id",
                 ("openai/gpt-oss-120b", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                  "Qwen/Qwen3.5-9B")),
    "google": ("/v1beta/openai/models", "data", "id",
               ("models/gemini-2.5-flash", "models/gemini-3.5-flash",
                "models/gemini-flash-latest", "models/gemini-3.8-flash")),
    "cerebras": ("/v1/models", "data", "id", ("gpt-oss-120b", "zai-glm-4.7", "gemma-4-31b")),
    "nebius": ("/v1/models", "data", "id",
               ("openai/gpt-oss-120b", "Qwen/Qwen3-235B-A22B-Instruct-2507",
                "deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V3.2-fast")),
    "xai": ("/v1/models", "data", "id",
            ("grok-4.3", "grok-4.20-0309-non-reasoning", "grok-4.20-0309-reasoning", "grok-4.5",
             "grok-4.6", "grok-4", "grok-imagine-image")),
    "novita": ("/openai/v1/models", "data", "id",
               ("meta-llama/llama-3.1-8b-instruct", "deepseek/deepseek-v3.2", "zai-org/glm-5")),
    "huggingface": ("/v1/models", "data", "id",
                    ("openai/gpt-oss-120b", "deepseek-ai/DeepSeek-V4-Pro")),
    "chutes": ("/v1/models", "data", "id",
               ("Qwen/Qwen3-32B-TEE", "zai-org/GLM-5.2-TEE", "moonshotai/Kimi-K2.6-TEE")),
    "groq": ("/openai/v1/models", "data", "id",
             ("openai/gpt-oss-120b", "llama-3.3-70b-versatile", "qwen/qwen3-32b",
              "groq/compound", "groq/compound-mini", "whisper-large-v3")),
    "deepinfra": ("/models/list", "", "model_name",
                  ("openai/gpt-oss-120b", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                   "deepseek-ai/DeepSeek-V3.2")),
}  # fmt: skip

PUBLIC = ("openrouter", "featherless", "novita", "huggingface", "chutes", "deepinfra")


def entries(caller, place, path=None, key="id"):
    listed_at, where, field, _ = LISTS[place]
    document = caller.get(place, path or listed_at).json
    rows = document[where] if where and path is None else document
    if path is not None and isinstance(document, dict):
        rows = document.get("data") or document["models"]
    return {row[key if path else field]: row for row in rows}


@pytest.mark.parametrize("place", LISTS)
def test_a_catalogue_has_its_shape_and_every_documented_id(caller, place):
    found = entries(caller, place)

    assert set(LISTS[place][3]) <= set(found)


@pytest.mark.parametrize("place", LISTS)
def test_chat_models_come_first_and_hostile_ids_late(caller, place):
    ids = list(entries(caller, place))

    hostile = [
        at for at, model_id in enumerate(ids) if "<script>" in model_id or "\x1b" in model_id
    ]
    assert len(hostile) == 2
    assert min(hostile) >= 3


@pytest.mark.parametrize("place", LISTS)
def test_a_list_asks_for_a_key_where_the_provider_does(caller, place):
    seen = caller.get(place, LISTS[place][0], key="")

    assert (seen.status == 200) == (place in PUBLIC)


@pytest.mark.parametrize("place", LISTS)
def test_every_listed_chat_model_answers_the_test_message(caller, sim, place):
    shelf = sim._places[place].shelf
    for card in shelf:
        if card.kind == "chat" and card.live:
            assert caller.chat(place, card.id).said == "Test successful", card.id


def test_openrouter_prices_are_text_per_token_and_minus_one_means_varies(caller):
    found = entries(caller, "openrouter")

    assert found["anthropic/claude-sonnet-5"]["pricing"]["prompt"] == "0.000003"
    assert found["openrouter/auto"]["pricing"]["completion"] == "-1"
    assert found["anthropic/claude-sonnet-5"]["context_length"] == 1_000_000


def test_openrouter_pages_only_when_asked_and_adds_other_kinds_on_request(caller):
    whole = caller.get("openrouter", "/api/v1/models").json
    page = caller.get("openrouter", "/api/v1/models?limit=2&offset=0").json
    everything = caller.get("openrouter", "/api/v1/models?output_modalities=all").json

    assert "links" not in whole
    assert page["links"]["next"].endswith("limit=2&offset=2")
    assert len(page["data"]) == 2
    assert page["total_count"] == len(whole["data"])
    assert len(everything["data"]) > len(whole["data"])


def test_featherless_pages_by_number(caller):
    page = caller.get("featherless", "/v1/models?page=2&per_page=4").json

    assert page["pagination"]["current_page"] == 2
    assert page["pagination"]["total_pages"] == -(-page["pagination"]["total_items"] // 4)
    assert len(page["data"]) == 4


def test_googles_native_list_pages_by_token_and_keeps_methods(caller):
    first = caller.get("google", "/v1beta/models?pageSize=5").json
    second = caller.get(
        "google", f"/v1beta/models?pageSize=5&pageToken={first['nextPageToken']}"
    ).json

    assert first["models"][0]["name"] == "models/gemini-2.5-flash"
    assert "generateContent" in first["models"][0]["supportedGenerationMethods"]
    assert first["models"] != second["models"]


def test_googles_native_routes_take_a_header_of_their_own(caller):
    seen = caller.get(
        "google", "/v1beta/models", key="", headers=[("x-goog-api-key", caller.key("google"))]
    )

    assert seen.status == 200


def test_prices_are_in_each_providers_own_unit(caller):
    together = entries(caller, "together")["meta-llama/Llama-3.3-70B-Instruct-Turbo"]
    novita = entries(caller, "novita")["deepseek/deepseek-r2"]
    chutes = entries(caller, "chutes")["Qwen/Qwen3-32B-TEE"]
    face = entries(caller, "huggingface")["openai/gpt-oss-120b"]["providers"][0]
    infra = entries(caller, "deepinfra")["deepseek-ai/DeepSeek-R2"]
    cerebras = entries(caller, "cerebras", "/public/v1/models")["gpt-oss-120b"]
    nebius = entries(caller, "nebius", "/v1/models?verbose=true")["openai/gpt-oss-120b"]
    xai = entries(caller, "xai", "/v1/language-models")["grok-3"]

    assert together["pricing"]["input"] == 0.88
    assert novita["input_token_price_per_m"] == 3900
    assert chutes["price"]["input"]["usd"] == 0.05
    assert face["pricing"]["input"] == 0.15
    assert infra["pricing"]["cents_per_input_token"] == pytest.approx(9e-5)
    assert float(cerebras["pricing"]["prompt"]) == pytest.approx(0.35e-6)
    assert float(nebius["pricing"]["completion"]) == pytest.approx(0.6e-6)
    assert (xai["prompt_text_token_price"], xai["completion_text_token_price"]) == (30_000, 150_000)


def test_deepinfras_second_list_prices_per_million(caller):
    rows = caller.get("deepinfra", "/v1/openai/models").json["data"]

    assert rows[0]["metadata"]["pricing"] == {"input_tokens": 0.05, "output_tokens": 0.24}
    assert rows[0]["metadata"]["tags"] == ["chat"]


def test_other_kinds_are_marked_the_providers_way(caller):
    assert entries(caller, "together")["BAAI/bge-large-en-v1.5"]["type"] == "embedding"
    assert entries(caller, "novita")["baai/bge-m3"]["model_type"] == "embedding"
    assert entries(caller, "deepinfra")["BAAI/bge-m3"]["type"] == "embeddings"
    assert entries(caller, "groq")["gemma2-9b-it"]["active"] is False
    flux = entries(caller, "fireworks")["accounts/fireworks/models/flux-1-schnell-fp8"]
    assert flux["kind"].startswith("FLUMINA")
    public = entries(caller, "cerebras", "/public/v1/models")
    assert public["llama-3.3-70b-retired"]["deprecated"] is True
    assert "grok-imagine-image" not in entries(caller, "xai", "/v1/language-models")


def test_fireworks_control_plane_pages_in_camel_case(caller):
    path = "/v1/accounts/fireworks/models?pageSize=2"
    page = caller.get("fireworks", path).json

    assert page["totalSize"] > 2
    assert page["nextPageToken"] == "2"
    assert page["models"][0]["contextLength"] == 131_072


def test_a_list_can_be_exactly_as_long_as_asked(send):
    from gatewayz.simulator import running

    _, caller_of = send
    with running(models_per_gateway={"featherless": 22_000, "groq": 2}) as simulator:
        caller = caller_of(simulator)
        long = caller.get("featherless", "/v1/models", patience_s=10).json["data"]
        short = caller.get("groq", "/openai/v1/models").json["data"]
        usual = caller.get("xai", "/v1/models").json["data"]

    assert len(long) == 22_000
    assert len({row["id"] for row in long}) == 22_000
    assert len(short) == 2
    assert len(usual) > 10
