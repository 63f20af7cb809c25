"""Catalogue fixtures, and what each gateway must read out of them, down to the last digit."""

import json
from pathlib import Path

import pytest

CATALOGS = Path(__file__).parent / "catalogs"


def load_fixture(name):
    return json.loads((CATALOGS / f"{name}.json").read_text())


def read_pages(gateway, documents):
    """Rows (id, name, context, USD per Mtok in, out) and next-page references of all documents."""
    pages = [gateway.catalog.page(document) for document in documents]
    rows = [
        (
            model.id,
            model.name,
            model.context_tokens,
            model.price.input_usd_per_mtok,
            model.price.output_usd_per_mtok,
        )
        for page in pages
        for model in page.models
    ]
    return rows, [page.next_page for page in pages]


# name -> rows over all pages, next-page references.
EXPECTED = {
    "openrouter": (
        [
            ("anthropic/claude-sonnet-5", "Anthropic: Claude Sonnet 5", 1000000, 3.0, 15.0),
            ("openai/gpt-oss-20b:free", "OpenAI: gpt-oss-20b (free)", 131072, 0.0, 0.0),
            ("openrouter/auto", "Auto Router", 2000000, None, None),
            ("openai/gpt-oss-120b", "OpenAI: gpt-oss-120b", None, 0.05, 0.28),
            ("google/gemini-2.5-flash", "", 1048576, None, None),
        ],
        ["?offset=5&limit=5", None],
    ),
    "portkey": (
        [
            ("@google/gemini-2.5-flash", "gemini-2.5-flash", None, None, None),
            ("@google/gemini-pro", "gemini-pro", None, None, None),
            ("@xai/grok-4", "grok-4", None, None, None),
            ("@cerebras/gpt-oss-120b", "gpt-oss-120b", None, None, None),
            ("@nebius/openai/gpt-oss-120b", "gpt-oss-120b", None, None, None),
            ("@novita/deepseek/deepseek-v3.2", "deepseek-v3.2", None, None, None),
            ("@huggingface/openai/gpt-oss-120b", "gpt-oss-120b", None, None, None),
            ("@openrouter/google/gemini-2.5-flash", "gemini-2.5-flash", None, None, None),
        ],
        [None],
    ),
    "featherless": (
        [
            ("Qwen/Qwen3-32B", "Qwen/Qwen3-32B", 32768, None, None),
            ("unsloth/Llama-3.3-70B-Instruct", "Llama 3.3 70B Instruct", 16384, None, None),
            ("moonshotai/Kimi-K2-Instruct", "", None, None, None),
        ],
        ["?page=2", None],
    ),
    "fireworks": (
        [
            ("accounts/fireworks/models/gpt-oss-120b", "gpt-oss-120b", None, None, None),
            ("accounts/fireworks/models/deepseek-v4-pro", "DeepSeek V4 Pro", 163840, None, None),
            ("accounts/fireworks/models/kimi-k2p6", "kimi-k2p6", None, None, None),
            ("accounts/fireworks/models/embeds-but-chats", "embeds-but-chats", None, None, None),
        ],
        [None],
    ),
    "together": (
        [
            ("openai/gpt-oss-120b", "OpenAI GPT-OSS 120B", 131072, 0.15, 0.6),
            (
                "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                "Meta Llama 3.3 70B Instruct Turbo",
                131072,
                0.88,
                1.76,
            ),
            ("Qwen/Qwen3.5-9B", "", None, 0.0, 0.0),
        ],
        [None],
    ),
    "google": (
        [
            ("gemini-2.5-flash", "Gemini 2.5 Flash", 1048576, None, None),
            ("gemma-3-27b-it", "Gemma 3 27B", 131072, None, None),
            ("gemini-flash-latest", "Gemini Flash Latest", 1048576, None, None),
        ],
        ["?pageSize=1000&pageToken=Ch1tb2RlbHM%2F%2B%3D%3D", None],
    ),
    "cerebras": (
        [
            ("gpt-oss-120b", "OpenAI GPT OSS 120B", 131072, 0.35, 0.75),
            ("zai-glm-4.7", "Z.ai GLM 4.7", 131072, 2.25, 2.75),
            ("gemma-4-31b", "", None, None, None),
        ],
        [None],
    ),
    "nebius": (
        [
            ("openai/gpt-oss-120b", "gpt-oss-120b", 131072, 0.15, 0.6),
            ("Qwen/Qwen3-235B-A22B-Instruct-2507", "Qwen3 235B A22B Instruct", 262144, 0.2, 0.6),
            ("example/sees", "", None, None, None),
        ],
        [None],
    ),
    "xai": (
        [
            ("grok-3", "", 131072, 3.0, 15.0),
            ("grok-4.20-0309-non-reasoning", "", None, 2.0, 6.0),
            ("grok-4.3", "", None, None, None),
        ],
        [None],
    ),
    "novita": (
        [
            ("deepseek/deepseek-v3.2", "DeepSeek V3.2", 163840, 0.39, 0.58),
            ("meta-llama/llama-3.1-8b-instruct", "Llama 3.1 8B Instruct", 16384, 0.02, 0.05),
            ("zai-org/glm-5", "", None, None, None),
        ],
        [None],
    ),
    "huggingface": (
        [
            ("openai/gpt-oss-120b", "", 65536, 0.15, 0.25),
            ("deepseek-ai/DeepSeek-V4-Pro", "", None, None, None),
        ],
        [None],
    ),
    "chutes": (
        [
            ("Qwen/Qwen3-32B-TEE", "", 40960, 0.05, 0.2),
            ("zai-org/GLM-5.2-TEE", "", 202752, 0.6, 2.2),
            ("moonshotai/Kimi-K2.6-TEE", "", None, None, None),
        ],
        [None],
    ),
    "groq": (
        [
            ("llama-3.3-70b-versatile", "", 131072, None, None),
            ("openai/gpt-oss-120b", "GPT OSS 120B", 131072, None, None),
            ("qwen/qwen3-32b", "", 131072, None, None),
        ],
        [None],
    ),
    "deepinfra": (
        [
            ("openai/gpt-oss-120b", "", 131072, 0.9, 4.5),
            ("deepseek-ai/DeepSeek-V3.2", "", 163840, 0.26, 0.39),
            ("meta-llama/Llama-3.3-70B-Instruct-Turbo", "", None, None, None),
        ],
        [None],
    ),
    "local": (
        [("tiny", "", None, None, None), ("Qwen/Qwen3-8B", "", 32768, None, None)],
        [None],
    ),
}


@pytest.fixture
def fixture_of():
    return load_fixture


@pytest.fixture
def read():
    return read_pages


@pytest.fixture
def expected():
    return EXPECTED


def pytest_generate_tests(metafunc):
    """A test that asks for `gateway_name` runs once per gateway of the tables above."""
    if "gateway_name" in metafunc.fixturenames:
        metafunc.parametrize("gateway_name", sorted(EXPECTED))
