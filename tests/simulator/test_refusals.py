"""How each place says no: key, model, money-free mistakes, in its own status and shape."""

import json
from urllib.parse import urlsplit

import pytest

STEMS = {"google": "GEMINI", "huggingface": "HF"}

MODELS = {
    "openrouter": "openai/gpt-oss-120b", "portkey": "@xai/grok-4", "featherless": "Qwen/Qwen3-32B",
    "fireworks": "accounts/fireworks/models/gpt-oss-120b", "together": "openai/gpt-oss-120b",
    "google": "gemini-2.5-flash", "cerebras": "gpt-oss-120b", "nebius": "openai/gpt-oss-120b",
    "xai": "grok-4.5", "novita": "zai-org/glm-5", "huggingface": "openai/gpt-oss-120b",
    "chutes": "zai-org/GLM-5.2-TEE", "groq": "llama-3.3-70b-versatile",
    "deepinfra": "openai/gpt-oss-120b",
}  # fmt: skip
BAD_KEY = dict.fromkeys(MODELS, 401) | {"google": 400, "xai": 400}
NO_MODEL = dict.fromkeys(MODELS, 404) | {"openrouter": 400, "huggingface": 400, "xai": 400}
NOT_CHAT = {
    "openrouter": "openai/text-embedding-3-small", "portkey": "@openai/whisper-1",
    "fireworks": "accounts/fireworks/models/whisper-v3", "together": "BAAI/bge-large-en-v1.5",
    "google": "gemini-embedding-001", "nebius": "BAAI/bge-en-icl", "xai": "grok-imagine-image",
    "novita": "baai/bge-m3", "groq": "whisper-large-v3", "deepinfra": "BAAI/bge-m3",
}  # fmt: skip


@pytest.mark.parametrize("place", MODELS)
def test_a_wrong_key_gets_the_providers_own_status(caller, sim, place):
    seen = caller.chat(place, MODELS[place], key="sk-wrong-0123456789abcdef")

    assert seen.status == BAD_KEY[place]
    assert seen.json
    assert (sim.log[-1].key, sim.log[-1].fault) == ("wrong", "")


@pytest.mark.parametrize("place", MODELS)
def test_no_key_is_refused_too(caller, sim, place):
    seen = caller.chat(place, MODELS[place], key="")

    assert seen.status in (400, 401)
    assert sim.log[-1].key == "none"


@pytest.mark.parametrize("place", MODELS)
def test_another_gateways_key_is_a_wrong_key(caller, place):
    other = "groq" if place != "groq" else "xai"

    assert caller.chat(place, MODELS[place], key=caller.key(other)).status == BAD_KEY[place]


@pytest.mark.parametrize("place", MODELS)
def test_an_unknown_model_gets_the_providers_own_status(caller, place):
    model = "@xai/no-such-model" if place == "portkey" else "no-such-model-7b"
    seen = caller.chat(place, model)

    assert seen.status == NO_MODEL[place]
    assert "odel" in seen.text


@pytest.mark.parametrize("place", NOT_CHAT)
def test_a_listed_model_of_another_kind_refuses_to_chat(caller, place):
    seen = caller.chat(place, NOT_CHAT[place])

    assert seen.status in (400, 404)


def test_error_bodies_have_each_providers_shape(caller):
    def body(place, **kw):
        return caller.chat(place, "no-such-model" if place != "portkey" else "@xai/no", **kw).json

    assert body("openrouter")["error"] == {
        "message": "no-such-model is not a valid model ID",
        "code": 400,
    }
    assert set(body("cerebras")) == {"message", "type", "param", "code"}
    assert body("cerebras")["code"] == "model_not_found"
    assert body("google")[0]["error"]["status"] == "NOT_FOUND"
    assert isinstance(body("nebius")["detail"], str)
    assert body("novita")["reason"] == "MODEL_NOT_FOUND"
    assert body("novita")["code"] == 404
    assert body("fireworks")["error"]["object"] == "error"
    assert body("together")["error"]["code"] == "model_not_available"
    assert body("together")["id"]
    assert body("groq")["error"]["code"] == "model_not_found"
    assert "param" not in body("groq")["error"]
    assert body("huggingface")["error"]["code"] == "model_not_found"
    assert body("chutes")["detail"].startswith("model not found")
    assert body("portkey")["error"]["message"].startswith("xai error: ")
    assert isinstance(body("huggingface", key="no")["error"], str)
    assert body("portkey", key="no")["status"] == "failure"


