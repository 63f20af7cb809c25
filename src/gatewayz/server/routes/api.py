"""GET /api/v1/...: what the dashboard shows, for programs. docs/api.md has the shapes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gatewayz.core import Outcome
from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.server.callers import caller_of
from gatewayz.server.loaded_first import PAGES, Answer, loaded_first
from gatewayz.server.pages.entrance import Viewer
from gatewayz.server.pages.lobby import Lobby
from gatewayz.server.refusals import bad_request, forbidden, needs_key, not_found, unavailable
from gatewayz.server.traffic import Traffic

if TYPE_CHECKING:
    from gatewayz.server.pages.documents import Slice
    from gatewayz.store import Store

MAX_PAGE, MAX_RESULTS = 1000, 100
MAX_OFFSET = 10_000_000
# Parameters that are each well, and not together: no document can say which those are.
DO_NOT_FIT = "parameters_do_not_fit"
MAX_STEPS = 10_000
_MOST_PATTERN = 1000
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_HOUR_S = 3600
# So many watch a run at a time, each for so long; a browser comes back by itself.
MOST_WATCHING, WATCH_S = 50, 600.0
_LOOK_EVERY_S = 1.0
_SIGN_EVERY_S = 15.0

Find = Callable[["Store", datetime], dict[str, Any]]


def routes(lobby: Lobby, traffic: Traffic) -> list[BaseRoute]:
    """The routes of this file."""
    here = _Figures(lobby, traffic)

    def get(path: str, answer: Answer) -> Route:
        return Route(path, loaded_first(answer, *PAGES), methods=["GET"])

    return [
        get("/api/v1/status", here.status),
        get("/api/v1/timeline", here.timeline),
        get("/api/v1/history", here.history),
        get("/api/v1/incidents", here.incidents),
        get("/api/v1/sla", here.sla),
        get("/api/v1/runs", here.runs),
        get("/api/v1/runs/{id}", here.run),
        get("/api/v1/runs/{id}/results", here.results),
        get("/api/v1/live", here.live),
    ]


class _Figures:
    """What answers under each address; it is read, and written down, in the thread that reads the store."""

    def __init__(self, lobby: Lobby, traffic: Traffic) -> None:
        self._lobby = lobby
        self._watching = Watching(lobby, traffic)

    def _viewer(self, request: Request, *, whole: bool = False) -> Viewer:
        """Who asks. Raises: Refusal, 401 and 403."""
        viewer = self._lobby.entrance.viewer(caller_of(request.scope))
        if viewer is None or viewer.is_public:
            raise needs_key()
        if whole and not viewer.whole:
            raise forbidden("runs tell of everything; they are for the server's own GATEWAYZ_API_KEY")  # fmt: skip
        return viewer

    async def _found(self, find: Find) -> Response:
        """What the store says. Raises: Refusal, 404."""
        self._has_store()
        try:
            now = self._lobby.figures.now
            return _sent(await self._lobby.shelf.ask(lambda store: _written(find(store, now()))))
        except (UnknownName, ConfigError) as error:
            raise not_found(str(error)[:500], code="not_found") from None

    def _has_store(self) -> None:
        """Raises: Refusal, 404, where nothing was ever asked."""
        if not self._lobby.shelf.holds_anything:
            raise not_found("there is no store yet: nothing has been asked", code="nothing_asked")

    async def status(self, request: Request) -> Response:
        """GET /api/v1/status."""
        from gatewayz.server.pages.documents import status_document
        from gatewayz.server.pages.making import seen_by

        viewer, part, figures = self._viewer(request), _slice(request), self._lobby.figures
        return await self._found(
            lambda store, now: status_document(seen_by(figures, store, viewer), part, now)
        )

    async def incidents(self, request: Request) -> Response:
        """GET /api/v1/incidents."""
        from gatewayz.server.pages.documents import incidents_document
        from gatewayz.server.pages.making import promised_to

        viewer, part = self._viewer(request), _slice(request)
        self._has_store()
        found = promised_to(await self._lobby.promises(), viewer)
        return _sent(_written(incidents_document(found, part, self._lobby.figures.now())))

    async def sla(self, request: Request) -> Response:
        """GET /api/v1/sla."""
        from gatewayz.server.pages.documents import sla_document
        from gatewayz.server.pages.making import promised_to

        viewer, part = self._viewer(request), _slice(request)
        self._has_store()
        found = promised_to(await self._lobby.promises(), viewer)
        return _sent(_written(sla_document(found, part, self._lobby.figures.now())))

    async def timeline(self, request: Request) -> Response:
        """GET /api/v1/timeline."""
        from gatewayz.server.pages.documents import timeline_document

        viewer, part = self._viewer(request), _slice(request)
        asked = _timeline_of(request, self._lobby.figures.now())
        _may_see(viewer, asked["gateway"], asked["model"])
        words = {name: value for name, value in asked.items() if name not in ("since", "until")}

        def find(store: Store, now: datetime) -> dict[str, Any]:
            ups = self._lobby.figures.availability(store, asked)
            return timeline_document(store.summaries.timeline(**asked), ups, part, now, **words)

        return await self._found(find)

    async def history(self, request: Request) -> Response:
        """GET /api/v1/history."""
        from gatewayz.reports._history import history_document

        viewer, query = self._viewer(request), request.query_params
        gateway, model = query.get("gateway", ""), query.get("model") or "*"
        if not gateway:
            raise bad_request(
                "'gateway' is needed: a name, or a pattern such as *", param="gateway"
            )
        _may_see(viewer, gateway, model)
        limit = _whole(request, "limit", 20, low=1, high=200)
        return await self._found(
            lambda store, _now: history_document(store.past.of(gateway, model, limit=limit))
        )

    async def runs(self, request: Request) -> Response:
        """GET /api/v1/runs."""
        from gatewayz.server.pages.documents import runs_document

        self._viewer(request, whole=True)
        part = _slice(request, 25, 200)
        return await self._found(
            lambda store, now: runs_document(store.runs(part.limit, part.offset), part, now)
        )

    async def run(self, request: Request) -> Response:
        """GET /api/v1/runs/RUN."""
        from gatewayz.server.pages.documents import run_document

        self._viewer(request, whole=True)
        run_id = request.path_params["id"]
        return await self._found(lambda store, _now: run_document(store.run(run_id)))

    async def results(self, request: Request) -> Response:
        """GET /api/v1/runs/RUN/results."""
        from gatewayz.server.pages.documents import results_document

        self._viewer(request, whole=True)
        run_id, part = request.path_params["id"], _slice(request, 25, MAX_RESULTS)
        outcome = request.query_params.get("outcome", "")
        if outcome not in ("", *(one.value for one in Outcome)):
            raise bad_request("'outcome' is passed, failed, unknown or skipped", param="outcome")
        return await self._found(
            lambda store, now: results_document(store.run(run_id), outcome, part, now)
        )

    async def live(self, request: Request) -> Response:
        """GET /api/v1/live: once, or as events to who accepts them."""
        from gatewayz.server.pages.live import live_document

        self._viewer(request, whole=True)
        if "text/event-stream" in request.headers.get("accept", ""):
            return self._watching.answer()
        seen = await self._lobby.under_way()
        return _sent(_written(live_document(seen, self._lobby.figures.now())))


class Watching:
    """Those who watch a run: each is told when there is something new, and now and then at all."""

    def __init__(self, lobby: Lobby, traffic: Traffic) -> None:
        self._lobby = lobby
        self._traffic = traffic
        self._here = 0

    def answer(self) -> Response:
        """A stream of events. Raises: Refusal, 503, where too many watch."""
        if self._here >= MOST_WATCHING:
            raise unavailable(f"{MOST_WATCHING} watch already; come back later", code="too_many_watching")  # fmt: skip
        return _Counted(self)

    def come(self) -> None:
        """One more watches."""
        self._here += 1

    def go(self) -> None:
        """One less does."""
        self._here -= 1

    async def events(self) -> AsyncIterator[bytes]:
        """What one who watches is told."""
        from gatewayz.server.pages.live import live_document

        loop = asyncio.get_running_loop()
        until, told, last = loop.time() + WATCH_S, loop.time(), b""
        while loop.time() < until and not self._traffic.stopping:
            seen = await self._lobby.under_way()
            document = _written(live_document(seen, self._lobby.figures.now()))
            if document != last:
                last, told = document, loop.time()
                yield b"data: " + document + b"\n\n"
            elif loop.time() - told > _SIGN_EVERY_S:
                told = loop.time()
                yield b": still here\n\n"
            await asyncio.sleep(_LOOK_EVERY_S)


class _Counted(StreamingResponse):
    """A stream that counts from the moment that it is let in, so that many at once are not let in."""

    def __init__(self, watching: Watching) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(watching.events(), media_type="text/event-stream", headers=headers)
        self._watching = watching

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it to its end."""
        self._watching.come()
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._watching.go()


