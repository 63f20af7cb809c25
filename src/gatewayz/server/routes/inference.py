"""POST /v1/chat/completions and its kin: admit, parse, decide, forward; the door records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gatewayz.server.backend import Backend
from gatewayz.server.bodies import read_object
from gatewayz.server.drop_ins import CallingFunctions
from gatewayz.server.failover import Failover, take_fallbacks
from gatewayz.server.foreseen import most_tokens
from gatewayz.server.forwarding import Forwarding
from gatewayz.server.routing import CHAT, ENDPOINTS, Endpoint, Order, decide
from gatewayz.server.upstream_errors import has_no
from gatewayz.server.visits import Visit, visit_of


def routes(backend: Backend) -> list[BaseRoute]:
    """The routes of this file, one for each endpoint."""
    return [
        Route(f"/v1/{endpoint.path}", _answering(endpoint, backend), methods=["POST"])
        for endpoint in ENDPOINTS
    ]


def _answering(endpoint: Endpoint, backend: Backend) -> Callable[[Request], Awaitable[ASGIApp]]:
    def forward(order: Order, visit: Visit) -> ASGIApp:
        visit.gateway, visit.model, visit.streamed = order.gateway.name, order.model, order.stream
        visit.attempts += 1
        visit.reserve(lambda: most_tokens(order))
        if order.gateway.calls is None:
            return Forwarding(order, backend, visit)
        if endpoint is not CHAT:
            raise has_no(endpoint.path, order.gateway)
        return CallingFunctions(order, order.gateway.calls, backend, visit)

    async def answer(request: Request) -> ASGIApp:
        visit = visit_of(request.scope)
        visit.endpoint = visit.path
        backend.traffic.enter()
        visit.admit()
        asked = await read_object(request)
        others = take_fallbacks(asked, backend.settings.fallbacks)
        if not others:
            return forward(await decide(asked, endpoint, backend, visit.allowance), visit)

        async def by(model: str) -> ASGIApp:
            # The gateway that a request names is the first model's; the others name their own.
            named = {} if model == asked.get("model") else {"provider": None}
            asked_of_it = {**asked, "model": model, **named}
            return forward(await decide(asked_of_it, endpoint, backend, visit.allowance), visit)

        return Failover((asked.get("model", ""), *others), by)

    return answer
