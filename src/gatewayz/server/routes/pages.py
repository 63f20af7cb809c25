"""The dashboard: GET /status and what is below it, GET /badge/..., and the form that takes a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.server.callers import caller_of
from gatewayz.server.front_page import reads_pages
from gatewayz.server.loaded_first import PAGES, Answer, loaded_first
from gatewayz.server.pages import passes
from gatewayz.server.pages.entrance import Viewer
from gatewayz.server.pages.forms import refuse_foreign
from gatewayz.server.pages.lobby import Lobby
from gatewayz.server.refusals import Refusal, forbidden, needs_key, not_found
from gatewayz.server.whole_paths import WHOLE

if TYPE_CHECKING:
    from gatewayz.server.pages.frame import Page
    from gatewayz.store import Store

_MOST_FORM = 8192
_LONGEST_QUERY = 1000
_MOST_OFFSET = 100_000
# For so long a picture may be shown from elsewhere's cache.
_BADGE_S = 10
_NOT_FOUND = 404
# A page on which something is still being worked out is made anew soon.
_PENDING_S = 1.0

T = TypeVar("T")
Method = Callable[["_Dashboard", Request], Awaitable[Response]]


def routes(lobby: Lobby) -> list[BaseRoute]:
    """The routes of this file."""
    here = _Dashboard(lobby)

    def page(path: str, answer: Answer, *, method: str = "GET") -> Route:
        return Route(path, loaded_first(answer, *PAGES), methods=[method])

    return [
        page("/status", here.status),
        page("/status/gateways/{gateway}", here.detail),
        page(f"/status/models/{{gateway}}/{{model:{WHOLE}}}", here.detail),
        page("/status/runs", here.runs),
        page("/status/runs/{id}", here.run),
        page("/status/live", here.live),
        page("/status/login", here.login, method="POST"),
        page("/status/logout", here.logout, method="POST"),
        page("/badge/{gateway}.svg", here.badge),
        page(f"/badge/{{gateway}}/{{model:{WHOLE}}}.svg", here.badge),
    ]


class _AskForKey(Exception):
    """Who looks is to show a key first."""


def _asks_for_key(answer: Method) -> Method:
    """A page that becomes the form where who looks is to show a key first.

    To a browser a 404 is a page, too; a program is told in the envelope, as ever.
    """

    async def answered(self: _Dashboard, request: Request) -> Response:
        try:
            return await answer(self, request)
        except _AskForKey:
            return _login(_back_to(request), wrong=False)
        except Refusal as refusal:
            if refusal.status != _NOT_FOUND or not reads_pages(caller_of(request.scope)):
                raise
            return _missing(refusal)

    return answered


class _Dashboard:
    """What answers under each address. Pages are made in the thread that reads the store."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def _viewer(self, request: Request, *, whole: bool = False) -> Viewer:
        """Who looks; `whole` is for pages that tell of everything. Raises: _AskForKey; Refusal, 403."""
        entrance = self._lobby.entrance
        viewer = entrance.viewer(caller_of(request.scope))
        if viewer is None or (whole and viewer.is_public and entrance.wants_keys):
            raise _AskForKey
        if whole and not viewer.whole:
            raise forbidden("runs tell of everything; they are for the server's own GATEWAYZ_API_KEY")  # fmt: skip
        return viewer

    async def _kept(self, name: Hashable, make: Callable[[Store], T], fresh_s: float = 10.0) -> tuple[T, float]:  # fmt: skip
        """What was made under that name, and how old it is (seconds)."""
        kept = await self._lobby.shelf.get(name, make, fresh_s=fresh_s)
        return kept.value, self._lobby.shelf.age_s(kept)

    @_asks_for_key
    async def status(self, request: Request) -> Response:
        """GET /status."""
        from gatewayz.server.pages.making import make_status

        lobby, viewer = self._lobby, self._viewer(request)
        frame = lobby.frame(request, viewer, "/status")
        if not lobby.shelf.holds_anything:
            return _shown(lobby.empty(frame))
        whole = await lobby.promises_soon()
        made, age_s = await self._kept(
            ("status", frame, viewer, whole),
            lambda s: make_status(lobby.figures, s, frame, viewer),
            10.0 if whole else _PENDING_S,
        )
        return _shown(made, age_s=age_s)

    @_asks_for_key
    async def detail(self, request: Request) -> Response:
        """GET /status/gateways/GATEWAY and /status/models/GATEWAY/MODEL."""
        from gatewayz.server.pages.detail import SPANS
        from gatewayz.server.pages.making import make_detail

        lobby, viewer = self._lobby, self._viewer(request)
        gateway, model = _named(request)
        asked = request.query_params.get("span", "")
        span = asked if asked in {one[0] for one in SPANS} else "7d"
        frame = lobby.frame(request, viewer, "")
        if lobby.shelf.holds_anything and viewer.sees(gateway, model):
            whole = await lobby.promises_soon()
            made, age_s = await self._kept(
                ("detail", gateway, model, span, frame, viewer, whole),
                lambda s: make_detail(lobby.figures, s, frame, viewer, gateway, model, span),
                10.0 if whole else _PENDING_S,
            )
            if made is not None:
                return _shown(made, age_s=age_s)
        raise _unknown(gateway, model)

    async def badge(self, request: Request) -> Response:
        """GET /badge/GATEWAY.svg and /badge/GATEWAY/MODEL.svg."""
        from gatewayz.server.pages.making import make_badge

        lobby = self._lobby
        try:
            viewer = self._viewer(request)
        except _AskForKey:
            raise needs_key() from None
        gateway, model = _named(request)
        if lobby.shelf.holds_anything and viewer.sees(gateway, model):
            picture, _ = await self._kept(
                ("badge", gateway, model, viewer),
                lambda s: make_badge(lobby.figures, s, viewer, gateway, model),
            )
            if picture is not None:
                return _pictured(picture, public=viewer.is_public)
        raise _unknown(gateway, model)

    @_asks_for_key
    async def runs(self, request: Request) -> Response:
        """GET /status/runs."""
        from gatewayz.server.pages.making import make_runs

        lobby, viewer = self._lobby, self._viewer(request, whole=True)
        frame = lobby.frame(request, viewer, "/status/runs")
        if not lobby.shelf.holds_anything:
            return _shown(lobby.empty(frame))
        text = request.query_params.get("offset", "0")
        is_number = text.isascii() and text.isdigit() and len(text) < 9
        offset = min(int(text), _MOST_OFFSET) if is_number else 0
        made, age_s = await self._kept(
            ("runs", offset, frame), lambda s: make_runs(lobby.figures, s, frame, offset)
        )
        return _shown(made, age_s=age_s)

    @_asks_for_key
    async def run(self, request: Request) -> Response:
        """GET /status/runs/RUN: its report, as `--report html=` writes it."""
        from gatewayz.server.pages.making import make_report

        self._viewer(request, whole=True)
        run_id = request.path_params["id"]
        if not self._lobby.shelf.holds_anything:
            raise not_found("there are no runs yet", code="run_not_found")
        try:
            return _shown(await self._lobby.shelf.ask(lambda s: make_report(s, run_id)))
        except (UnknownName, ConfigError) as error:
            raise not_found(str(error)[:500], code="run_not_found") from None

    @_asks_for_key
    async def live(self, request: Request) -> Response:
        """GET /status/live."""
        from gatewayz.server.pages.live import live_page

        viewer = self._viewer(request, whole=True)
        frame = self._lobby.frame(request, viewer, "/status/live")
        seen = await self._lobby.under_way()
        return _shown(live_page(frame, seen, self._lobby.figures.now()))

    async def login(self, request: Request) -> Response:
        """POST /status/login: a pass in exchange for a key. Raises: Refusal, for a form of elsewhere."""
        refuse_foreign(caller_of(request.scope).named)
        form, entrance = await _form(request), self._lobby.entrance
        onward = _inward(form.get("onward", ""))
        answer = RedirectResponse(onward, 303)
        if entrance.wants_keys:
            value = entrance.pass_for(form.get("key", ""))
            if value is None:
                return _login(onward, wrong=True)
            answer.headers["set-cookie"] = passes.cookie(value, secure=_is_secure(request))
        return answer

    async def logout(self, request: Request) -> Response:
        """POST /status/logout: the pass is taken back. Raises: Refusal, for a form of elsewhere."""
        refuse_foreign(caller_of(request.scope).named)
        answer = RedirectResponse("/status", 303)
        answer.headers["set-cookie"] = passes.cookie("", lasts_s=0, secure=_is_secure(request))
        return answer


