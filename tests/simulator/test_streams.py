"""The habits of each place's event stream and answers."""

import pytest

CHAT = {
    "openrouter": "openai/gpt-oss-120b", "portkey": "@xai/grok-4", "featherless": "Qwen/Qwen3-32B",
    "fireworks": "accounts/fireworks/models/gpt-oss-120b", "together": "openai/gpt-oss-120b",
    "google": "gemini-2.5-flash", "cerebras": "zai-glm-4.7", "nebius": "openai/gpt-oss-120b",
    "xai": "grok-4.3", "novita": "zai-org/glm-5", "huggingface": "openai/gpt-oss-120b",
    "chutes": "zai-org/GLM-5.2-TEE", "groq": "openai/gpt-oss-120b",
    "deepinfra": "openai/gpt-oss-120b", "local": "tiny", "litellm": "gemini/gemini-2.5-flash",
    "backend-a": "groq/llama-3.3-70b-versatile", "backend-b": "llama-3.3-70b-versatile",
}  # fmt: skip


def usage_at(seen):
    """For each chunk with usage: whether it has a choice."""
    return [bool(chunk["choices"]) for chunk in seen.chunks if chunk.get("usage")]


@pytest.mark.parametrize("place", CHAT)
def test_a_stream_and_a_plain_answer_say_the_same(caller, place):
    stream = caller.chat(place, CHAT[place], stream=True)
    plain = caller.chat(place, CHAT[place])

    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.data[-1] == "[DONE]"
    assert stream.said == plain.said == "Test successful"
    assert stream.last_chunk
    ids = {chunk["id"] for chunk in stream.chunks}
    assert len(ids) == 1
    assert sum(bool(c.get("finish_reason")) for x in stream.chunks for c in x["choices"]) == 1


def test_openrouter_opens_with_comments_and_names_the_provider(caller):
    seen = caller.chat("openrouter", CHAT["openrouter"], stream=True, stream_options=None)

    assert set(seen.comments) == {": OPENROUTER PROCESSING"}
    assert seen.blocks[0] == [": OPENROUTER PROCESSING"]
    assert all(chunk["provider"] == "Simulated" for chunk in seen.chunks)
    assert "native_finish_reason" in seen.chunks[0]["choices"][0]
    assert seen.chunks[-1]["usage"]["cost"]
    assert seen.headers["x-generation-id"].startswith("gen-")


def test_openrouters_usage_chunk_is_not_stable(caller):
    kinds = set()
    for _ in range(20):
        last = caller.chat("openrouter", CHAT["openrouter"], stream=True).chunks[-1]
        kinds.add(bool(last["choices"]))
        assert not any(choice["finish_reason"] for choice in last["choices"])

    assert kinds == {True, False}


def test_deepinfra_pings(caller):
    seen = caller.chat("deepinfra", CHAT["deepinfra"], stream=True)

    assert seen.comments[0].startswith(": ping - 2026-")
    assert usage_at(seen) == [True]


def test_cerebras_has_no_finish_key_until_the_last_chunk_which_has_everything(caller):
    seen = caller.chat("cerebras", CHAT["cerebras"], stream=True)

    *before, last = seen.chunks
    assert all("finish_reason" not in choice for chunk in before for choice in chunk["choices"])
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]
    assert last["time_info"]


def test_groq_says_usage_twice_unasked(caller):
    seen = caller.chat("groq", CHAT["groq"], stream=True, stream_options=None)

    assert seen.chunks[0]["x_groq"]["seed"]
    assert seen.chunks[-1]["x_groq"]["usage"] == seen.chunks[-1]["usage"]
    assert seen.chunks[-1]["usage"]["queue_time"]
    assert usage_at(seen) == [True]
    assert seen.headers["x-ratelimit-reset-requests"] == "6m0s"


def test_novita_says_usage_in_the_finish_chunk_and_alone(caller):
    seen = caller.chat("novita", CHAT["novita"], stream=True)

    assert usage_at(seen) == [True, False]
    assert "content_filter_results" in seen.chunks[1]["choices"][0]


@pytest.mark.parametrize("place", ["fireworks", "together", "xai", "nebius"])
def test_usage_comes_in_a_chunk_without_choices(caller, place):
    asked = caller.chat(place, CHAT[place], stream=True)
    unasked = caller.chat(place, CHAT[place], stream=True, stream_options=None)

    assert usage_at(asked) == [False]
    assert usage_at(unasked) == []


def test_xai_thinks_first_and_counts_thought_apart(caller):
    seen = caller.chat("xai", "grok-4.3", stream=True)

    deltas = [c["delta"] for chunk in seen.chunks for c in chunk["choices"]]
    assert "reasoning_content" in deltas[1]
    usage = seen.chunks[-1]["usage"]
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    assert thought > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] + thought


def test_others_count_thought_among_completion_tokens(caller):
    usage = caller.chat("groq", "openai/gpt-oss-120b").json["usage"]

    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] < usage["completion_tokens"]


def test_a_budget_that_thought_uses_up_leaves_no_text(caller):
    groq = caller.chat("groq", "openai/gpt-oss-120b", max_tokens=5).json["choices"][0]
    google = caller.chat("google", "fault/reasoning-ate-budget").json["choices"][0]

    assert groq["message"]["content"] == ""
    assert groq["message"]["reasoning"]
    assert groq["finish_reason"] == "length"
    assert "content" not in google["message"]


def test_a_limit_is_kept(caller):
    answer = caller.chat("local", "tiny", max_tokens=1).json

    assert answer["choices"][0]["message"]["content"] == "Test"
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 1


def test_another_question_gets_a_short_text(caller):
    messages = [{"role": "user", "content": "How are you?"}]
    said = caller.chat("local", "tiny", messages=messages).said

    assert 10 < len(said) < 100


def test_quoted_words_come_back_in_any_script(caller):
    messages = [{"role": "user", "content": [{"type": "text", "text": 'Say "Ünïcode 🦙 東京"'}]}]

    assert caller.chat("local", "tiny", messages=messages).said == "Ünïcode 🦙 東京"
    assert caller.chat("local", "tiny", messages=messages, stream=True).said == "Ünïcode 🦙 東京"
