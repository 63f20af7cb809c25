"""POST /v1/chat/completions: parse, decide, forward; the door records."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gatewayz.server.backend import Backend
from gatewayz.server.bodies import read_object
from gatewayz.server.drop_ins import CallingFunctions
from gatewayz.server.forwarding import Forwarding
from gatewayz.server.routing import decide
from gatewayz.server.visits import visit_of


def routes(backend: Backend) -> list[BaseRoute]:
    """The routes of this file."""

    async def chat(request: Request) -> ASGIApp:
        asked = await read_object(request)
        order = await decide(asked, backend)
        visit = visit_of(request.scope)
        visit.gateway, visit.model = order.gateway.name, order.model
        if order.gateway.calls is not None:
            return CallingFunctions(order, order.gateway.calls, backend, visit)
        return Forwarding(order, backend, visit)

    return [Route("/v1/chat/completions", chat, methods=["POST"])]
