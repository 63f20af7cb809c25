"""Novita AI: its docs on models and errors (read 2026-10).

Prices are whole numbers of 1/10,000 USD per million tokens: 3900 is USD 0.39. The docs
ask for a key on the list; in practice it has come without one.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import USD_E4_PER_MTOK


def is_chat(entry: Entry) -> bool:
    """A chat model that is in service on the chat route; what an entry leaves out counts as so."""
    endpoints = entry.get("endpoints")
    return (
        entry.get("model_type") == "chat"
        and entry.get("status", 1) == 1
        and (not isinstance(endpoints, list) or "chat/completions" in endpoints)
    )


GATEWAY = Gateway(
    name="novita",
    title="Novita AI",
    base_url="https://api.novita.ai/openai/v1",
    key_env="NOVITA_API_KEY",
    catalog=Catalog(
        "/models",
        read=fields(
            name="display_name",
            context_tokens="context_size",
            max_output_tokens="max_output_tokens",
            input_price="input_token_price_per_m",
            output_price="output_token_price_per_m",
            price_unit=USD_E4_PER_MTOK,
            is_chat=is_chat,
        ),
    ),
    quirks=Quirks(
        rules=(
            # Errors are {"code": 400, "reason": "...", "message": ...}; no balance is a 403.
            Rule(kind="billing-no-credit", statuses=(402, 403), text=r"balance"),
            Rule(kind="permission-model-not-in-plan", statuses=(403,), text=r"verif"),
        ),
    ),
    id_form="Ids are owner/model in lower case.",
    id_examples=("meta-llama/llama-3.1-8b-instruct", "deepseek/deepseek-v3.2", "zai-org/glm-5"),
    portkey_slug="novita",
    portkey_ids=("@*novita*/*",),
    docs="Novita docs: models, errors (read 2026-10)",
)
