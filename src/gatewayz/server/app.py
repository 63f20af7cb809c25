"""The ASGI app, put together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from starlette.routing import Router

from gatewayz.client import HttpClient, HttpTransport, Network, Transport
from gatewayz.config import Settings, load_settings
from gatewayz.core.gateway import Gateway
from gatewayz.core.preparing import Preparation
from gatewayz.core.text import Redactor
from gatewayz.core.timeouts import Timeouts
from gatewayz.gateways import known_gateways
from gatewayz.server.backend import PATIENT, Backend
from gatewayz.server.callers import Callers
from gatewayz.server.catalogues import FRESH_S, Catalogues
from gatewayz.server.crew import Crew, Share
from gatewayz.server.door import GUEST, Door
from gatewayz.server.handles import requests_at_a_time, take_handles
from gatewayz.server.inward import inward_hosts
from gatewayz.server.keeper import Keeper, kept_ring
from gatewayz.server.log import Log
from gatewayz.server.pages.entrance import Entrance
from gatewayz.server.pages.lobby import Lobby
from gatewayz.server.routes import api, docs, health, inference, metrics, models, pages
from gatewayz.server.stopping import GRACE_S, InTime, last_words, server_here, tell_when_stopping
from gatewayz.server.this_machine import ThisMachine
from gatewayz.server.traffic import Traffic
from gatewayz.server.usable import check_usable
from gatewayz.server.visits import Visit
from gatewayz.server.ways import reached

# More than one core answers well.
MOST_RUNNING = 1000
# So much of a path is remembered.
MAX_PATH = 1000
# A list that takes longer is not worth a client's wait.
LIST_TIMEOUTS = Timeouts(connect_s=5.0, first_byte_s=15.0, first_event_s=15.0, total_s=20.0)


def create_app(
    settings: Settings | None = None,
    gateways: Mapping[str, Gateway] | None = None,
    transport: Transport | None = None,
    *,
    catalogue_s: float = FRESH_S,
    most_running: int | None = None,
    share: Share | None = None,
    grace_s: float | None = GRACE_S,
) -> Door:
    """The ASGI app over some gateways: those known to this environment unless others are given.

    Settings are loaded from the environment and gatewayz.toml when None. `transport` carries the
    calls to providers, over sockets when None; it is closed at the end, and used again if the app is begun again. `catalogue_s` is how long a model list is kept. Beyond
    `most_running` requests at a time each more is refused at once; None is for as many as this
    process has handles for, up to `MOST_RUNNING`. `share` is this process' part in what several
    workers share; None for a server of one process. Told to stop, what runs has `grace_s` seconds; None
    where the server itself sees to that.
    Nothing is sent before the first request.
    Raises: ConfigError for settings that cannot be used; StoreError for a store that cannot be read.
    """
    remake = partial(
        create_app, settings, gateways, transport,
        catalogue_s=catalogue_s, most_running=most_running, share=share, grace_s=grace_s,
    )  # fmt: skip
    settings = settings or load_settings()
    if most_running is None:
        most_running = requests_at_a_time(MOST_RUNNING)
    gateways = _known(settings) if gateways is None else gateways
    if share is None:  # else it was looked at before the first worker, and what runs goes on
        check_usable(settings, gateways)
    transport = transport or HttpTransport(
        Network(
            proxy=settings.proxy,
            ca_file=settings.ca_path,
            inward=inward_hosts(gateways.values(), settings),
        ),
        most_idle=most_running // 4,
        kernel_stamps=False,  # nobody reads them here, and each costs a microsecond
    )
    redact = Redactor(settings.keys.secrets())
    share = share or Share.alone()
    ring = kept_ring(settings, share.accounts)
    keeper = Keeper(settings, ring)
    callers = Callers()

    def signing_key(gateway: Gateway) -> str | None:
        return backend.key_of(gateway)

    reader = HttpClient(
        keys=signing_key, timeouts=LIST_TIMEOUTS, redact=redact, transport=transport
    )
    catalogues = Catalogues(reader, fresh_s=catalogue_s)
    traffic = Traffic(most_running, running=share.accounts.account("under way").running)
    crew = Crew(share, traffic=traffic, keeper=keeper, catalogues=catalogues)
    backend = Backend(
        settings=settings,
        gateways=gateways,
        transport=transport,
        timeouts=_timeouts(settings),
        catalogues=catalogues,
        keeper=keeper,
        traffic=traffic,
        crew=crew,
        redact=redact,
        prices=settings.prices,
    )
    catalogues.when_read = backend.forget_prefixed

    log = Log(backend.traffic)
    only_this_machine = ThisMachine(settings.hosts)
    entrance = Entrance(
        ring, public=settings.status_page == "public", only_this_machine=only_this_machine
    )
    lobby = Lobby(settings, entrance)

    @asynccontextmanager
    async def life(around: object) -> AsyncIterator[None]:
        # A process that only serves is the server's own; in a thread it is somebody's program, and a guest
        # is in somebody's app.
        is_main = threading.current_thread() is threading.main_thread()
        if is_main:
            take_handles()
        in_time = InTime(backend.traffic, callers, grace_s)
        callers.silent.meet_server(server_here())
        # All of these come to their turn at the end, the last one first, whatever the others raise.
        async with AsyncExitStack() as at_the_end:
            at_the_end.callback(tell_when_stopping(backend.traffic, callers, in_time.begin))
            log.start(owns_process=is_main and around is not GUEST)
            at_the_end.callback(log.close)
            at_the_end.push_async_callback(transport.aclose)
            at_the_end.push_async_callback(backend.catalogues.aclose)
            at_the_end.callback(crew.tell)
            keeper.start()
            at_the_end.push_async_callback(keeper.aclose)
            at_the_end.push_async_callback(lobby.aclose)
            at_the_end.push_async_callback(last_words, backend.traffic, callers)
            crew.begin()
            tasks = [
                asyncio.create_task(crew.keep_telling(), name="last words"),
                asyncio.create_task(callers.watch(), name="slow clients"),
                asyncio.create_task(callers.see_off(), name="clients that left"),
                asyncio.create_task(backend.catalogues.keep_fresh(), name="catalogues"),
                asyncio.create_task(lobby.warm(), name="status page"),
            ]
            preparation = Preparation()
            try:
                yield
            finally:
                preparation.stop()
                for task in tasks:
                    task.cancel()
                in_time.stop()

    def ended(visit: Visit) -> None:
        backend.traffic.note(visit)
        # Of what clients say, a key that was put in the wrong place is not remembered.
        if not visit.endpoint:  # else it is one of ours
            visit.path = redact(visit.path[:MAX_PATH])
        if visit.model:
            visit.model = redact(visit.model)
        if visit.admitted:
            keeper.note(visit)
        log.note(visit)

    router = Router(
        [
            *models.routes(backend),
            *health.routes(backend),
            *metrics.routes(backend, lobby),
            *docs.routes(),
            *pages.routes(lobby),
            *api.routes(lobby, backend.traffic),
        ],
        redirect_slashes=False,
        lifespan=life,
    )
    return Door(
        router,
        inference=inference.answers(backend),
        ring=ring,
        only_this_machine=only_this_machine,
        traffic=backend.traffic,
        callers=callers,
        redact=backend.redact,
        ended=ended,
        remake=remake,
    )


def _known(settings: Settings) -> Mapping[str, Gateway]:
    """All gateways that are known to this environment, each as it is reached from here."""
    known = known_gateways(settings.environ)
    return {name: reached(gateway, settings) for name, gateway in known.items()}


def _timeouts(settings: Settings) -> Timeouts:
    """Long limits, unless somebody has set how long an answer may take."""
    if settings.origin("timeout_s") == settings.origin(""):
        return PATIENT
    return settings.timeouts
