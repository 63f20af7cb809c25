"""Not now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gatewayz.simulator.dialect import Event
from gatewayz.simulator.faults.surface import (
    Told,
    draw,
    dressed,
    fill,
    place_in,
    plain_headers,
    spelled,
    told,
)
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Trouble, Turn

_BUSY = Told(
    trouble=Trouble.OVERLOADED,
    statuses=(503, 529),
    marks=("overloaded_error", "overloaded", "capacity_exceeded", "engine_overloaded"),
    sentences=(
        "Overloaded",
        "The model is overloaded. Please try again later.",
        "We are at capacity right now.",
        "The engine is currently overloaded, please try again later.",
        "Our servers are experiencing high traffic.",
        "{model} is temporarily over capacity.",
        "Der Dienst ist überlastet.",
        "Le service est surchargé.",
        "当前服务负载过高，请稍后再试",
        "El servicio está sobrecargado.",
        "サーバーが混み合っています",
    ),
)

_NOBODY = Told(
    trouble=Trouble.OVERLOADED,
    statuses=(503,),
    marks=("no_provider_available", "no_available_provider", "routing_unsatisfied"),
    sentences=(
        "There is no available provider that meets your routing requirements",
        "No providers are available for {model} under the requested routing preferences.",
        "No available model provider meets your routing requirements",
        "Routing failed: no provider is available for this request.",
        "All providers that match your routing filter are unavailable.",
        "Could not find any available provider that satisfies `provider.only`.",
        "Kein verfügbarer Anbieter erfüllt Ihre Routing-Vorgaben.",
        "Aucun fournisseur disponible ne répond à vos critères de routage.",
        "没有可用的提供商满足您的路由要求",
    ),
)

_LOADING = (
    "Model {model} is currently loading",
    "The model is warming up",
    "Model is loading",
    "{model} is starting, please wait",
    "Cold start in progress for {model}",
    "Das Modell wird gerade geladen",
    "Le modèle est en cours de chargement",
    "模型正在加载中",
)


def _loading(turn: Turn, seconds: float) -> Response:
    """The estimate at the top, or beside the message under `error`."""
    rng = turn.rng
    number = rng.randrange(len(_LOADING))
    message = fill(turn, _LOADING[number])
    estimate = {"estimated_time": round(seconds, 2)}
    shapes: tuple[dict[str, Any], ...] = (
        {"error": message, **estimate},
        {"error": message, **estimate, "warnings": []},
        {"error": {"message": message, "type": "model_loading"}, **estimate},
        {"error": {"message": message, **estimate}},
        {"message": message, "status": "loading", **estimate},
    )
    shape = rng.randrange(len(shapes))
    turn.variant = f"{shape}-{number}"
    data = spelled(shapes[shape], rng)
    return dressed(turn, body_response(503, data, "application/json", plain_headers(turn)))


def _cold(turn: Turn) -> Response:
    """503 with an estimate that falls from try to try; `;seconds=20` sets the first."""
    return _loading(turn, max(0.5, turn.option("seconds", 20.0) / turn.nth))


def _always_cold(turn: Turn) -> Response:
    """The same estimate again and again."""
    return _loading(turn, turn.option("seconds", 20.0))


def _mid_stream(turn: Turn, events: list[Event]) -> None:
    """Some text, then an error event, then the end; `;event=N` keeps so many events."""
    rng = turn.rng
    del events[place_in(turn, [event.part for event in events]) :]
    said, number = draw(turn, replace(_BUSY, statuses=(529, 503)))
    error: dict[str, Any] = {
        "type": rng.choice(("overloaded_error", "overloaded")),
        "message": said.message,
    }
    coded = error | {"code": rng.choice((529, 503, "overloaded"))}
    shapes: tuple[tuple[str, Any], ...] = (
        ("error", {"type": "error", "error": error}),
        ("error", {"error": coded}),
        ("", {"error": coded, "choices": []}),
        ("", {"error": coded}),
        ("", {"type": "error", "error": error}),
    )
    shape = rng.randrange(len(shapes))
    turn.variant = f"{shape}-{number}"
    name, body = shapes[shape]
    events.append(Event(body, name=name, part="error"))
    if rng.random() < 0.4:
        events.append(Event("[DONE]", part="done"))


FAULTS = (
    told("overloaded", _BUSY),
    Fault("overloaded-mid-stream", Stage.EVENTS, _mid_stream, form="stream", routes=CHAT),
    Fault("cold-start-503", Stage.INSTEAD, _cold, routes=CHAT),
    Fault("cold-start-never-ends", Stage.INSTEAD, _always_cold, routes=CHAT),
    told("no-provider-available", _NOBODY, routes=CHAT),
)
