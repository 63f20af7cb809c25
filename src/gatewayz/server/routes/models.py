"""The models: GET /v1/models over all gateways, GET /models page by page, GET /v1/models/{id}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gatewayz.core import Allowance
from gatewayz.core.gateway import Gateway
from gatewayz.core.units import utc_now
from gatewayz.server.backend import Backend
from gatewayz.server.callers import caller_of
from gatewayz.server.catalogues import Catalogue
from gatewayz.server.entries import Entries, entry, to_json
from gatewayz.server.refusals import Refusal, bad_request, not_allowed
from gatewayz.server.routing import by_model, unknown_model
from gatewayz.server.visits import Visit
from gatewayz.server.whole_paths import WHOLE

ALL = "all"
MAX_PAGE = 1000
MAX_OFFSET = 10_000_000
_OF_A_PAGE = frozenset({"gateway", "limit", "offset", "search"})

Lists = Mapping[str, Catalogue | Refusal]


def routes(backend: Backend) -> list[BaseRoute]:
    """The routes of this file."""
    entries = Entries()

    async def everything(request: Request) -> Response:
        if not _OF_A_PAGE.isdisjoint(request.query_params):
            return await paged(request, whole_ids="gateway" not in request.query_params)
        allowance = caller_of(request.scope).visit.allowance
        gateways = _within(backend, allowance)
        lists = await caller_of(request.scope).while_here(backend.catalogues.get_all(gateways))
        data = [
            written
            for gateway, found in _read(gateways, lists)
            for model, written in zip(
                found.models, entries.of(gateway, found.models, whole_ids=True), strict=True
            )
            if allowance.allows(gateway.name, model.id)
        ]
        ages = _ages(lists, backend.catalogues.clock())
        return _listing(data, {**ages, "errors": _errors(lists)})

    async def page(request: Request) -> Response:
        return await paged(request, whole_ids=False)

    async def paged(request: Request, *, whole_ids: bool) -> Response:
        name = request.query_params.get("gateway") or ALL
        limit = _whole(request, "limit", MAX_PAGE, low=1, high=MAX_PAGE)
        offset = _whole(request, "offset", 0, low=0, high=MAX_OFFSET)
        visit = caller_of(request.scope).visit
        chosen = _chosen(backend, name, visit.allowance)
        gateways, lists = await caller_of(request.scope).while_here(chosen)
        found = _read(gateways, lists)
        wanted = request.query_params.get("search", "").casefold()
        models = [
            written
            for gateway, list_ in found
            for model, written in zip(
                list_.models, entries.of(gateway, list_.models, whole_ids=whole_ids), strict=True
            )
            if wanted in (f"{gateway.name}/{model.id}" if whole_ids else model.id).casefold()
            or wanted in model.name.casefold()
            if visit.allowance.allows(gateway.name, model.id)
        ]
        data = models[offset : offset + limit]
        end = offset + len(data)
        more = end < len(models)
        ages = _ages(lists, backend.catalogues.clock())
        more_fields = {
            "total": len(models),
            "returned": len(data),
            "offset": offset,
            "limit": limit,
            "has_more": more,
            "next_offset": end if more else None,
            "gateway": name,
            "search": wanted or None,
            "timestamp": utc_now().isoformat(),
            **ages,
            "errors": _errors(lists),
        }
        return _listing(data, more_fields)

    async def one(request: Request) -> JSONResponse:
        caller = caller_of(request.scope)
        found = _one(backend, request.path_params["id"], caller.visit)
        return JSONResponse(await caller.while_here(found))

    return [
        Route("/v1/models", everything, methods=["GET"]),
        Route("/models", page, methods=["GET"]),
        Route(f"/v1/models/{{id:{WHOLE}}}", one, methods=["GET"]),
    ]


def _within(backend: Backend, allowance: Allowance) -> tuple[Gateway, ...]:
    """The configured gateways of which a key may use anything."""
    return tuple(g for g in backend.configured() if allowance.reaches(g.name))


def _usable(backend: Backend, name: str, allowance: Allowance) -> Gateway:
    """A gateway by name, if the key may use anything of it. Raises: Refusal."""
    gateway = backend.find(name, param="gateway")
    if not allowance.reaches(gateway.name):
        raise not_allowed(f"{gateway.name}/*", "gateway")
    return gateway


async def _chosen(
    backend: Backend, name: str, allowance: Allowance
) -> tuple[tuple[Gateway, ...], Lists]:
    """The lists of one gateway or of all; one that fails is an error only when asked alone."""
    if name == ALL:
        gateways = _within(backend, allowance)
        return gateways, await backend.catalogues.get_all(gateways)
    gateway = _usable(backend, name, allowance)
    backend.key_of(gateway)
    return (gateway,), {gateway.name: await backend.catalogues.get(gateway)}


def _listing(data: list[bytes], more: dict[str, Any]) -> Response:
    """A list of entries, and what else is told of it."""
    body = b'{"object":"list","data":[%b],%b' % (b",".join(data), to_json(more)[1:])
    return Response(body, media_type="application/json", headers={"age": str(more["age_s"])})


async def _one(backend: Backend, model_id: str, visit: Visit) -> dict[str, Any]:
    """The entry of what a request for this id is sent to, under the id that is listed. Raises: Refusal."""
    allowance = visit.allowance
    lists = await backend.catalogues.get_all(_within(backend, allowance))
    gateway, sent = backend.prefixed(model_id) or await by_model(model_id, backend, visit)
    found = lists.get(gateway.name)
    model = found.by_id.get(sent) if isinstance(found, Catalogue) else None
    if model is None or not allowance.allows(gateway.name, sent):
        raise unknown_model(model_id, lists, allowance)
    return entry(model, gateway, id=f"{gateway.name}/{sent}")


def _read(gateways: tuple[Gateway, ...], lists: Lists) -> list[tuple[Gateway, Catalogue]]:
    """The gateways whose lists there are, in order."""
    return [(g, c) for g in gateways if isinstance(c := lists[g.name], Catalogue)]


def _ages(lists: Lists, now: float) -> dict[str, Any]:
    """How many seconds ago the oldest of these lists was read, and each."""
    ages = {name: one.age_s(now) for name, one in lists.items() if isinstance(one, Catalogue)}
    return {"age_s": max(ages.values(), default=0), "ages_s": ages}


def _errors(lists: Lists) -> dict[str, dict[str, Any]]:
    """Why a list is missing, or not as it stands now: by gateway."""
    problems = {
        name: found if isinstance(found, Refusal) else found.failure
        for name, found in lists.items()
    }
    return {
        name: {"kind": p.kind or None, "class": p.failure_class, "message": p.message}
        for name, p in problems.items()
        if p is not None
    }


def _whole(request: Request, name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from the query. Raises: Refusal, 400."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
        raise bad_request(f"'{name}' is a whole number from {low} to {high}", param=name)
    return int(text)
