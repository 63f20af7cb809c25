"""Together AI: togethercomputer/openapi (read 2026-04-28) and its page on errors.

The catalogue is a bare array. Prices are numbers in USD per million tokens. Some listed models
are not serverless and ask for a dedicated endpoint when called.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import USD_PER_MTOK


def is_chat(entry: Entry) -> bool:
    """`type` is "chat"; others are language, code, image, embedding, moderation, rerank, audio."""
    return entry.get("type") == "chat"


GATEWAY = Gateway(
    name="together",
    title="Together AI",
    base_url="https://api.together.xyz/v1",
    key_env="TOGETHER_API_KEY",
    older_key_envs=("TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY"),
    catalog=Catalog(
        "/models",
        entries="",
        read=fields(
            name="display_name",
            max_output_tokens="config.max_output_length",
            input_price="pricing.input",
            output_price="pricing.output",
            price_unit=USD_PER_MTOK,
            charges="pricing",
            is_chat=is_chat,
        ),
    ),
    quirks=Quirks(
        # Here `logprobs` is a whole number, elsewhere true or false.
        never_send=frozenset({"logprobs"}),
        rules=(
            Rule(
                kind="listed-not-servable",
                statuses=(400, 404),
                text=r"non-serverless|dedicated endpoint",
            ),
            # Errors page: 403 is a prompt and max_tokens that exceed the context together.
            Rule(kind="context-overflow", statuses=(403,), text=r"tokens|context|length"),
        ),
    ),
    id_form="Ids are owner/model, often with -Turbo at the end.",
    id_examples=(
        "openai/gpt-oss-120b",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "Qwen/Qwen3.5-9B",
    ),
    docs="togethercomputer/openapi (read 2026-04-28)",
)
