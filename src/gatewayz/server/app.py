"""The ASGI app, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router

from gatewayz.client import HttpClient, HttpTransport, Network, Transport
from gatewayz.config import Settings, load_settings
from gatewayz.core.gateway import Gateway
from gatewayz.core.text import Redactor
from gatewayz.core.timeouts import Timeouts
from gatewayz.gateways import known_gateways
from gatewayz.server.backend import PATIENT, Backend
from gatewayz.server.catalogues import FRESH_S, Catalogues
from gatewayz.server.door import Door, note
from gatewayz.server.inward import inward_hosts
from gatewayz.server.keeper import Keeper, kept_ring
from gatewayz.server.refusals import Refusal, not_found
from gatewayz.server.routes import docs, health, inference, metrics, models
from gatewayz.server.slow_readers import SlowReaders
from gatewayz.server.stopping import tell_when_stopping
from gatewayz.server.traffic import Traffic
from gatewayz.server.visits import Visit
from gatewayz.server.ways import reached

# Each holds a connection to its client and one to a provider: well under the usual 1024 handles
# of a process twice over, and more than one core answers well.
MOST_RUNNING = 400
LAST_WORDS_S = 1.0
# A list that takes longer is not worth a client's wait.
LIST_TIMEOUTS = Timeouts(connect_s=5.0, first_byte_s=15.0, first_event_s=15.0, total_s=20.0)


def create_app(
    settings: Settings | None = None,
    gateways: Mapping[str, Gateway] | None = None,
    transport: Transport | None = None,
    *,
    catalogue_s: float = FRESH_S,
    most_running: int = MOST_RUNNING,
) -> Door:
    """The ASGI app over some gateways: those known to this environment unless others are given.

    Settings are loaded from the environment and gatewayz.toml when None. `transport` carries the
    calls to providers, over sockets when None. `catalogue_s` is how long a model list is kept. Beyond
    `most_running` requests at a time each more is refused at once.
    Nothing is sent before the first request.
    Raises: ConfigError for settings that cannot be used; StoreError for a store that cannot be read.
    """
    settings = settings or load_settings()
    if gateways is None:
        gateways = known_gateways(settings.environ)
        gateways = {name: reached(gateway, settings) for name, gateway in gateways.items()}
    transport = transport or HttpTransport(
        Network(
            proxy=settings.proxy,
            ca_file=settings.ca_file,
            inward=inward_hosts(gateways.values(), settings),
        )
    )
    redact = Redactor(settings.keys.secrets())
    ring = kept_ring(settings)
    keeper = Keeper(settings, ring)
    slow = SlowReaders()

    def signing_key(gateway: Gateway) -> str | None:
        return backend.key_of(gateway)

    reader = HttpClient(
        keys=signing_key, timeouts=LIST_TIMEOUTS, redact=redact, transport=transport
    )
    backend = Backend(
        settings=settings,
        gateways=gateways,
        transport=transport,
        timeouts=_timeouts(settings),
        catalogues=Catalogues(reader, fresh_s=catalogue_s),
        keeper=keeper,
        traffic=Traffic(most_running),
        redact=redact,
    )

    @asynccontextmanager
    async def life(_app: object) -> AsyncIterator[None]:
        tell_when_stopping(backend.traffic, slow.abort_all)
        keeper.start()
        tasks = [
            asyncio.create_task(slow.watch(), name="slow readers"),
            asyncio.create_task(backend.catalogues.keep_fresh(), name="catalogues"),
        ]
        yield
        for task in tasks:
            task.cancel()
        await _last_words(backend.traffic, slow)
        await keeper.aclose()
        await backend.catalogues.aclose()
        await transport.aclose()

    def ended(visit: Visit) -> None:
        backend.traffic.note(visit)
        if visit.admitted:
            keeper.note(visit)

    router = Router(
        [
            *inference.routes(backend),
            *models.routes(backend),
            *health.routes(backend),
            *metrics.routes(backend),
            *docs.routes(),
        ],
        redirect_slashes=False,
        lifespan=life,
    )
    app = ExceptionMiddleware(router, {Refusal: _refused, HTTPException: _not_routed})
    return Door(app, ring=ring, traffic=backend.traffic, slow=slow, ended=ended)


async def _last_words(traffic: Traffic, slow: SlowReaders) -> None:
    """Those who are cut off as the server stops tell their clients, and then leave their records.

    A client that does not listen, even now, is not waited for.
    """
    for _ in range(2):
        for _ in range(int(LAST_WORDS_S / 0.02)):
            if not traffic.running:
                return
            await asyncio.sleep(0.02)
        slow.abort_all()


def _timeouts(settings: Settings) -> Timeouts:
    """Long limits, unless somebody has set how long an answer may take."""
    if settings.origin("timeout_s") == settings.origin(""):
        return PATIENT
    return settings.timeouts


async def _refused(request: Request, refusal: Exception) -> Response:
    """A refusal raised by a route."""
    refusal = cast("Refusal", refusal)
    note(refusal, request.scope)
    return refusal.response()


async def _not_routed(request: Request, problem: Exception) -> Response:
    """No such path, or another method than it has: in the envelope, like everything else."""
    problem = cast("HTTPException", problem)
    if problem.status_code == 405:
        allowed = (problem.headers or {}).get("allow") or (problem.headers or {}).get("Allow", "")
        refusal = Refusal(
            405,
            f"{request.url.path[:100]} takes {allowed}",
            code="method_not_allowed",
            headers={"allow": allowed},
        )
    elif problem.status_code == 404:
        refusal = not_found(
            f"there is no {request.method} {request.url.path[:100]} here", code="path_not_found"
        )
    else:
        refusal = Refusal(problem.status_code, problem.detail)
    return await _refused(request, refusal)
