"""Cerebras: inference docs (public models, errors, rate limits) and its SDK of January 2026.

The public list needs no key and has names, prices (strings, USD per token) and limits; the list
behind the key has ids only. The set of models shrinks often: an id from last month may be a 404.
The quota is charged in advance for `max_completion_tokens`, so a small limit is always sent under
that name.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, Quirks, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import USD_PER_TOKEN


def is_chat(entry: Entry) -> bool:
    """All are chat models; those marked as deprecated are about to answer 404."""
    return entry.get("deprecated") is not True


GATEWAY = Gateway(
    name="cerebras",
    title="Cerebras",
    base_url="https://api.cerebras.ai/v1",
    key_env="CEREBRAS_API_KEY",
    catalog=Catalog(
        "../public/v1/models",
        read=fields(
            context_tokens="limits.max_context_length",
            max_output_tokens="limits.max_completion_tokens",
            input_price="pricing.prompt",
            output_price="pricing.completion",
            price_unit=USD_PER_TOKEN,
            charges="pricing",
            is_chat=is_chat,
        ),
        public=True,
    ),
    quirks=Quirks(
        max_tokens_field="max_completion_tokens",
        # Refused with a 400 for years; the 2026 SDK lists some of them again.
        never_send=frozenset(
            {
                "frequency_penalty",
                "logit_bias",
                "parallel_tool_calls",
                "presence_penalty",
                "service_tier",
            }
        ),
    ),
    id_form="Ids are bare names without an owner; the list is short and changes often.",
    id_examples=("gpt-oss-120b", "zai-glm-4.7", "gemma-4-31b"),
    portkey_slug="cerebras",
    portkey_ids=("@*cerebras*/*",),
    docs="Cerebras docs: errors, rate limits, public models (read 2026-10)",
)
