"""Hugging Face Inference Providers: huggingface/hub-docs (read 2026-08-22).

A router: each model lists the providers that may answer, and `x-inference-provider` says which one
did. The upstream backend calls it `hug`. Nothing is appended to an id: `:hf-inference` would pin a
host that serves few language models.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gatewayz.core import Catalog, Gateway, Model, Price, Quirks, fields
from gatewayz.core.catalog import Entry, as_count, as_usd_per_mtok, dig
from gatewayz.core.units import USD_PER_MTOK
from gatewayz.gateways._entries import text_at

PRICE_UNIT = USD_PER_MTOK


def live_providers(entry: Entry) -> list[Any]:
    """The providers that serve the model now; others are staging or in error."""
    providers = entry.get("providers")
    if not isinstance(providers, list):
        return []
    return [p for p in providers if dig(p, "status") == "live"]


def is_chat(entry: Entry) -> bool:
    """All are chat models; one that nobody serves now cannot be asked."""
    return bool(live_providers(entry))


_read = fields(name="", context_tokens="", max_output_tokens="", is_chat=is_chat)


def read(entry: Entry) -> Model | None:
    """A model with what holds whichever live provider answers.

    That is the smallest window and the dearest price among them, since the router chooses.
    """
    model = _read(entry)
    if model is None:
        return None
    live = live_providers(entry)
    extra = set()
    if any(dig(p, "supports_tools") is True for p in live):
        extra.add("tools")
    if any(dig(p, "supports_structured_output") is True for p in live):
        extra.add("json_schema")
    return replace(
        model,
        context_tokens=min(_known(as_count(dig(p, "context_length")) for p in live), default=None),
        price=Price(
            _dearest(live, "pricing.input"),
            _dearest(live, "pricing.output"),
            unreckoned=_untold(live),
            is_most=_differ(live, "pricing.input") or _differ(live, "pricing.output"),
        ),
        capabilities=model.capabilities | extra,
    )


def _known(values: Any) -> list[Any]:
    return [value for value in values if value is not None]


def _untold(live: list[Any]) -> str:
    """Who may answer at a price that nobody tells, "" for nobody: the dearest of the rest is no bound."""
    for provider in live:
        sides = (_usd(provider, "pricing.input"), _usd(provider, "pricing.output"))
        if dig(provider, "is_free") is not True and None in sides:
            return f"its provider {text_at(provider, 'provider')[:40]} tells no price"
    return ""


def _usd(provider: Any, path: str) -> float | None:
    return as_usd_per_mtok(dig(provider, path), PRICE_UNIT)


def _dearest(providers: list[Any], path: str) -> float | None:
    return max(_known(_usd(p, path) for p in providers), default=None)


def _differ(providers: list[Any], path: str) -> bool:
    """Whether some of them ask for less than the dearest."""
    told = {0.0 if dig(p, "is_free") is True else _usd(p, path) for p in providers}
    return len(told - {None}) > 1


GATEWAY = Gateway(
    name="huggingface",
    title="Hugging Face Inference Providers",
    base_url="https://router.huggingface.co/v1",
    key_env="HF_TOKEN",
    older_key_envs=("HUGGINGFACE_API_KEY", "HUG_API_KEY"),
    aliases=("hug",),
    catalog=Catalog("/models", read=read, public=True),
    quirks=Quirks(served_by_header="x-inference-provider"),
    id_form="Ids are Hub ids, owner/model, with an optional :provider, :fastest or :cheapest.",
    id_examples=(
        "openai/gpt-oss-120b",
        "openai/gpt-oss-120b:groq",
        "deepseek-ai/DeepSeek-V4-Pro:together",
    ),
    portkey_slug="huggingface",
    portkey_ids=("@*hugging*/*", "@hf*/*", "@hug/*"),
    docs="huggingface/hub-docs (read 2026-08-22)",
)