def _named(request: Request) -> tuple[str, str]:
    return request.path_params["gateway"], request.path_params.get("model", "")


def _unknown(gateway: str, model: str) -> Refusal:
    name = "/".join(filter(None, (gateway, model)))[:200]
    return not_found(f"nothing is known of {name}", code="model_not_found")


def _pictured(picture: bytes, *, public: bool) -> Response:
    headers = {
        "content-security-policy": "default-src 'none'",
        "cache-control": f"max-age={_BADGE_S}" if public else "private, no-cache",
        "x-content-type-options": "nosniff",
    }
    return Response(picture, media_type="image/svg+xml", headers=headers)


def _shown(page: Page, *, age_s: float = 0.0, status: int = 200) -> Response:
    headers = {
        "content-security-policy": page.policy,
        # By none at all browsers would not say either that a form is of a page of ours.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        "age": f"{age_s:.0f}",
    }
    return Response(page.body, status, headers=headers, media_type="text/html")


def _login(onward: str, *, wrong: bool) -> Response:
    from gatewayz.server.pages.runs import login_page

    return _shown(login_page(wrong=wrong, onward=onward), status=401)


def _missing(refusal: Refusal) -> Response:
    from gatewayz.server.pages.runs import missing_page

    return _shown(missing_page(refusal.message), status=refusal.status)


def _back_to(request: Request) -> str:
    """The page that was asked for, with its query where that is of a usual length."""
    from gatewayz.server.pages.frame import undotted

    place, query = (
        undotted(quote(request.scope["path"])),
        request.scope["query_string"].decode("latin-1"),
    )
    return _inward(f"{place}?{query}" if query and len(query) <= _LONGEST_QUERY else place)


def _inward(place: str) -> str:
    """Where somebody is led after the form: a page of ours, whatever the form said."""
    ours = place.startswith("/status") and place.isascii() and place.isprintable()
    return place if ours and "\\" not in place and " " not in place else "/status"


async def _form(request: Request) -> dict[str, str]:
    body = await caller_of(request.scope).body(_MOST_FORM)
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=8, keep_blank_values=True)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _is_secure(request: Request) -> bool:
    told = request.headers.get("x-forwarded-proto", request.scope.get("scheme", "http"))
    return told.split(",")[0].strip() == "https"
