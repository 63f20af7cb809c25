from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core.names import changed_name, distilled, family, same_model

# Rows of names for one model, as vendors and gateways write them.
ONE_MODEL = [
    ["gpt-4o", "gpt-4o-2024-08-06", "openai/gpt-4o", "GPT-4o", "@openai-prod/gpt-4o",
     "openai.gpt-4o", "chatgpt-4o-latest", "gpt_4o"],
    ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini:free"],
    ["gpt-4", "gpt-4-0613", "gpt-4-1106-preview", "gpt-4-turbo", "gpt-4-32k"],
    ["gpt-3.5-turbo", "gpt-35-turbo", "gpt-3.5-turbo-0125", "gpt-3.5-turbo-16k"],
    ["gpt-oss-120b", "openai/gpt-oss-120b", "accounts/fireworks/models/gpt-oss-120b",
     "OpenAI: gpt-oss-120b", "openai/gpt-oss-120b:groq", "GPT OSS 120B", "gpt-oss:120b"],
    ["o3-mini", "openai/o3-mini", "o3-mini-2025-01-31", "o3-mini-high", "o3-mini-medium"],
    ["claude-3-5-sonnet-20241022", "claude-3.5-sonnet", "anthropic/claude-3.5-sonnet:beta",
     "us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-latest",
     "claude-3-5-sonnet@20240620"],
    ["claude-sonnet-4-5-20250929", "claude-4.5-sonnet", "anthropic/claude-sonnet-4.5"],
    ["meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b", "llama3.1:8b",
     "accounts/fireworks/models/llama-v3p1-8b-instruct", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
     "@cf/meta/llama-3.1-8b-instruct-fp8", "llama-3.1-8b-instant", "meta.llama3-1-8b-instruct-v1:0",
     "llama-3.1-8.03b", "Meta-Llama-3.1-8B-Instruct-AWQ", "llama-3.1-8b-instruct-q4_K_M",
     "meta-llama/Meta-Llama-3.1-8B-Instruct-Lite"],
    ["llama-3.3-70b-versatile", "meta-llama/Llama-3.3-70B-Instruct", "Llama 3.3 70B Instruct",
     "llama33-70b", "llama-33-70b-instruct"],
    ["aya-23-35b", "CohereLabs/aya-23-35B", "aya-23"],
    # A size without its letter.
    ["gemma-12", "gemma-3-12b-it"], ["qwen-32", "qwen2.5-32b-instruct"], ["llama-13", "llama-2-13b"],
    ["llama-70", "llama-3.3-70b", "llama-3-70"], ["mistral-small-24", "mistral-small-3.1-24b"],
    ["yi-34", "yi-1.5-34b"], ["gpt-4-06-13", "gpt-4.1"],
    ["Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen3-235b-a22b", "qwen/qwen3-235b-a22b:free"],
    ["qwen2.5-72b-instruct", "accounts/fireworks/models/qwen2p5-72b-instruct", "Qwen2.5 72B",
     "qwen25-72b", "qwen-25-72b-instruct", "Qwen25_72B"],
    ["gemini-2.5-flash", "models/gemini-2.5-flash", "gemini-2.5-flash-preview-05-20",
     "google/gemini-2.5-flash", "gemini-2.5-flash-001", "gemini-flash-latest"],
    ["mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b-instruct", "open-mistral-7b"],
    ["mistral-small-latest", "mistral-small-2506", "mistral-small-3.2-24b-instruct-2506"],
    ["deepseek-chat", "deepseek-chat-v3-0324", "deepseek-ai/DeepSeek-V3", "deepseek-v3.1"],
    ["deepseek-r1", "deepseek/r1", "deepseek-reasoner", "deepseek-r1-0528", "deepseek-r1:671b"],
    ["qwen/qwq-32b", "qwen-qwq-32b", "QwQ-32B-Preview"],
    ["moonshotai/Kimi-K2.6-TEE", "accounts/fireworks/models/kimi-k2p6", "kimi-k2.6"],
    ["zai-org/GLM-4.5-Air", "glm-4.5-air", "z-ai/glm-4.5-air:free"],
    ["phi-3-mini-128k-instruct", "microsoft/Phi-3-mini-4k-instruct", "phi-3-3.8b"],
    ["grok-4", "grok-4-0709", "x-ai/grok-4", "grok-4-latest"],
    ["amazon.nova-pro-v1:0", "nova-pro", "us.amazon.nova-pro-v1:0"],
    ["command-r-plus-08-2024", "cohere/command-r-plus", "command-r-plus-04-2024"],
    ["meta-llama/llama-4-scout-17b-16e-instruct", "llama-4-scout", "Llama-4-Scout-17B-16E"],
    ["mixtral-8x7b-32768", "mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b",
     "mistralai/Mistral-8x7B-Instruct"],
    ["deepseek-r1-distill-llama-70b", "deepseek-ai/DeepSeek-R1-Distill-Llama-70B"],
    ["gpt-5", "gpt-5-2025-08-07", "gpt-5.1", "gpt-5-high", "gpt-5-medium"],
    ["gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"],
    # A name that says nothing beside one that does.
    ["gpt-4o", "default", "my-deployment", "gpt-prod", "auto", "prod2-gpt-4o", "gpt-4o-prod2"],
    ["llama-3.1-8b", "tiny", "model", "/models/mistral-7b.Q4_K_M.gguf", "mistral-7b.gguf",
     "5f3c1e0a9b7d4c21", "accounts/me/deployments/abc123", "ep-20240612-x7", ""],
]  # fmt: skip

