"""Canonical names: ids as the catalogues of fourteen gateways write them."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core.canonical import canonical
from gatewayz.core.names import same_model

# A canonical name, and ids that gateways have for it.
ONE_NAME = {
    "llama-3.3-70b": [
        "meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free", "llama-3.3-70b-versatile",
        "accounts/fireworks/models/llama-v3p3-70b-instruct", "unsloth/Llama-3.3-70B-Instruct",
        "meta-llama/llama-3.3-70b-instruct:free", "meta-llama/Llama-3.3-70B-Instruct:groq",
        "llama3.3:70b", "us.meta.llama3-3-70b-instruct-v1:0", "@cf/meta/llama-3.3-70b-instruct",
        "Llama 3.3 70B",
    ],
    "gpt-oss-120b": [
        "openai/gpt-oss-120b", "gpt-oss-120b", "accounts/fireworks/models/gpt-oss-120b",
        "openai/gpt-oss-120b:groq", "gpt-oss:120b", "@huggingface/openai/gpt-oss-120b",
    ],
    "kimi-k2.6": ["accounts/fireworks/models/kimi-k2p6", "moonshotai/Kimi-K2.6-TEE", "kimi-k2.6"],
    "deepseek-v3.2": [
        "deepseek-ai/DeepSeek-V3.2", "deepseek/deepseek-v3.2", "deepseek-ai/DeepSeek-V3.2-fast",
        "@novita/deepseek/deepseek-v3.2", "accounts/fireworks/models/deepseek-v3p2",
    ],
    "deepseek-v3": ["deepseek-ai/DeepSeek-V3", "deepseek/deepseek-chat-v3-0324"],
    "qwen3-32b": ["Qwen/Qwen3-32B", "qwen/qwen3-32b", "Qwen/Qwen3-32B-TEE", "qwen-3-32b"],
    "qwen3-235b": [
        "Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen-3-235b-a22b-instruct-2507",
        "@nebius/Qwen/Qwen3-235B-A22B-Instruct-2507",
    ],
    "glm-4.7": ["zai-glm-4.7", "zai-org/GLM-4.7", "z-ai/glm-4.7:free"],
    "gemini-2.5-flash": ["gemini-2.5-flash", "@google/gemini-2.5-flash", "google/gemini-2.5-flash"],
    "claude-sonnet-4.5": [
        "anthropic/claude-sonnet-4.5", "claude-sonnet-4-5-20250929", "claude-4.5-sonnet",
    ],
    "llama-4-scout": ["meta-llama/Llama-4-Scout-17B-16E-Instruct", "meta-llama/llama-4-scout"],
    "mistral-small-3.2-24b": [
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistralai/mistral-small-3.2-24b-instruct",
    ],
    "gemma-3-27b": ["google/gemma-3-27b-it", "gemma-3-27b-it"],
    "llama-2-70b": ["meta-llama/Llama-2-70b-chat-hf"],
    "llama-2-7b-base": ["meta-llama/Llama-2-7b-hf", "NousResearch/Llama-2-7b-hf"],
    "mixtral-8x7b": [
        "mixtral-8x7b-32768", "mistralai/Mixtral-8x7B-Instruct-v0.1", "mistral-8x7b-instruct",
        "mistral.mixtral-8x7b-instruct-v0:1",
    ],
    "mixtral-8x7b-base": ["mistralai/Mixtral-8x7B-v0.1"],
    "llama-3.3-nemotron-super-v1.5-49b": [
        "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5", "llama-3.3-nemotron-super-49b-v1.5",
    ],
    "llama-3.1-8b": ["llama_3_1_8b", "Llama-3_1-8B-Instruct"],
    "command-r-7b": ["command-r7b-12-2024", "cohere/command-r7b"],
    "chatgpt-4o": ["openai/chatgpt-4o-latest", "chatgpt-4o-latest"],
    "codellama-34b": ["codellama/CodeLlama-34b-Instruct-hf", "codellama-34b-instruct"],
    "yi-34b": ["01-ai/Yi-34B-Chat"],
    "falcon-7b": ["tiiuae/falcon-7b-instruct"],
    "qwen2.5-7b-1m": ["Qwen/Qwen2.5-7B-Instruct-1M"],
    "gpt-3.5-turbo": ["gpt-35-turbo", "openai/gpt-3.5-turbo-0125"],
}  # fmt: skip

# Ids beside each other that are to stay apart, by what tells them apart.
APART = {
    "size": ["llama-3.1-8b-instant", "llama-3.1-70b-versatile", "llama-3.1-405b"],
    "version": ["deepseek/deepseek-v3.2", "deepseek/deepseek-v3.1", "deepseek/deepseek-v3.2-exp"],
    "its digit": ["grok-4.20-0309-reasoning", "grok-4.2-reasoning", "grok-4-reasoning"],
    "quantisation": [
        "llama-3.3-70b", "@cf/meta/llama-3.3-70b-instruct-fp8-fast", "llama-3.3-70b-instruct-awq",
        "llama3.3:70b-instruct-q4_K_M",
    ],
    "base": [
        "meta-llama/Meta-Llama-3.1-70B", "meta-llama/Meta-Llama-3.1-70B-Instruct",
    ],
    "base in the hub's form": ["meta-llama/Llama-2-7b-hf", "meta-llama/Llama-2-7b-chat-hf"],
    "base of coders": ["Qwen/Qwen2.5-Coder-32B", "Qwen/Qwen2.5-Coder-32B-Instruct"],
    "base of those that see": [
        "meta-llama/Llama-3.2-11B-Vision", "meta-llama/Llama-3.2-11B-Vision-Instruct",
    ],
    "base of other makers": ["01-ai/Yi-34B", "01-ai/Yi-34B-Chat"],
    "a family's other line": ["google/gemma-7b-it", "google/codegemma-7b-it"],
    "what the maker's own page serves": ["gpt-4o", "openai/chatgpt-4o-latest"],
    "another offer of a router": ["gpt-4o", "openai/gpt-4o:extended", "openai/gpt-4o:online"],
    "distilled": [
        "deepseek-ai/DeepSeek-R1", "deepseek-r1-distill-llama-70b", "deepseek-r1-distill-qwen-32b",
    ],
    "what it sees": [
        "meta-llama/Llama-3.2-11B-Vision-Instruct", "meta-llama/Llama-3.2-11B-Instruct",
    ],
    "letters of its own": ["glm-4.5", "glm-4.5v", "glm-4.5-air"],
    "thought": [
        "Qwen/Qwen3-235B-A22B-Thinking-2507", "Qwen/Qwen3-235B-A22B-Instruct-2507",
    ],
    "tiers that are models": ["gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini"],
    "a cheaper one": ["gemini-2.5-flash", "gemini-2.5-flash-lite"],
    "mode": ["grok-4.20-0309-reasoning", "grok-4.20-0309-non-reasoning", "grok-4-fast"],
    "chat of closed weights": ["gpt-5", "gpt-5-chat-latest", "deepseek-chat"],
    "context": ["phi-3-mini-128k-instruct", "phi-3-mini-4k-instruct"],
    "context in millions": [
        "Llama-3.1-8B-Instruct", "Llama-3.1-8B-1M-Instruct", "Llama-3.1-8B-4M-Instruct",
        "Llama-3.1-8B-10M-Instruct",
    ],
    "owner of an unknown name": ["alice/my-model-7b", "bob/my-model-7b", "my-model-7b"],
    "word nobody knows": ["llama-3.3-70b-specdec", "llama-3.3-70b-abliterated"],
}  # fmt: skip

IDS = sorted(
    {*(i for ids in ONE_NAME.values() for i in ids), *(i for ids in APART.values() for i in ids)}
)


@pytest.mark.parametrize("name", ONE_NAME)
def test_what_gateways_call_one_model_has_one_canonical_name(name):
    keys = {canonical(one).key for one in ONE_NAME[name]}

    assert keys == {canonical(name).key}
    assert canonical(ONE_NAME[name][0]).name == name


@pytest.mark.parametrize("why", APART)
def test_what_tells_two_models_apart_stays_in_the_name(why):
    keys = [canonical(one).key for one in APART[why]]

    assert len(set(keys)) == len(keys)


def test_ids_of_one_canonical_name_are_never_two_models_for_the_judge():
    found = [
        (a, b)
        for a, b in combinations(IDS, 2)
        if canonical(a).key == canonical(b).key and same_model(a, b) is False
    ]

    assert found == []


def test_what_was_left_out_is_told_with_why():
    told = canonical("meta-llama/Llama-3.3-70B-Instruct-Turbo-Free").left_out
    dated = canonical("qwen-3-235b-a22b-instruct-2507")

    assert told == (
        ("meta-llama/", "vendor"), ("instruct", "tuned"), ("turbo", "tier"), ("free", "plan"),
    )  # fmt: skip
    assert ("2507", "date") in dated.left_out
    assert ("a22b", "count") in dated.left_out
    assert dated.snapshot == "2507"
    assert canonical("mixtral-8x7b-32768").snapshot == ""


def test_what_sets_a_model_apart_is_told():
    assert canonical("Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8").apart == ("fp8",)
    assert canonical("google/gemma-3-27b-pt").apart == ("base",)
    assert canonical("llama-3.3-70b-versatile").apart == ()


def test_a_size_in_millions_is_no_context_and_a_quantisation_no_generation():
    assert canonical("EleutherAI/pythia-14m").name == "pythia-14m"
    assert canonical("llama-3.1-8b-q4_0").apart == ("q4-0",)
    assert canonical("gpt_4_1_2025_04_14").name == "gpt-4.1"


def test_a_model_that_is_tuned_without_a_mark_is_no_base():
    for tuned in ("Qwen/Qwen3-8B", "HuggingFaceTB/SmolLM3-3B", "meta-llama/Llama-Guard-3-8B"):
        assert canonical(tuned).apart == ()


def test_a_family_stands_once_in_a_name():
    for one in (
        "pythia-70m",
        "zephyr-7b-beta",
        "falcon-7b",
        "yi-34b",
        "mistral-8x7b",
        "command-r7b",
    ):
        words = canonical(one).name.split("-")

        assert len(set(words)) == len(words)


def test_a_person_who_leaves_instruct_out_means_what_is_served():
    assert canonical("meta-llama/Llama-3.1-70B").name == "llama-3.1-70b-base"
    assert canonical("meta-llama/Llama-3.1-70B", asked=True).name == "llama-3.1-70b"


def test_a_canonical_name_is_its_own():
    for one in IDS:
        name = canonical(one)

        assert canonical(name.name, asked=True).key == name.key


@given(st.text(max_size=80))
def test_any_text_has_a_name_and_a_key(text):
    assert canonical(text).key
    assert canonical(text, asked=True).root


@given(st.text(alphabet="abcdeghlmnoprtuvwq0123456789-._:/@ ", max_size=60))
def test_capitals_make_no_other_model(text):
    assert canonical(text.upper()).key == canonical(text).key


def test_a_root_holds_the_models_that_stay_apart_beside_each_other():
    beside = ["llama-3.3-70b-fp8", "llama-3.3-70b", "meta-llama/Llama-3.3-70B-Instruct-AWQ"]

    assert len({canonical(one).root for one in beside}) == 1
    assert canonical("llama-3.3-8b").root != canonical("llama-3.3-70b").root


def test_a_hostile_id_takes_no_time():
    assert canonical("-".join(["llama"] * 100_000)).name
    assert canonical("a" * 10_000_000).name
