"""Chutes: chutesai/chutes-api (read 2025-10-04) and chutes.ai pages (read 2026-10).

The language models are at llm.chutes.ai; api.chutes.ai is the management API. Prices are in USD per
million tokens, also under `pricing`, whose keys imitate another catalogue's. A failure in the
middle of a stream has come as a bare JSON line without `data:`.
"""

from __future__ import annotations

from gatewayz.core import Catalog, Gateway, Limits, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.units import USD_PER_MTOK
from gatewayz.gateways._entries import writes_text


def is_chat(entry: Entry) -> bool:
    """Language models only are listed; text must come out."""
    return writes_text(entry, "output_modalities")


GATEWAY = Gateway(
    name="chutes",
    title="Chutes",
    base_url="https://llm.chutes.ai/v1",
    key_env="CHUTES_API_KEY",
    older_key_envs=("CHUTES_API_TOKEN",),
    catalog=Catalog(
        "/models",
        read=fields(
            name="",
            max_output_tokens="max_output_length",
            input_price="price.input.usd",
            output_price="price.output.usd",
            price_unit=USD_PER_MTOK,
            charges="pricing",
            is_chat=is_chat,
        ),
        public=True,
    ),
    # About 60 a minute per load balancer, with bans that grow: chutesai/chutes#15.
    limits=Limits(concurrency=4, requests_per_minute=60),
    quirks=Quirks(
        rules=(
            # Errors are {"detail": string or object}.
            Rule(
                kind="overloaded",
                statuses=(429,),
                text=r"under maintenance|maximum capacity",
            ),
            Rule(kind="cold-start-503", statuses=(503,), text=r"no instances? available"),
            Rule(kind="billing-no-credit", statuses=(402,)),
        ),
    ),
    id_form="Ids are owner/model, many with -TEE at the end; :THINKING turns thinking on.",
    id_examples=("Qwen/Qwen3-32B-TEE", "zai-org/GLM-5.2-TEE", "moonshotai/Kimi-K2.6-TEE"),
    docs="chutesai/chutes-api (read 2025-10-04)",
)
