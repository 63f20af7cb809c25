"""The original backend in both its states, and LiteLLM, as the API under test."""


def test_backend_a_lists_one_gateway_without_a_key_and_prefixes_some_ids(caller):
    groq = caller.get("backend-a", "/v1/models?gateway=groq", key="").json
    xai = caller.get("backend-a", "/v1/models?gateway=xai").json
    usual = caller.get("backend-a", "/v1/models").json
    hug = caller.get("backend-a", "/v1/models?gateway=hug").json

    assert groq["data"][0]["id"] == "groq/openai/gpt-oss-120b"
    assert xai["data"][0]["id"] == "@xai/grok-4.3"
    assert usual["gateway"] == "openrouter"
    assert "raw_openrouter" in usual["data"][0]
    assert hug["data"][0]["source_gateway"] == "huggingface"
    assert groq["returned"] == groq["total"] == len(groq["data"])


def test_backend_a_heeds_a_limit_only_for_all(caller):
    one = caller.get("backend-a", "/v1/models?gateway=groq&limit=1").json
    every = caller.get("backend-a", "/v1/models?gateway=all&limit=1&offset=2").json

    assert len(one["data"]) > 1
    assert len(every["data"]) == 1
    assert caller.get("backend-a", "/v1/models?gateway=nope").status == 503


def test_backend_a_refuses_in_one_sentence(caller):
    assert caller.chat("backend-a", "grok-4.3", key="").status == 403
    wrong = caller.chat("backend-a", "grok-4.3", key="gw_wrong")
    assert (wrong.status, wrong.json) == (401, {"detail": "Invalid API key"})


def test_backend_a_rebuilds_answers(caller):
    plain = caller.chat("backend-a", "groq/openai/gpt-oss-120b", provider="groq").json
    stream = caller.chat("backend-a", "groq/openai/gpt-oss-120b", stream=True)

    assert plain["gateway_usage"]["tokens_charged"]
    assert set(plain["choices"][0]["message"]) == {"role", "content"}
    assert not any(chunk.get("usage") for chunk in stream.chunks)


def test_backend_a_ends_a_failed_stream_as_if_all_were_well(caller):
    seen = caller.chat("backend-a", "fault/billing-error-in-200", stream=True)

    assert seen.status == 200
    assert seen.chunks[0]["error"]["type"] == "insufficient_credits"
    assert seen.data[-1] == "[DONE]"


def test_backend_b_pages_a_hundred_at_a_time(caller):
    first = caller.get("backend-b", "/v1/models", key="").json
    second = caller.get("backend-b", f"/models?offset={first['next_offset']}").json

    assert first["object"] == "list"
    assert (first["limit"], first["returned"], first["has_more"]) == (100, 100, True)
    assert second["offset"] == 100
    assert not {row["id"] + row["source_gateway"] for row in first["data"]} & {
        row["id"] + row["source_gateway"] for row in second["data"]
    }


def test_backend_b_names_who_answered_and_wraps_errors_richly(caller):
    good = caller.chat("backend-b", "openai/gpt-oss-120b", provider="groq")
    bad = caller.chat("backend-b", "no-such-model", provider="groq")

    assert good.headers["x-provider"] == "groq"
    assert bad.status == 404
    assert {"type", "message", "detail", "code", "status", "request_id"} <= set(bad.json["error"])


def test_backend_b_keeps_the_providers_shelves_apart(caller):
    assert caller.chat("backend-b", "grok-4.3", provider="groq").status == 404
    assert caller.chat("backend-b", "grok-4.3", provider="xai").status == 200
    assert caller.get("backend-b", "/health").status == 200


def test_litellm_says_the_status_as_text(caller):
    listed = caller.get("litellm", "/models").json
    bad = caller.chat("litellm", "gemini/gemini-2.5-flash", key="sk-wrong", root="").json
    limited = caller.chat("litellm", "fault/rate-limit")

    assert listed["object"] == "list"
    assert bad["error"]["code"] == "401"
    assert set(bad["error"]) == {"message", "type", "param", "code"}
    assert limited.json["error"]["message"].startswith("litellm.RateLimitError: ")
    assert limited.headers["retry-after"] == "1"
    assert caller.get("litellm", "/health/liveliness", key="").status == 200


def test_api_variables_name_a_url_that_v1_can_be_appended_to(sim):
    variables = sim.api_variables("backend-a")

    assert variables["GATEWAYZ_API_URL"] == f"{sim.url}/backend-a"
    assert variables["GATEWAYZ_API_KEY"].startswith("gw_")
