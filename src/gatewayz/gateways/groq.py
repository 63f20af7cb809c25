"""Groq: groq/groq-python (read 2026-08-18) and its docs on errors and OpenAI compatibility.

Older payloads have no name, no kind and `context_window`; newer ones add `name`, `context_length`
and prices whose unit is not documented, so prices are left unknown. What is no chat model is told
by the id.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gatewayz.core import Catalog, Gateway, Model, Quirks, Rule, fields
from gatewayz.core.catalog import Entry, as_count
from gatewayz.gateways._entries import text_at

_OTHER_KINDS = re.compile(r"whisper|orpheus|playai|tts|guard", re.IGNORECASE)


def is_chat(entry: Entry) -> bool:
    """In service, and neither a speech nor a guard model."""
    return entry.get("active") is not False and not _OTHER_KINDS.search(text_at(entry, "id"))


_read = fields(context_tokens="context_window", is_chat=is_chat)


def read(entry: Entry) -> Model | None:
    """A model of an older or a newer payload."""
    model = _read(entry)
    if model is None or model.context_tokens is not None:
        return model
    return replace(model, context_tokens=as_count(entry.get("context_length")))


GATEWAY = Gateway(
    name="groq",
    title="Groq",
    base_url="https://api.groq.com/openai/v1",
    key_env="GROQ_API_KEY",
    catalog=Catalog("/models", read=read),
    quirks=Quirks(
        # OpenAI compatibility page: 400 when present.
        never_send=frozenset({"logit_bias", "logprobs", "n", "top_logprobs"}),
        rules=(
            # Errors page: 498 is flex capacity exceeded.
            Rule(kind="overloaded", statuses=(498,)),
        ),
    ),
    id_form="Ids are bare names, or owner/model for some; groq/ stands only before its systems.",
    id_examples=("openai/gpt-oss-120b", "llama-3.3-70b-versatile", "qwen/qwen3-32b"),
    docs="groq/groq-python (read 2026-08-18)",
)