TWO_MODELS = [
    ("gpt-4o", "claude-3-5-sonnet"),
    ("gpt-4o", "gpt-4o-mini"),
    ("gpt-4o", "gpt-4"),
    ("gpt-4o", "gpt-4.1"),
    ("gpt-4o", "gpt-3.5-turbo-0125"),
    ("gpt-4", "gpt-35-turbo"),
    ("gpt-4o", "openai/gpt-oss-120b"),
    ("gpt-4o", "o3-mini"),
    ("o1", "o3"),
    ("o3", "o3-mini"),
    ("gpt-oss-120b", "gpt-oss-20b"),
    ("gpt-4.1", "gpt-4.1-nano"),
    ("llama-3.1-8b", "llama-3.3-70b"),
    ("meta-llama/Llama-3.3-70B-Instruct", "llama-3.1-8b-instant"),
    ("llama-3.1-70b", "llama-3.1-8b"),
    ("llama-3.1-70b", "llama-3.3-70b"),
    ("llama-3.3-70b", "mistral-7b-instruct"),
    ("llama-4-scout", "llama-4-maverick"),
    ("mixtral-8x7b", "mistral-7b"),
    ("mixtral-8x7b", "mixtral-8x22b"),
    ("mixtral-8x7b", "mistral-8x22b"),
    ("claude-opus-4-20250514", "claude-sonnet-4-20250514"),
    ("claude-3-5-sonnet", "claude-3-5-haiku"),
    ("claude-3-5-sonnet-20241022", "claude-3-7-sonnet-20250219"),
    ("claude-sonnet-4-5", "claude-3-5-sonnet"),
    ("gemini-2.5-pro", "gemini-2.5-flash"),
    ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
    ("gemini-2.5-flash", "gemini-2.0-flash"),
    ("gemini-2.5-flash", "gemma-3-27b-it"),
    ("qwen2.5-72b-instruct", "qwen3-32b"),
    ("qwen-max", "qwen-plus"),
    ("qwen3-0.6b", "qwen3-32b"),
    ("deepseek-v3", "deepseek-r1"),
    ("deepseek-v3.1", "deepseek-v3.2"),
    ("mistral-large-2411", "mistral-small-2506"),
    ("grok-3", "grok-3-mini"),
    ("grok-3", "grok-4"),
    ("glm-4.5", "glm-4.5-air"),
    ("kimi-k2-instruct", "deepseek-v3"),
    ("phi-4", "phi-4-mini"),
    ("smollm2-135m", "smollm2-1.7b"),
    ("command-r-plus", "gpt-4o"),
    ("nova-pro", "nova-lite"),
]


@pytest.mark.parametrize("names", ONE_MODEL, ids=lambda names: names[0])
def test_no_way_of_writing_one_model_makes_it_another(names):
    for a, b in combinations(names, 2):
        assert same_model(a, b) is not False, (a, b)
        assert same_model(b, a) is not False, (b, a)
        assert not changed_name(a, b), (a, b)


