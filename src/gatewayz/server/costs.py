"""What an answer cost."""

from __future__ import annotations

from gatewayz.core import Usage
from gatewayz.core.costs import answer_usd, price_of_request
from gatewayz.server.backend import Backend
from gatewayz.server.routing import Order


def cost_usd(order: Order, usage: Usage, backend: Backend) -> float | None:
    """The provider's own sum, else that of the price it lists; None where neither is known."""
    if usage.charged_usd is not None:
        return usage.charged_usd
    # What its answer was nobody knows here, but none that was given took nothing at all.
    if usage.counts_nothing:
        return None
    model = backend.catalogues.listed(order.gateway, order.model)
    if model is None or not model.price.known:
        return None
    messages = order.body.get("messages")
    return answer_usd(
        price_of_request(model.price, order.model, order.body, messages), usage, messages
    )
