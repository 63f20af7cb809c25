"""DeepInfra: anomalyco/models.dev (read 2026-07-02), Portkey-AI/gateway and vercel/ai (2026-08-22).

The public list is a bare array with prices in US cents per token (9e-5 is USD 0.90 per million).
Deprecated models stay listed and are forwarded to another one or fail, so they are left out. For
Gemini and Gemma models `completion_tokens` leaves reasoning out. Streams are kept open by
`: ping` comments.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, Limits, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import CENTS_PER_TOKEN


def is_chat(entry: Entry) -> bool:
    """Text generation, and not deprecated (null or a Unix time)."""
    return entry.get("type") == "text-generation" and not entry.get("deprecated")


GATEWAY = Gateway(
    name="deepinfra",
    title="DeepInfra",
    base_url="https://api.deepinfra.com/v1/openai",
    key_env="DEEPINFRA_API_KEY",
    older_key_envs=("DEEPINFRA_TOKEN",),
    catalog=Catalog(
        "../../models/list",
        entries="",
        read=fields(
            id="model_name",
            name="",
            context_tokens="max_tokens",
            max_output_tokens="",
            input_price="pricing.cents_per_input_token",
            output_price="pricing.cents_per_output_token",
            price_unit=CENTS_PER_TOKEN,
            is_chat=is_chat,
        ),
        public=True,
    ),
    # About 200 at once per model are allowed.
    limits=Limits(concurrency=8),
    id_form="Ids are owner/model, upper and lower case as on Hugging Face.",
    id_examples=(
        "openai/gpt-oss-120b",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "deepseek-ai/DeepSeek-V3.2",
    ),
    docs="anomalyco/models.dev (read 2026-07-02), vercel/ai (read 2026-08-22)",
)