@pytest.mark.parametrize(("a", "b"), TWO_MODELS)
def test_other_families_sizes_and_generations_are_other_models(a, b):
    assert same_model(a, b) is False
    assert same_model(b, a) is False
    assert same_model(f"vendor/{a}", b.upper()) is False
    assert changed_name(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("gpt-4o", "openai/GPT-4o-2024-08-06"),
        ("llama3.1:8b", "meta-llama/Llama-3.1-8B-Instruct"),
        ("claude-3-5-sonnet", "anthropic/claude-3.5-sonnet"),
        ("claude-4.5-sonnet", "claude-sonnet-4-5-20250929"),
        ("tiny", "Tiny"),
    ],
)
def test_names_that_differ_in_vendor_and_snapshot_only_are_the_same(a, b):
    assert same_model(a, b) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [("gpt-4o", "default"), ("model-a", "model-b"), ("", ""), ("gpt-4o", ""), ("tiny", "small")],
)
def test_of_names_that_say_nothing_nothing_is_known(a, b):
    assert same_model(a, b) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai/gpt-4o-mini", "gpt"),
        ("gpt-oss-20b", "gpt-oss"),
        ("chatgpt-4o-latest", "gpt"),
        ("deepseek/r1", "deepseek"),
        ("deepseek-r1-distill-llama-70b", "deepseek"),
        ("o4-mini", "o"),
        ("meta-llama/Llama-3.3-70B", "llama"),
        ("default", ""),
        ("foo-o1x", ""),
        ("dolphins", ""),
        ("weights/llama-3.Q8_0.gguf", ""),
    ],
)
def test_a_family_is_known_by_its_name(name, expected):
    assert family(name) == expected


@pytest.mark.parametrize(
    ("a", "b", "changed"),
    [
        ("alpha-large", "gamma-large-2", False),  # a word in common: it may be a form of the other
        ("alpha", "gamma", True),
        ("default", "alpha", False),
        ("alpha", "gpt-4o", False),  # a gateway's own name, then the one behind it
        ("3f9a", "0bd1", False),
        ("alpha", "vendor/alpha-2024-08-06", False),
    ],
)
def test_one_answer_that_names_two_strangers_has_changed_its_model(a, b, changed):
    assert changed_name(a, b) is changed


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text("gpt4o-llama3.1/8b:@ _", max_size=60))
def test_any_text_is_a_name_and_the_answer_has_no_side(a, b):
    assert same_model(a, b) == same_model(b, a)
    assert same_model(a, a) in (True, None)
    assert changed_name(a, b) == changed_name(b, a)


def test_a_hostile_name_takes_no_time():
    for word in ("-mini", "o", "1.", "gpt-", "a.", "q4-k-"):
        assert same_model("gpt" + word * 200_000, "claude") in (False, None)


@pytest.mark.parametrize(
    ("a", "b", "changed"),
    [
        ("sonar-pro", "llama-3.3-70b", False),
        ("hermes-3", "meta-llama/Llama-3.1-70B-Instruct", False),
        ("nemotron-70b", "llama-3.1-70b", False),
        ("llama-3.1-8b", "llama-3.1-70b", True),
        ("sonar-pro", "claude-sonnet-4", True),
    ],
)
def test_a_tune_may_go_by_the_name_of_what_it_was_made_of(a, b, changed):
    assert changed_name(a, b) is changed
    assert changed_name(b, a) is changed


@pytest.mark.parametrize(
    ("a", "b", "is_so"),
    [
        ("deepseek-r1", "deepseek-r1-distill-qwen-7b", True),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "deepseek/deepseek-r1", True),
        ("deepseek-r1:7b", "deepseek-r1-distill-qwen-7b", False),
        ("deepseek-r1-distill-qwen-7b", "DeepSeek-R1-Distill-Qwen-7B", False),
        ("deepseek-r1", "deepseek-r1-0528", False),
        ("qwen-2.5-7b", "deepseek-r1-distill-qwen-7b", False),
        ("my-model", "gateway", False),
    ],
)
def test_a_distillate_is_another_model_than_its_teacher(a, b, is_so):
    assert distilled(a, b) is is_so
    assert distilled(b, a) is is_so
    # Nor has one answer changed its name that says both.
    assert not changed_name(a, b)
