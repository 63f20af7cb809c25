"""Running the app: until it is stopped, in this process or several, or in a thread for a while."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from gatewayz.client import is_loopback
from gatewayz.config import Settings, load_settings
from gatewayz.core.errors import ConfigError
from gatewayz.core.garbage import collect_seldom
from gatewayz.core.gateway import Gateway
from gatewayz.gateways import API_KEY_ENV
from gatewayz.server.app import MOST_RUNNING, create_app
from gatewayz.server.crew import Share
from gatewayz.server.handles import requests_at_a_time, take_handles
from gatewayz.server.listening import SharedListener
from gatewayz.server.protocol import Protocol
from gatewayz.server.stopping import GRACE_S
from gatewayz.server.workers import Watch, can_fork

KEEP_ALIVE_S = 75
_START_S = 10.0
# In a hurry, too, what has ended is written down, if it takes no longer.
_HURRY_S = 2.0


def serve(
    settings: Settings | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] | None = None,
    *,
    warn: Callable[[str], None] | None = None,
    workers: int = 1,
    grace_s: int = GRACE_S,
    gateways: Mapping[str, Gateway] | None = None,
) -> None:
    """Serves until INT or TERM, then lets running answers finish for up to `grace_s` seconds.

    What is not finished by then ends with an error. A second signal does not wait.

    `ready` is called with the base URL once connections are taken, `warn` with a line about a
    server that is open to this machine; port 0 takes a free one. Of several `workers` each is a
    process; they answer on the one port, with limits that hold for all of them together, and one that
    dies is replaced.
    Raises: ConfigError when the address cannot be listened on, or is open to others without a key,
    or this system cannot have several workers; KeyboardInterrupt at the end, when it was INT.
    """
    if workers > 1 and not can_fork():
        raise ConfigError("this system cannot run several workers on one port; leave out --workers")
    take_handles()
    settings = settings or load_settings()
    # For workers too, who each make their own: what cannot be used is told once, before the first.
    app = create_app(settings, gateways, grace_s=None)
    is_open = app.ring.is_open
    if is_open and not is_loopback(host):
        raise ConfigError(
            f"{host} can be reached by other machines; set {API_KEY_ENV}, make a key"
            " (gatewayz keys create), or listen on 127.0.0.1"
        )
    with _listening(host, port) as sock:
        if is_open and warn is not None:
            warn(f"{API_KEY_ENV} is not set: serving this machine only, without a key.")
        # It warns of each write to a client that has just left; the request's own line tells that.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        if workers > 1:
            parts = _Parts(settings, gateways, sock, workers, grace_s)
            _serve_by_workers(parts, ready or _nobody)
            return
        server = _Server(app, _url(sock), ready or _nobody, grace_s=grace_s)
        server.run(sockets=[sock])
        if server.interrupted:
            raise KeyboardInterrupt


@dataclass(frozen=True, slots=True)
class _Parts:
    """What each worker makes its server of."""

    settings: Settings
    gateways: Mapping[str, Gateway] | None
    sock: socket.socket
    workers: int
    grace_s: int


def _serve_by_workers(parts: _Parts, ready: Callable[[str], None]) -> None:
    share = Share.among(parts.workers)
    url = _url(parts.sock)
    # It may be that one worker has them all.
    most_running = requests_at_a_time(MOST_RUNNING * parts.workers)

    def work(worker: int, at_work: Callable[[], None]) -> None:
        its = share.of_worker(worker)
        # Made anew in each, so that one that comes later knows the keys as they are then.
        app = create_app(
            parts.settings, parts.gateways, most_running=most_running, share=its, grace_s=None
        )
        counted = its.accounts.account("connections").running
        listener = SharedListener(parts.sock, counted)
        _Server(app, url, lambda _: at_work(), grace_s=parts.grace_s, listener=listener).run([])

    watch = Watch(
        parts.workers,
        work,
        bury=share.bury,
        ready=lambda: ready(url),
        # Nobody is to wait for a connection that no worker takes any more.
        stopping=parts.sock.close,
    )
    if watch.run() == signal.SIGINT:
        raise KeyboardInterrupt


@contextmanager
def running(
    settings: Settings | None = None,
    gateways: Mapping[str, Gateway] | None = None,
    *,
    app: ASGIApp | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[str]:
    """A server in a thread of this process for as long as the block lasts; yields its base URL."""
    with _listening(host, port) as sock:
        ready = threading.Event()
        url = _url(sock)
        server = _Server(
            app or create_app(settings, gateways),
            url,
            lambda _: ready.set(),
            grace_s=1,
            owns_process=False,
        )
        thread = threading.Thread(target=server.run, args=([sock],), name="gatewayz-server")
        thread.start()
        try:
            if not ready.wait(_START_S):
                raise ConfigError("the server did not start; its log says why")
            yield url
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """uvicorn, quiet (the app writes its own log), that says when it takes connections."""

    def __init__(
        self,
        app: ASGIApp,
        url: str,
        ready: Callable[[str], None],
        *,
        grace_s: int,
        listener: SharedListener | None = None,
        owns_process: bool = True,
    ) -> None:
        config = uvicorn.Config(
            app,
            # uvicorn asks for another kind of asyncio's protocols, and calls nothing that ours lacks.
            http=cast("Any", Protocol),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=grace_s,
            proxy_headers=False,
        )
        super().__init__(config)
        self.interrupted = False
        self._url = url
        self._ready = ready
        self._listener = listener
        self._owns_process = owns_process

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets answers finish, the second does not wait for them.

        uvicorn would raise them again at the end. But TERM is how servers are stopped in good order, so
        it ends with 0; and an INT is lost on the way where the shell had it ignored, as behind a `&`.
        """
        again = self.should_exit
        super().handle_exit(sig, frame)
        self.force_exit = self.force_exit or again
        self.interrupted = self.interrupted or sig == signal.SIGINT
        self._captured_signals.remove(sig)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, then tells whoever waits for it."""
        await super().startup(sockets)
        if (listener := self._listener) is not None:
            parts = (self.config, self.server_state, self.lifespan.state)
            listener.start(partial(Protocol, *parts, lost=listener.lost))
            self.servers.append(cast("Any", listener))
        if not self.should_exit:
            if self._owns_process:
                collect_seldom()
            self._ready(self._url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops to serve; then the app ends in good order.

        In a hurry uvicorn says nothing to it: it would be broken off where it waits, with its records.
        """
        await super().shutdown(sockets)
        if self.force_exit:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.lifespan.shutdown(), _HURRY_S)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket. Raises: ConfigError in one line when the address cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named: of other sockets asyncio does not know that they are TCP's, and
        # leaves Nagle's algorithm on, which holds every second packet back for 40 ms.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}: {error.strerror}") from None
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {host} port {port}: {error.strerror}; choose another --port"
            ) from None
        yield sock


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _nobody(_url: str) -> None:
    return
