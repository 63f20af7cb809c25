"""What holds for every gateway, whatever its dialect."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from gatewayz.core import KINDS, ChatRequest, ErrorBody, Model
from gatewayz.core.attempt import Attempt
from gatewayz.core.failures import classify
from gatewayz.gateways import find_gateway, gateway_names, known_gateways, markdown_table
from gatewayz.gateways._known import BUILT_IN

FOURTEEN = {
    "openrouter", "portkey", "featherless", "fireworks", "together", "google", "cerebras",
    "nebius", "xai", "novita", "huggingface", "chutes", "groq", "deepinfra",
}  # fmt: skip


def get(name):
    return find_gateway(name, environ={})


def test_the_fourteen_and_a_server_of_ones_own_are_known(tmp_path):
    assert set(known_gateways({}, tmp_path)) == FOURTEEN | {"local"}
    assert set(gateway_names(tmp_path)) == FOURTEEN | {"local"}


def test_a_gateway_is_named_like_its_file_and_introduces_itself(gateway_name):
    gateway = get(gateway_name)

    assert gateway.name == gateway_name
    assert gateway.title
    assert re.search(r"\(read 20\d\d-\d\d", gateway.docs)
    assert gateway.id_form.endswith(".")
    assert gateway.id_examples


def test_its_docstring_names_a_source_and_the_day_it_was_read(gateway_name):
    module = __import__(f"gatewayz.gateways.{gateway_name}", fromlist=["GATEWAY"])

    assert re.search(r"20\d\d-\d\d|January 2026", module.__doc__)


def test_keys_travel_over_https_only(gateway_name):
    gateway = get(gateway_name)

    secure = urlsplit(gateway.base_url).scheme == "https"

    assert secure or urlsplit(gateway.base_url).hostname == "127.0.0.1"
    assert not gateway.base_url.endswith("/")
    assert urlsplit(gateway.catalog_url).netloc == urlsplit(gateway.base_url).netloc


def test_its_ids_survive_a_round_trip_through_a_request(gateway_name, fixture_of):
    gateway = get(gateway_name)
    listed = [
        m.id for d in fixture_of(gateway_name)["pages"] for m in gateway.catalog.page(d).models
    ]

    for model_id in (*listed, *gateway.id_examples):
        request = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=50)
        assert request.body(model_id, gateway.quirks)["model"] == model_id
        assert Model(id=model_id).title == model_id


def test_its_quirks_can_be_told_in_a_request(gateway_name):
    quirks = get(gateway_name).quirks
    request = ChatRequest(
        messages=({"role": "user", "content": "hi"},), max_tokens=1, temperature=0.7, stream=True
    )

    body = request.body("m", quirks)

    assert body[quirks.max_tokens_field] == quirks.min_max_tokens
    assert {"model", "messages", "stream", "temperature"} <= set(body)
    assert not quirks.never_send & set(body)
    assert all(rule.kind in KINDS for rule in quirks.rules)
    assert quirks.served_by_header == quirks.served_by_header.lower()


def test_no_two_gateways_share_a_key_variable_an_address_variable_or_a_name():
    gateways = BUILT_IN.values()
    shared = [
        [variable for g in gateways for variable in g.key_envs],
        [variable for g in gateways for variable in g.base_url_envs],
        [name for g in gateways for name in (g.name, *g.aliases)],
        [g.base_url for g in gateways],
    ]

    for values in shared:
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_every_alias_finds_its_gateway():
    declared = {alias: g.name for g in BUILT_IN.values() for alias in g.aliases}

    assert declared == dict(BUILT_IN.aliases)
    assert get("hug").name == "huggingface"


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("OPENROUTER_BASE_URL", "openrouter"),
        ("GEMINI_BASE_URL", "google"),
        ("GOOGLE_BASE_URL", "google"),
        ("HF_BASE_URL", "huggingface"),
        ("HUGGINGFACE_BASE_URL", "huggingface"),
        ("LOCAL_BASE_URL", "local"),
    ],
)
def test_a_variable_named_like_the_key_moves_a_gateway(variable, name):
    moved = find_gateway(name, environ={variable: "http://127.0.0.1:9/x/v1/"})

    assert moved.base_url == "http://127.0.0.1:9/x/v1"


@pytest.mark.parametrize(
    ("name", "catalog"),
    [
        ("google", "http://h/google/v1beta/models?pageSize=1000"),
        ("cerebras", "http://h/cerebras/public/v1/models"),
        ("deepinfra", "http://h/deepinfra/models/list"),
        ("xai", "http://h/xai/v1/language-models"),
        ("nebius", "http://h/nebius/v1/models?verbose=true"),
        ("groq", "http://h/groq/openai/v1/models"),
    ],
)
def test_the_catalogue_moves_with_the_base_url(name, catalog):
    path = urlsplit(get(name).base_url).path

    assert get(name).at(f"http://h/{name}{path}").catalog_url == catalog


@pytest.mark.parametrize(
    ("name", "status", "error", "kind"),
    [
        ("google", 400, {"message": "API key not valid. Please pass a valid API key.", "status": 400}, "auth-bad-key-as-400"),
        ("google", 429, {"message": "You exceeded your current quota, please check your plan and billing details. Please retry in 37s.", "retry_after_s": 37.0}, "rate-limit"),
        ("google", 429, {"message": "You exceeded your current quota. Quota exceeded for generate_requests_per_model_per_day"}, "billing-free-daily-cap"),
        ("google", 404, {"message": "models/gemini-0 is not found for API version v1beta"}, "model-not-found"),
        ("featherless", 400, {"message": "The model is not ready"}, "cold-start-503"),
        ("featherless", 400, {"message": ""}, "cold-start-503"),
        ("featherless", 400, {"message": "model not found: nobody/nothing"}, "model-not-found"),
        ("featherless", 400, {"message": "This model's maximum context length is 4096 tokens"}, "context-overflow"),
        ("featherless", 403, {"message": "no"}, "permission-gated-model"),
        ("featherless", 503, {"message": "no capacity"}, "overloaded"),
        ("portkey", 412, {"message": "exhausted"}, "billing-no-credit"),
        ("portkey", 446, {"message": "hook failed"}, "moderation-block"),
        ("portkey", 400, {"message": "Either x-portkey-config or x-portkey-provider header is required"}, "model-not-found"),
        ("chutes", 429, {"message": "model is under maintenance"}, "overloaded"),
        ("chutes", 503, {"message": "No instances available (yet) for chute"}, "cold-start-503"),
        ("chutes", 402, {"message": "Quota exceeded and account balance is $0.0"}, "billing-no-credit"),
        ("chutes", 404, {"message": "model not found: a/b"}, "model-not-found"),
        ("fireworks", 412, {"message": "Account is suspended"}, "billing-no-credit"),
        ("fireworks", 412, {"message": "failed to load LoRA"}, "listed-not-servable"),
        ("fireworks", 404, {"message": "Model not found, inaccessible, and/or not deployed", "code": "NOT_FOUND"}, "model-not-found"),
        ("fireworks", 429, {"message": "Request blocked", "type": "invalid_request_error"}, "rate-limit-no-hint"),
        ("together", 403, {"message": "inputs tokens + max_new_tokens must be <= 4097"}, "context-overflow"),
        ("together", 400, {"message": "Unable to access non-serverless model x"}, "listed-not-servable"),
        ("together", 404, {"message": "Unable to access model x", "code": "model_not_available"}, "model-not-found"),
        ("xai", 400, {"message": "Incorrect API key provided: xa***. Obtain one in the console.", "code": "invalid-argument"}, "auth-bad-key-as-400"),
        ("xai", 400, {"message": "Model not found: grok-beta", "code": "invalid-argument"}, "model-not-found"),
        ("xai", 200, {"message": "The service is currently unavailable", "in_band": True}, "overloaded"),
        ("novita", 403, {"message": "not enough balance", "code": "NOT_ENOUGH_BALANCE"}, "billing-no-credit"),
        ("novita", 404, {"message": "model not found", "code": "MODEL_NOT_FOUND"}, "model-not-found"),
        ("groq", 498, {"message": "flex tier capacity"}, "overloaded"),
        ("cerebras", 401, {"message": "Wrong API Key", "code": "wrong_api_key"}, "auth-bad-key"),
        ("huggingface", 400, {"message": "The requested model 'x' is not supported by any provider you have enabled.", "code": "model_not_supported"}, "not-supported-by-enabled-providers"),
        ("openrouter", 404, {"message": "No endpoints found for x"}, "no-endpoints-for-model"),
        ("openrouter", 400, {"message": "x is not a valid model ID"}, "model-not-found"),
    ],
)  # fmt: skip
def test_a_providers_own_way_of_failing_is_named(name, status, error, kind):
    attempt = Attempt(status=status, error=ErrorBody(**error), body_bytes=50, had_key=True)

    found = classify(attempt, get(name).quirks)

    assert found.kind == kind


def test_the_table_in_the_docs_is_the_one_the_gateways_make(request):
    text = (request.config.rootpath / "docs" / "gateways.md").read_text()

    table = text.split("<!-- gateways: begin -->\n")[1].split("<!-- gateways: end -->")[0]

    assert table.strip() == markdown_table().strip()


def test_the_table_marks_what_the_original_could_not_test():
    marks = {row.split("|")[1].split("`")[1]: row.split("|")[-2].strip() for row in
             markdown_table().splitlines()[2:]}  # fmt: skip

    assert {name for name, mark in marks.items() if mark == "no"} == {"chutes", "groq", "deepinfra"}
    assert marks["local"] == "new"
    assert set(marks) == FOURTEEN | {"local"}
