"""Fireworks AI: fw-ai-external/python-sdk (read 2026-07-21) and its inference error codes.

The inference route lists what the account may call. Only `id` is certain in an entry; names,
context and `supports_chat` are read when they come. No prices.
"""

from __future__ import annotations

from dataclasses import replace

from gatewayz.core import Catalog, Gateway, Model, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.gateways._entries import sounds_like_chat, text_at


def is_chat(entry: Entry) -> bool:
    """What `supports_chat` says; without it, a guess by `kind` and the id."""
    said = entry.get("supports_chat")
    if isinstance(said, bool):
        return said
    return not text_at(entry, "kind").startswith("FLUMINA_") and sounds_like_chat(
        text_at(entry, "id")
    )


_read = fields(name="display_name", max_output_tokens="", is_chat=is_chat)


def read(entry: Entry) -> Model | None:
    """A model; the id's last part is its name when the entry has none."""
    model = _read(entry)
    if model is None:
        return None
    return replace(model, name=model.name or model.id.rsplit("/", 1)[-1])


GATEWAY = Gateway(
    name="fireworks",
    title="Fireworks AI",
    base_url="https://api.fireworks.ai/inference/v1",
    key_env="FIREWORKS_API_KEY",
    older_key_envs=("FIREWORKS_AI_API_KEY",),
    catalog=Catalog("/models", read=read),
    quirks=Quirks(
        rules=(
            # 412 is a suspended account, or an adapter that could not be loaded.
            Rule(kind="listed-not-servable", statuses=(412,), text=r"lora|adapter|load"),
            Rule(kind="billing-no-credit", statuses=(412,)),
            # A rate limit has been seen with `type: invalid_request_error`.
            Rule(kind="rate-limit-no-hint", statuses=(429,)),
        ),
    ),
    id_form="Ids are full paths, accounts/fireworks/models/ and a name; dots in versions become p.",
    id_examples=(
        "accounts/fireworks/models/gpt-oss-120b",
        "accounts/fireworks/models/deepseek-v4-pro",
        "accounts/fireworks/models/kimi-k2p6",
    ),
    docs="fw-ai-external/python-sdk (read 2026-07-21)",
)
