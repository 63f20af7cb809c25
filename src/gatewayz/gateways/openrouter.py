"""OpenRouter: OpenRouterTeam/docs and the OpenAPI document of its SDK (read 2026-08-22).

Prices are strings in USD per token; -1 marks routers whose price varies, read as unknown. The
default list holds text models only. The whole list comes at once unless paging is asked for;
when an answer does name a next page, it is followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gatewayz.core import Catalog, Gateway, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import USD_PER_TOKEN
from gatewayz.gateways._entries import text_at, writes_text


def is_chat(entry: Entry) -> bool:
    """Whether text comes out of the model."""
    return writes_text(entry, "architecture.output_modalities")


def next_page(document: Mapping[str, Any]) -> str | None:
    """The query of `links.next`: the address stays ours, whatever host the link names."""
    query = urlsplit(text_at(document, "links.next")).query
    return f"?{query}" if query else None


GATEWAY = Gateway(
    name="openrouter",
    title="OpenRouter",
    base_url="https://openrouter.ai/api/v1",
    key_env="OPENROUTER_API_KEY",
    catalog=Catalog(
        "/models",
        read=fields(
            max_output_tokens="top_provider.max_completion_tokens",
            input_price="pricing.prompt",
            output_price="pricing.completion",
            price_unit=USD_PER_TOKEN,
            charges="pricing",
            is_chat=is_chat,
        ),
        next_page=next_page,
        public=True,
    ),
    headers={"X-OpenRouter-Title": "Gatewayz"},
    quirks=Quirks(
        # Several of the providers behind it refuse limits below 16.
        min_max_tokens=16,
        rules=(
            # `error.metadata.error_type`, where it is sent, names the fault of the provider behind.
            Rule(kind="overloaded", fields=r"provider_(overloaded|unavailable)"),
        ),
    ),
    id_form="Ids are author/slug, with an optional :variant such as :free.",
    id_examples=("anthropic/claude-sonnet-5", "openai/gpt-oss-120b", "openai/gpt-oss-20b:free"),
    docs="OpenRouterTeam/docs (read 2026-08-22)",
)
