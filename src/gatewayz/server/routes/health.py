"""Health: of this process alone, its readiness, and what is known of each gateway.

GET /health is open, and never red because of a provider. GET /health/ready is 503 once the server
is about to stop, so that nobody sends it more.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from gatewayz import __version__
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
                "data": [_of(gateway, traffic, probed.get(gateway.name)) for gateway in shown],
                "window_s": RECENT_S,
            }
        )

    return [
        Route("/health", health, methods=["GET"]),
        Route("/health/ready", ready, methods=["GET"]),
        Route("/health/gateways", gateways, methods=["GET"]),
    ]


def _of(gateway: Gateway, traffic: Traffic, probed: ProbedGateway | None) -> dict[str, Any]:
    return {
        "gateway": gateway.name,
        "traffic": asdict(traffic.last_minutes(gateway.name)),
        "probes": probed
        and {
            "run": probed.run_id,
            "at": probed.at.isoformat(),
            "passed": probed.passed,
            "failed": probed.failed,
            "unknown": probed.unknown,
            "skipped": probed.skipped,
        },
    }
