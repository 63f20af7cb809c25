"""One model as this API lists it: OpenAI's fields, and OpenRouter's for what it can do and costs."""

from __future__ import annotations

import json
from typing import Any

from gatewayz.core.gateway import Gateway
from gatewayz.core.model import Model, Price
from gatewayz.core.pricing import IS_MOST
from gatewayz.core.text import well_formed

# Our capability words in OpenRouter's vocabulary, where it has one.
_PARAMETERS = {
    "json_object": "response_format",
    "json_schema": "structured_outputs",
    "reasoning": "reasoning",
    "tools": "tools",
}


def entry(model: Model, gateway: Gateway, *, id: str = "") -> dict[str, Any]:
    """The model's entry, under its own id or another; what the gateway does not tell is null."""
    owner = model.id.removeprefix("@").partition("/")[0] if "/" in model.id else gateway.name
    inputs = ["text", "image"] if "vision" in model.capabilities else ["text"]
    return {
        # Half a character in a provider's list must not cost the others theirs.
        "id": well_formed(id or model.id),
        "object": "model",
        # No gateway's list is kept with its dates; OpenAI's clients need the field.
        "created": 0,
        "owned_by": well_formed(owner),
        "name": well_formed(model.title),
        "source_gateway": gateway.name,
        "context_length": model.context_tokens,
        "max_completion_tokens": model.max_output_tokens,
        "pricing": _pricing(model.price),
        "capabilities": sorted(model.capabilities),
        "supported_parameters": sorted(
            _PARAMETERS[word] for word in model.capabilities if word in _PARAMETERS
        ),
        "architecture": {"input_modalities": inputs, "output_modalities": ["text"]},
    }


class Entries:
    """All entries of each list as JSON, written once for every time that it was read."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], tuple[tuple[Model, ...], tuple[bytes, ...]]] = {}

    def of(
        self, gateway: Gateway, models: tuple[Model, ...], *, whole_ids: bool
    ) -> tuple[bytes, ...]:
        """Those of these models, in their order; whole ids are such as `gateway/model`."""
        read, written = self._kept.get((gateway.name, whole_ids), ((), ()))
        if read is not models:
            written = tuple(
                to_json(entry(model, gateway, id=f"{gateway.name}/{model.id}" if whole_ids else ""))
                for model in models
            )
            self._kept[gateway.name, whole_ids] = models, written
        return written


def to_json(value: Any) -> bytes:
    """JSON as this API's lists have it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def _pricing(price: Price) -> dict[str, str | bool | None] | None:
    """USD per token, and for a request or picture, as decimal strings; null when nothing is known."""
    if price.input_usd_per_mtok is None and price.output_usd_per_mtok is None:
        return None
    # A charge that cannot be reckoned is told as OpenRouter tells what varies.
    also = {
        "request": _decimal(price.request_usd or None),
        "image": _decimal(price.picture_usd or None),
        "internal_reasoning": _per_token(price.thinking_usd_per_mtok),
        "image_token": _per_token(price.media_usd_per_mtok),
        "input_cache_read": _per_token(price.cached_usd_per_mtok),
    }
    return {
        "prompt": _per_token(price.input_usd_per_mtok),
        "completion": _per_token(price.output_usd_per_mtok),
        **{name: told for name, told in also.items() if told is not None},
        **({"request": "-1"} if price.unreckoned else {}),
        **({IS_MOST: True} if price.is_most else {}),
    }


def _per_token(usd_per_mtok: float | None) -> str | None:
    return None if usd_per_mtok is None else _decimal(usd_per_mtok / 1e6)


def _decimal(usd: float | None) -> str | None:
    if usd is None:
        return None
    return f"{usd:.15f}".rstrip("0").rstrip(".") or "0"
