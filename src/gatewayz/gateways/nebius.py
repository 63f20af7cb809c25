"""Nebius Token Factory, formerly AI Studio: its docs' introduction (read 2026-10).

`?verbose=true` asks for names, windows and prices (strings, USD per token). That query is not
confirmed with a live key, so plain entries (an id and nothing else) are read as well, and chat
models are then told by the words in their ids.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, Quirks, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import USD_PER_TOKEN
from gatewayz.gateways._entries import sounds_like_chat, text_at


def is_chat(entry: Entry) -> bool:
    """`architecture.modality` ends in "->text"; for an entry without one, a guess by the id."""
    modality = text_at(entry, "architecture.modality")
    return modality.endswith("->text") if modality else sounds_like_chat(text_at(entry, "id"))


GATEWAY = Gateway(
    name="nebius",
    title="Nebius Token Factory",
    base_url="https://api.tokenfactory.nebius.com/v1",
    key_env="NEBIUS_API_KEY",
    catalog=Catalog(
        "/models?verbose=true",
        read=fields(
            input_price="pricing.prompt",
            output_price="pricing.completion",
            price_unit=USD_PER_TOKEN,
            charges="pricing",
            is_chat=is_chat,
        ),
    ),
    # Errors are {"detail": "..."}; the role "developer" is not accepted.
    quirks=Quirks(),
    id_form="Ids are owner/model as on Hugging Face, with an optional -fast flavour.",
    id_examples=(
        "openai/gpt-oss-120b",
        "Qwen/Qwen3-235B-A22B-Instruct-2507",
        "deepseek-ai/DeepSeek-V3.2",
    ),
    portkey_slug="nebius",
    portkey_ids=("@*nebius*/*",),
    docs="Nebius Token Factory docs, introduction (read 2026-10)",
)
