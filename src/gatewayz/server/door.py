"""What every request passes first: an id, the key check, the last catch, the log line."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from gatewayz.core.errors import ConfigError, GatewayzError
from gatewayz.server.callers import Answering, Caller, Callers, ClientGone, OverAsgi
from gatewayz.server.framing import check
from gatewayz.server.front_page import NO_ICON_HEADERS, PLACE, wants_icon, wants_page
from gatewayz.server.headers import raw
from gatewayz.server.heads import too_large
from gatewayz.server.key_ring import KeyRing
from gatewayz.server.pages.entrance import PREFIXES as OWN_ENTRANCE
from gatewayz.server.refusals import (
    Refusal,
    needs_key,
    not_found,
    unavailable,
    wrong_method,
)
from gatewayz.server.traffic import OWN_BUG, Traffic
from gatewayz.server.visits import CLIENT_GONE, Visit, new_ids, sane_id
from gatewayz.server.web_pages import permission

_STOPPING = "this server is stopping; ask again"
# What whoever runs it asks, who may have no key.
OPEN_PATHS = frozenset({"/health", "/health/ready"})


# In the place of the app: the lifespan is that of a guest in somebody else's.
GUEST: Any = object()


class Door:
    """The app as a server sees it: ASGI around everything that answers HTTP.

    `inference` answers the paths that everybody comes for, `app` all others. `ring` holds the keys
    that clients must show; one that is open lets in this machine alone, of
    which `only_this_machine` raises Refusal for who is not. `ended` is told of each visit at
    its end. `remake` makes it anew, for one that begins again behind its end. `redact` takes secrets out of a text. `traffic` says whether the server is about to stop; `callers` are those under way.
    """

    def __init__(
        self,
        app: Router,
        *,
        inference: Mapping[str, Answering],
        ring: KeyRing,
        only_this_machine: Callable[[Caller, dict[bytes, bytes]], None],
        traffic: Traffic,
        callers: Callers,
        redact: Callable[[str], str],
        ended: Callable[[Visit], None],
        remake: Callable[[], Door],
    ) -> None:
        self._app = app
        self._inference = inference
        self.ring = ring
        self._only_this_machine = only_this_machine
        self._traffic = traffic
        self._callers = callers
        self._redact = redact
        self._ended = ended
        self._remake = remake
        self._lives = self._has_lived = False
        self._ids = new_ids()

    @asynccontextmanager
    async def lifespan(self, _around: object = None) -> AsyncIterator[Any]:
        """What goes on as long as it serves: for an app that this one is mounted in, as its own lifespan.

        Nobody runs that of what is mounted, and without it nothing is recorded or kept up to date.
        Raises: ConfigError while it serves elsewhere.
        """
        with self._life():
            async with self._app.lifespan_context(GUEST) as state:
                yield state

    @contextmanager
    def _life(self) -> Iterator[None]:
        """Of what has ended nothing is used again: all of it went with its loop. Raises: GatewayzError."""
        if self._lives:
            raise ConfigError(
                "this app serves already; for a second server at the same time, make one with create_app()"
            )
        if self._has_lived:
            vars(self).update(vars(self._remake()))
        self._lives = self._has_lived = True
        try:
            yield
        finally:
            self._lives = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request of any ASGI server."""
        if scope["type"] == "http":
            if self._callers.silent.is_new_here:
                self._callers.silent.meet(send)
            await self.answer(OverAsgi(scope, receive, send))
        elif scope["type"] == "lifespan":
            with ExitStack() as life:
                try:
                    life.enter_context(self._life())
                except GatewayzError as error:
                    # What is raised here a server takes for an app without a lifespan.
                    await receive()
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    raise  # for a test client, which hears of nothing else
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def answer(self, caller: Caller) -> None:
        """Answers one request; whatever goes wrong, it ends in an envelope and one log line."""
        path = caller.path
        headers = caller.named
        offered = headers.get(b"x-request-id")
        visit_id = self._id_of(offered) if offered else next(self._ids)
        visit = caller.visit = Visit(visit_id, caller.method, path)
        self._callers.here.add(caller)
        try:
            if caller.says_too_much:
                raise too_large()
            check(caller)
            answering = self._inference.get(path)
            if answering is not None or not _is_open(caller):
                self._admit(caller, headers)
            if answering is not None:
                await answering(caller)
            else:
                await self._others(caller)
        except Refusal as refusal:
            if caller.asks_beforehand:
                await caller.answer(204, permission(), b"")
            else:
                await _refuse(refusal, caller)
        except (ClientGone, ClientDisconnect):
            visit.status, visit.kind = CLIENT_GONE, "client-gone"
        except asyncio.CancelledError:
            if caller.given_up:
                visit.kind = caller.given_up
                await caller.abort()
            elif self._traffic.stopping:
                visit.stopped()
                # What has begun has told its client; the server would print a page for each.
                if not visit.status:
                    await _refuse(unavailable(_STOPPING, code="server_stopping"), caller)
            else:
                raise
        except Exception as bug:  # noqa: BLE001 -- the client gets an envelope, the log the place
            visit.detail = self._redact(_where(bug))
            await self._apologise(caller)
        finally:
            self._callers.here.discard(caller)
            visit.end()
            self._ended(visit)

    def _id_of(self, offered: bytes) -> str:
        """The client's own id for its request, where it is sane and no key, which would be kept."""
        offered_id = sane_id(offered)
        if offered_id and self._redact(offered_id) == offered_id:
            return offered_id
        return next(self._ids)

    async def _others(self, caller: Caller) -> None:
        """What is asked seldom enough for a framework."""
        if wants_page(caller):
            await caller.answer(302, [(b"location", PLACE), (b"vary", b"Accept")], b"")
            return
        if wants_icon(caller):
            await caller.answer(204, NO_ICON_HEADERS, b"")
            return
        scope = caller.scope()
        scope["gatewayz.caller"] = caller
        # Without an app around it, Starlette's router answers 404 and 405 itself, in plain text.
        scope["app"] = self
        try:
            await self._app(scope, caller.receive, caller.send)
        except HTTPException as problem:
            raise _not_routed(problem, caller.visit) from None

    def _admit(self, caller: Caller, headers: dict[bytes, bytes]) -> None:
        """Returns when the client may come in. Raises: Refusal."""
        if self.ring.is_open:
            self._only_this_machine(caller, headers)
            return
        given = headers.get(b"authorization", b"")
        scheme, _, key = given.partition(b" ")
        # Looked for whatever came, so that every wrong answer takes the same time.
        holder = self.ring.holder(key.strip())
        if holder is None or scheme.lower() != b"bearer":
            raise needs_key(wrong=bool(given))
        caller.visit.holder = holder

    async def _apologise(self, caller: Caller) -> None:
        """A bug of ours: 500 when nothing has gone out yet, else the connection is broken off."""
        visit = caller.visit
        visit.kind, visit.failure_class = "internal-error", OWN_BUG
        if not visit.status:
            refusal = Refusal(
                500,
                f"an error of ours, not yours; the log has it under {visit.id}",
                type="internal_error",
                code="internal_error",
                failure_class="server-error",
            )
            await _refuse(refusal, caller)


