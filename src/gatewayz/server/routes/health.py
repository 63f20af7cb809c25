"""Health: of this process alone, its readiness, and what is known of each gateway.

GET /health is open, and never red because of a provider. GET /health/ready is open, too, and 503 once the
server is about to stop, so that nobody sends it more.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from gatewayz import __version__
from gatewayz.core import Outcome
from gatewayz.core.client_key import Allowance
from gatewayz.core.gateway import Gateway
from gatewayz.server.backend import Backend
from gatewayz.server.callers import caller_of
from gatewayz.server.traffic import RECENT_S, Traffic

if TYPE_CHECKING:
    from gatewayz.store import ProbedGateway


def routes(backend: Backend) -> list[BaseRoute]:
    """The routes of this file."""
    started = time.monotonic()

    def uptime_s() -> float:
        return round(time.monotonic() - started, 3)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "version": __version__, "uptime_s": uptime_s()})

    async def ready(_request: Request) -> JSONResponse:
        if backend.traffic.stopping:
            return JSONResponse({"status": "stopping"}, 503)
        return JSONResponse({"status": "ready", "uptime_s": uptime_s()})

    async def gateways(request: Request) -> JSONResponse:
        allowance = caller_of(request.scope).visit.allowance
        shown = [gateway for gateway in backend.configured() if allowance.reaches(gateway.name)]
        probed = await backend.keeper.last_probes()
        traffic = backend.crew.together().traffic
        return JSONResponse(
            {
                "object": "list",
                "data": [
                    _of(gateway, traffic, probed.get(gateway.name), allowance) for gateway in shown
                ],
                "window_s": RECENT_S,
            }
        )

    return [
        Route("/health", health, methods=["GET"]),
        Route("/health/ready", ready, methods=["GET"]),
        Route("/health/gateways", gateways, methods=["GET"]),
    ]


def _of(
    gateway: Gateway, traffic: Traffic, probed: ProbedGateway | None, allowance: Allowance
) -> dict[str, Any]:
    """What one may know of a gateway, who has that allowance. Traffic is not told apart by models."""
    may_see = allowance.allows_all_of(gateway.name)
    return {
        "gateway": gateway.name,
        "traffic": asdict(traffic.last_minutes(gateway.name)) if may_see else None,
        "probes": probed and _probes(probed, allowance),
    }


def _probes(probed: ProbedGateway, allowance: Allowance) -> dict[str, Any] | None:
    """What was found of the models that one may know of; None where none of them was asked."""
    counts = probed.counted(lambda model: allowance.allows(probed.gateway, model))
    if counts is None:
        return None
    return {
        "run": probed.run_id,
        "at": probed.at.isoformat(),
        **{outcome.value: counts.get(outcome, 0) for outcome in Outcome},
    }
