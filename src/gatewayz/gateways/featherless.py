"""Featherless AI: its docs on models, completions, plans and error codes (read 2026-10).

A flat subscription: no prices, and the limit is concurrent units (two on the basic plan, and a
big model takes several), so models are asked one after the other. The catalogue has about 22,000
entries and comes whole unless pages are asked for; it says nothing of modalities. Most entries
are cold and answer 400 until they are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatewayz.core import Catalog, Gateway, Limits, Quirks, Rule, fields
from gatewayz.core.catalog import as_count, dig


def next_page(document: Mapping[str, Any]) -> str | None:
    """The page after `pagination.current_page`; a whole list has no such object."""
    current = as_count(dig(document, "pagination.current_page"))
    total = as_count(dig(document, "pagination.total_pages"))
    if current is None or total is None or current >= total:
        return None
    return f"?page={current + 1}"


GATEWAY = Gateway(
    name="featherless",
    title="Featherless AI",
    base_url="https://api.featherless.ai/v1",
    key_env="FEATHERLESS_API_KEY",
    older_key_envs=("FEATHERLESS_AI_API_KEY", "FEATHERLESSAI_API_KEY"),
    catalog=Catalog("/models", read=fields(), next_page=next_page, public=True),
    limits=Limits(concurrency=1),
    quirks=Quirks(
        rules=(
            # Error codes page: 400 is a cold model, 403 a gated one, 503 no capacity. What a body
            # says goes before.
            Rule(kind="cold-start-503", statuses=(400,)),
            Rule(kind="permission-gated-model", statuses=(403,)),
            Rule(kind="overloaded", statuses=(503,)),
            Rule(kind="rate-limit-concurrency", statuses=(429,)),
        ),
    ),
    id_form="Ids are Hugging Face ids, owner/model, upper and lower case as there.",
    id_examples=("Qwen/Qwen3-32B", "unsloth/Llama-3.3-70B-Instruct", "moonshotai/Kimi-K2-Instruct"),
    docs="Featherless docs: models, completions, plan, error codes (read 2026-10)",
)