async def _refuse(refusal: Refusal, caller: Caller) -> None:
    """Sends a refusal, and notes on the visit what it was."""
    visit = caller.visit
    visit.kind = visit.kind or refusal.kind or refusal.code or refusal.failure_class
    visit.failure_class = visit.failure_class or refusal.failure_class
    visit.detail = visit.detail or refusal.detail
    visit.gateway = visit.gateway or refusal.gateway
    headers, body = refusal.answer()
    answer = caller.answer_ahead if caller.may_yet_send else caller.answer
    await answer(refusal.status, raw(headers), body)


def _not_routed(problem: HTTPException, visit: Visit) -> Refusal:
    """No such path, or another method than it has: in the envelope, like everything else."""
    if problem.status_code == 405:
        return wrong_method(visit.path, (problem.headers or {}).get("Allow", ""))
    if problem.status_code == 404:
        told = f"there is no {visit.method} {visit.path[:100]} here"
        return not_found(told, code="path_not_found")
    return Refusal(problem.status_code, problem.detail)


def _is_open(caller: Caller) -> bool:
    """Whether everybody may come in, or those whom the dashboard's own entrance lets."""
    path = caller.path
    by_itself = wants_page(caller) or wants_icon(caller)
    return path in OPEN_PATHS or path.startswith(OWN_ENTRANCE) or by_itself


def _where(bug: Exception) -> str:
    """A bug in one line: what it was, and the file and line it came from."""
    frames = traceback.extract_tb(bug.__traceback__)
    last = frames[-1] if frames else None
    place = f" at {last.filename}:{last.lineno}" if last else ""
    return f"{bug!r}"[:120] + place