def _may_see(viewer: Viewer, gateway: str, model: str) -> None:
    """Raises: Refusal, 403, for a key that may not use all that is asked for; 400 for a pattern too long."""
    if len(gateway) + len(model) > _MOST_PATTERN:
        raise bad_request("that is longer than any name", param="model")
    allowance = viewer.allowance
    named = gateway if model == "*" and viewer.sees_all_of(gateway) else f"{gateway}/{model}"
    is_pattern = (allowance.gateways or allowance.models) and set(named) & set("*?[")
    if is_pattern or not viewer.sees(gateway, model):
        raise forbidden("this key may know of what it may use alone; name its gateway and model")


def _written(value: dict[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False).encode("ascii")


def _sent(body: bytes) -> Response:
    headers = {"cache-control": "private, no-cache", "x-content-type-options": "nosniff"}
    return Response(body, media_type="application/json", headers=headers)


def _slice(request: Request, default: int = 200, most: int = MAX_PAGE) -> Slice:
    from gatewayz.server.pages.documents import Slice

    limit = _whole(request, "limit", default, low=1, high=most)
    return Slice(limit, _whole(request, "offset", 0, low=0, high=MAX_OFFSET))


def _timeline_of(request: Request, now: datetime) -> dict[str, Any]:
    """What a timeline is asked of. Raises: Refusal, 400."""
    query = request.query_params
    way = query.get("way", "direct")
    if way not in ("direct", "api", "both"):
        raise bad_request("'way' is direct, api or both", param="way")
    until = _moment(request, "until", now)
    since = _moment(request, "since", until - timedelta(days=7))
    hours = _whole(request, "step_h", 1, low=1, high=24 * 31)
    if not since < until:
        raise bad_request("'since' is before 'until'", param="since", code=DO_NOT_FIT)
    if (until - since).total_seconds() > hours * _HOUR_S * MAX_STEPS:
        told = f"that is more than {MAX_STEPS} steps; take larger ones"
        raise bad_request(told, param="step_h", code=DO_NOT_FIT)
    return {
        "gateway": query.get("gateway") or "*",
        "model": query.get("model") or "*",
        "probe": query.get("probe") or None,
        "way": None if way == "both" else way,
        "since": since,
        "until": until,
        "step_s": hours * _HOUR_S,
    }


def _moment(request: Request, name: str, default: datetime) -> datetime:
    """A moment out of the query, in UTC where it does not say. Raises: Refusal, 400.

    One before or after all that a store may hold is the first or the last of that.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        told = f"'{name}' is a moment such as 2026-11-01T00:00:00Z"
        raise bad_request(told, param=name) from None
    if found.year < _FIRST.year:
        return _FIRST
    if found.year >= _LAST.year:
        return _LAST
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _whole(request: Request, name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from the query. Raises: Refusal, 400."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise bad_request(f"'{name}' is a whole number from {low} to {high}", param=name)
    return int(text)
