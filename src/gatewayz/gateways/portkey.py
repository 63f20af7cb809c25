"""Portkey: Portkey-AI/docs-core (read 2026-08-21) and its open-source gateway 1.15.2 (2026-05-25).

One workspace, one mixed catalogue: every model of every provider the owner has connected, as
`@slug/model`. The slug is the owner's choice. Beyond `id` and `slug` the shape of an entry is not
documented, so chat models are told by the words in their ids. Portkey rewrites traffic: a result
through it is not the provider's own. Status 246 is an answer that a guardrail objected to.
"""

from __future__ import annotations

from dataclasses import replace

from gatewayz.core import Auth, Catalog, Gateway, Model, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.gateways._entries import sounds_like_chat, text_at

_BY_ID = fields()
_BY_SLUG = fields(id="slug")


def read(entry: Entry) -> Model | None:
    """A model by whichever of `id` and `slug` is in the form that a request takes."""
    by_slug = text_at(entry, "slug").startswith("@") or not text_at(entry, "id")
    model = (_BY_SLUG if by_slug else _BY_ID)(entry)
    if model is None or not is_chat(model.id):
        return None
    return replace(model, name=model.name or model.id.rsplit("/", 1)[-1])


def is_chat(model_id: str) -> bool:
    """A guess by the id: the catalogue is mixed and does not say."""
    return sounds_like_chat(model_id)


GATEWAY = Gateway(
    name="portkey",
    title="Portkey",
    base_url="https://api.portkey.ai/v1",
    key_env="PORTKEY_API_KEY",
    auth=Auth("x-portkey-api-key", ""),
    catalog=Catalog("/models", read=read),
    quirks=Quirks(
        served_by_header="x-portkey-provider",
        rules=(
            Rule(kind="billing-no-credit", statuses=(412,)),
            Rule(kind="moderation-block", statuses=(446,)),
            # Faults of the gateway itself: {"status": "failure", "message": ...}.
            Rule(
                kind="model-not-found",
                statuses=(400, 404),
                text=r"x-portkey-(config|provider) header is required|invalid provider passed"
                r"|(slug|virtual key|integration).{0,60}(not found|invalid|not exist)",
            ),
        ),
    ),
    id_form="Ids are @slug/model, where the slug is the name your workspace gave the provider.",
    id_examples=("@google/gemini-2.5-flash", "@google/gemini-pro", "@xai/grok-4"),
    docs="Portkey-AI/docs-core (read 2026-08-21)",
)
