"""What an answer cost."""

from __future__ import annotations

from gatewayz.core import Usage
from gatewayz.core.costs import answer_usd
from gatewayz.server.backend import Backend
from gatewayz.server.routing import Order


def cost_usd(order: Order, usage: Usage, backend: Backend) -> float | None:
    """The provider's own sum, else that of the price it lists; None where neither is known."""
    if usage.cost_usd is not None:
        return usage.cost_usd
    model = backend.catalogues.listed(order.gateway, order.model)
    return None if model is None else answer_usd(model.price, usage, order.body.get("messages"))
