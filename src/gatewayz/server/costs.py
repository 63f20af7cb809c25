"""What an answer cost."""

from __future__ import annotations

from typing import Any

from gatewayz.core import Usage
from gatewayz.core.costs import answer_usd, price_of_request, price_that_counts
from gatewayz.server.backend import Backend
from gatewayz.server.routing import Order


def cost_usd(order: Order, usage: Usage, backend: Backend) -> float | None:
    """The provider's own sum, else that of the price it lists or gatewayz.toml gives; None for unknown."""
    if usage.charged_usd is not None:
        return usage.charged_usd
    # What its answer was nobody knows here, but none that was given took nothing at all.
    if usage.counts_nothing:
        return None
    model = backend.catalogues.listed(order.gateway, order.model)
    listed = model.price if model is not None else None
    given = backend.prices.get(order.gateway.name)
    price = price_that_counts(listed, given)
    if price is None or (price is given and not backend.catalogues.was_tried(order.gateway)):
        # Before its list has come, nobody knows that it tells none.
        return None
    if (price.picture_usd or price.media_usd_per_mtok) and _brings_more(order):
        return None
    question = order.body.get(order.endpoint.needs)
    return answer_usd(price_of_request(price, order.model, order.body, question), usage, question)


def _brings_more(order: Order) -> bool:
    """Whether the provider adds to the question what it keeps itself, be it pictures: nobody here sees."""
    body, endpoint = order.body, order.endpoint
    if any(body.get(name) is not None for name in endpoint.instead):
        return True
    question = body.get(endpoint.needs)
    items = question if isinstance(question, list) else ()
    return any(isinstance(one, dict) and _points_elsewhere(one) for one in items)


def _points_elsewhere(item: dict[str, Any]) -> bool:
    """Whether an item for /v1/responses stands for one which the provider keeps; it need not say so."""
    kind = item.get("type")
    return kind == "item_reference" or (kind is None and "id" in item and "content" not in item)
