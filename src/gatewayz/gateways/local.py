"""A server of one's own: anything that speaks OpenAI's chat API, such as llama.cpp, vLLM or Ollama.

The contract is openai/openai-openapi (read 2026-08-21). No key is needed; one is sent when
LOCAL_API_KEY is set.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, fields
from gatewayz.core.catalog import Entry
from gatewayz.gateways._entries import sounds_like_chat, text_at


def is_chat(entry: Entry) -> bool:
    """A guess by the id: servers of one's own list whatever they have loaded."""
    return sounds_like_chat(text_at(entry, "id"))


GATEWAY = Gateway(
    name="local",
    title="A server of your own",
    base_url="http://127.0.0.1:8080/v1",
    key_env="LOCAL_API_KEY",
    key_required=False,
    catalog=Catalog(
        "/models",
        read=fields(context_tokens="max_model_len", is_chat=is_chat),
    ),
    id_form="Ids are what your server lists, often a file's or a repository's name.",
    id_examples=("tiny", "llama3.2:3b", "Qwen/Qwen3-8B"),
    docs="openai/openai-openapi (read 2026-08-21)",
)
