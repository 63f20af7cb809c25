"""xAI: its docs on debugging and a published copy of its OpenAPI document (read 2026-10).

`/language-models` lists chat models only, with prices as whole US cents per 100 million tokens
(grok-3: 30000 is USD 3.00 per million). `/models` also lists image and video models.
"""

from __future__ import annotations

from dataclasses import replace

from gatewayz.core import Catalog, Gateway, Model, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.core.pricing import with_charges
from gatewayz.core.units import CENTS_PER_100_MTOK
from gatewayz.gateways._entries import sounds_like_chat, text_at, writes_text


def is_chat(entry: Entry) -> bool:
    """Text comes out, and the id is not one of the image or video models of the longer list."""
    return writes_text(entry, "output_modalities") and sounds_like_chat(text_at(entry, "id"))


_read = fields(
    name="",
    context_tokens="max_prompt_length",
    max_output_tokens="",
    input_price="prompt_text_token_price",
    output_price="completion_text_token_price",
    price_unit=CENTS_PER_100_MTOK,
    is_chat=is_chat,
)


def read(entry: Entry) -> Model | None:
    """A model with what pictures and cached text cost; `search_price` is for searches, which have to be
    asked for.
    """
    model = _read(entry)
    if model is None:
        return None
    also = {
        "image_token": entry.get("prompt_image_token_price"),
        "input_cache_read": entry.get("cached_prompt_text_token_price"),
    }
    return replace(model, price=with_charges(model.price, also, CENTS_PER_100_MTOK))


GATEWAY = Gateway(
    name="xai",
    title="xAI",
    base_url="https://api.x.ai/v1",
    key_env="XAI_API_KEY",
    catalog=Catalog(
        "/language-models",
        entries="models",
        read=read,
    ),
    quirks=Quirks(
        # 400 on reasoning models, by now nearly all of them, even with the value 0.
        never_send=frozenset({"frequency_penalty", "presence_penalty", "stop"}),
        # Recorded: 12 in, 1 out, 290 of reasoning, 303 in total.
        usage_excludes_reasoning=True,
        rules=(
            # A wrong key is 400, a missing one 401; errors are {"code": ..., "error": ...}.
            Rule(kind="auth-bad-key-as-400", statuses=(400,), text=r"incorrect api key|api key"),
            # Also comes with status 200.
            Rule(kind="overloaded", text=r"service is (currently|temporarily) unavailable"),
        ),
    ),
    id_form="Ids are bare names, grok- with a version, some with -reasoning or -non-reasoning.",
    id_examples=("grok-4.3", "grok-4.20-0309-non-reasoning", "grok-4.20-0309-reasoning"),
    portkey_slug="xai",
    portkey_ids=("@x-ai*/*", "@*xai*/*", "@*/grok-*"),
    docs="xAI docs, debugging (read 2026-10)",
)
