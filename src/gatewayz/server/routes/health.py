"""GET /health: whether this process is fit. What providers do does not show here."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from gatewayz import __version__
from gatewayz.server.backend import Backend


def routes(_backend: Backend) -> list[BaseRoute]:
    """The routes of this file."""
    started = time.monotonic()

    async def health(_request: Request) -> JSONResponse:
        uptime_s = round(time.monotonic() - started, 3)
        return JSONResponse({"status": "ok", "version": __version__, "uptime_s": uptime_s})

    return [Route("/health", health, methods=["GET"])]
