"""What every request passes first: an id, the key check, the last catch, the log line."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatewayz.client import is_loopback
from gatewayz.server.key_ring import KeyRing
from gatewayz.server.refusals import Refusal, forbidden, unavailable
from gatewayz.server.slow_readers import Outlet, SlowReaders
from gatewayz.server.traffic import Traffic
from gatewayz.server.visits import CLIENT_GONE, Visit, request_id, visit_of

_STOPPING = "this server is stopping; ask again"
OPEN_PATHS = frozenset({"/health"})


class Door:
    """The app as a server sees it: ASGI around everything that answers HTTP.

    `ring` holds the keys that clients must show; an empty one lets in this machine alone. `ended`
    is told of each visit at its end. `traffic` says whether the server is about to stop, `slow`
    looks after clients that do not read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ring: KeyRing,
        traffic: Traffic,
        slow: SlowReaders,
        ended: Callable[[Visit], None],
    ) -> None:
        self._app = app
        self.ring = ring
        self._traffic = traffic
        self._slow = slow
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; whatever goes wrong, it ends in an envelope and one log line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _READ_HERE}
        visit = Visit(
            request_id(headers.get(b"x-request-id", b"").decode("latin-1")),
            scope["method"],
            scope["path"],
        )
        scope["gatewayz.visit"] = visit
        # Without an app around it, Starlette's router answers 404 and 405 itself, in plain text.
        scope["app"] = self
        outlet = Outlet(send)
        self._slow.outlets.add(outlet)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                message["headers"] = [
                    *message["headers"], (b"x-request-id", visit.id.encode("ascii")),
                ]  # fmt: skip
            await outlet(message)

        try:
            if scope["path"] not in OPEN_PATHS:
                self._admit(scope, headers, visit)
            await self._app(scope, receive, sending)
        except Refusal as refusal:
            await answer(refusal, scope, receive, sending)
        except ClientDisconnect:
            visit.status, visit.kind = CLIENT_GONE, "client-gone"
        except asyncio.CancelledError:
            if outlet.given_up:
                visit.kind = "slow-reader"
                await outlet.abort()
            elif self._traffic.stopping:
                # What has begun has told its client; the server would print a page for each.
                if not visit.status:
                    stopping = unavailable(_STOPPING, code="server_stopping")
                    await answer(stopping, scope, receive, sending)
            else:
                raise
        except Exception as bug:  # noqa: BLE001 -- the client gets an envelope, the log the place
            visit.detail = _where(bug)
            await self._apologise(visit, scope, receive, sending)
        finally:
            self._slow.outlets.discard(outlet)
            visit.end()
            self._ended(visit)
            visit.write()

    def _admit(self, scope: Scope, headers: dict[bytes, bytes], visit: Visit) -> None:
        """Returns when the client may come in. Raises: Refusal."""
        if self.ring.is_empty:
            _only_this_machine(scope, headers)
            return
        given = headers.get(b"authorization", b"")
        scheme, _, key = given.partition(b" ")
        # Looked for whatever came, so that every wrong answer takes the same time.
        holder = self.ring.holder(key.strip())
        if holder is None or scheme.lower() != b"bearer":
            raise Refusal(
                401,
                "the key is missing or not known here; send the server's GATEWAYZ_API_KEY, or one of"
                " `gatewayz keys create`, as 'Authorization: Bearer ...'",
                code="invalid_api_key",
                kind="auth-bad-key" if given else "auth-no-key",
                failure_class="auth",
                headers={"www-authenticate": "Bearer"},
            )
        visit.holder = holder

    async def _apologise(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """A bug of ours: 500 when nothing has gone out yet, else the connection is broken off."""
        visit.kind = "internal-error"
        if not visit.status:
            refusal = Refusal(
                500,
                f"an error of ours, not yours; the log has it under {visit.id}",
                type="internal_error",
                code="internal_error",
                failure_class="server-error",
            )
            await answer(refusal, scope, receive, send)


_READ_HERE = frozenset({b"authorization", b"x-request-id", b"origin"})


async def answer(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends a refusal, and notes on the visit what it was."""
    note(refusal, scope)
    await refusal.response()(scope, receive, send)


def note(refusal: Refusal, scope: Scope) -> None:
    """What the log line of a refused request says."""
    visit = visit_of(scope)
    visit.kind = visit.kind or refusal.kind or refusal.code or refusal.failure_class
    visit.failure_class = visit.failure_class or refusal.failure_class
    visit.detail = visit.detail or refusal.detail
    visit.gateway = visit.gateway or refusal.gateway


def _only_this_machine(scope: Scope, headers: dict[bytes, bytes]) -> None:
    """Without a key of our own, only this machine's programs may spend the providers' keys.

    A web page open in a browser on this machine is not one of them, though it comes from loopback.
    Raises: Refusal.
    """
    client = scope.get("client")
    if client is not None and not is_loopback(client[0]):
        remedy = "set GATEWAYZ_API_KEY where the server runs, or make keys: gatewayz keys create"
        raise forbidden(f"without a key this server answers its own machine only; {remedy}")
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and not is_loopback(urlsplit(origin).hostname or ""):
        raise forbidden("web pages of other hosts may not use a server that has no key")


def _where(bug: Exception) -> str:
    """A bug in one line: what it was, and the file and line it came from."""
    frames = traceback.extract_tb(bug.__traceback__)
    last = frames[-1] if frames else None
    place = f" at {last.filename}:{last.lineno}" if last else ""
    return f"{bug!r}"[:120] + place