def test_xai_answers_in_two_shapes(caller):
    shapes = {type(caller.chat("xai", f"no-{n}").json["error"]) for n in range(40)}

    assert shapes == {str, dict}


def test_google_words_a_bad_key_as_an_invalid_argument(caller):
    error = caller.chat("google", "gemini-2.5-flash", key="AIza-wrong").json[0]["error"]

    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["reason"] == "API_KEY_INVALID"


def test_googles_wait_stands_in_the_body_not_in_a_header(caller):
    answers = [caller.chat("google", "fault/rate-limit;seconds=37") for _ in range(30)]
    own = [seen for seen in answers if "retryDelay" in seen.text]

    assert own
    assert not any("retry-after" in seen.headers for seen in own)
    assert own[0].json[0]["error"]["details"][0]["retryDelay"] == "37s"


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("groq", {"logprobs": True}),
        ("groq", {"n": 2}),
        ("groq", {"messages": [{"role": "user", "content": "x", "name": "bob"}]}),
        ("xai", {"presence_penalty": 0}),
        ("cerebras", {"frequency_penalty": 0.5}),
        ("nebius", {"messages": [{"role": "developer", "content": "x"}]}),
        ("openrouter", {"stop": ["a", "b", "c", "d", "e"]}),
        ("together", {"stream_options": {"include_usage": True}}),
        ("deepinfra", {"messages": []}),
        ("novita", {"messages": None}),
    ],
)
def test_what_a_provider_does_not_take_is_refused(caller, place, fields):
    seen = caller.chat(place, MODELS[place], **fields)

    assert 400 <= seen.status < 500


def test_too_long_a_request_is_refused_each_its_own_way(caller):
    text = "word " * 40_000
    messages = [{"role": "user", "content": text}]

    assert caller.chat("featherless", "Qwen/Qwen3-32B", messages=messages).status == 400
    together = caller.chat("together", "openai/gpt-oss-120b", messages=messages, max_tokens=100_000)
    assert together.status == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model": 7}', b"\xff\xfe", b"[" * 50_000])
def test_a_body_that_is_no_request_is_a_400(sim, send, caller, body):
    call, _ = send
    head = (
        "POST /groq/openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        f"authorization: Bearer {caller.key('groq')}\r\ncontent-length: {len(body)}\r\n\r\n"
    )

    assert call(sim, head.encode(), body).status == 400


@pytest.mark.parametrize("place", MODELS)
def test_a_wrong_path_is_a_404_and_a_wrong_method_a_405(caller, sim, place):
    root = urlsplit(sim.variables()[STEMS.get(place, place.upper()) + "_BASE_URL"]).path
    root = root.removeprefix(f"/{place}")

    assert caller.get(place, f"{root}/v1/models").status == 404
    assert caller.get(place, f"{root}/chat/completions").status == 405
    assert sim.log[-1].gateway == place


def test_a_place_that_does_not_exist_is_a_plain_404(caller):
    assert caller.get("nowhere", "/v1/models").status == 404
    assert "groq" in json.loads(caller.get("", "").body)["places"]


def test_portkey_finds_a_model_by_header_too(caller):
    seen = caller.chat("portkey", "grok-4", headers=[("x-portkey-provider", "@xai")])

    assert seen.said == "Test successful"
    assert seen.headers["x-portkey-provider"]


def test_hugging_face_takes_a_provider_or_a_policy_after_the_id(caller):
    named = caller.chat("huggingface", "openai/gpt-oss-120b:together")

    assert named.headers["x-inference-provider"] == "together"
    assert caller.chat("huggingface", "openai/gpt-oss-120b:fastest").status == 200
    assert caller.chat("huggingface", "openai/gpt-oss-120b:hf-inference").status == 400
    assert (
        "not supported by any provider" in caller.chat("huggingface", "sim/no-live-provider").text
    )
