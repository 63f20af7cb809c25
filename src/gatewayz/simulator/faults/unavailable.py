"""Not now."""

from __future__ import annotations

from gatewayz.simulator.dialect import Event, dump
from gatewayz.simulator.faults.table import CHAT, Fault, Stage, refusal
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_BUSY = Trouble.OVERLOADED


def _loading(turn: Turn, seconds: float) -> Response:
    message = turn.rng.choice(
        (f"Model {turn.model} is currently loading", "The model is warming up", "Model is loading")
    )
    body = {"error": message, "estimated_time": seconds}
    return body_response(503, dump(body), "application/json", turn.dialect.headers(turn))


def _cold(turn: Turn) -> Response:
    """503 with an estimate that falls from try to try; `;seconds=20` sets the first."""
    return _loading(turn, max(0.5, turn.option("seconds", 20.0) / turn.nth))


def _always_cold(turn: Turn) -> Response:
    """The same estimate again and again."""
    return _loading(turn, turn.option("seconds", 20.0))


def _mid_stream(turn: Turn, events: list[Event]) -> None:
    """Some text, then an error event, then the end."""
    said = [index for index, event in enumerate(events) if event.part == "content"]
    keep = said[len(said) // 2] if said else 1
    del events[keep + 1 :]
    error = {
        "type": "overloaded_error",
        "message": turn.rng.choice(("Overloaded", "The engine is overloaded, try again")),
    }
    if turn.rng.random() < 0.5:
        events.append(Event({"type": "error", "error": error}, name="error", part="error"))
    else:
        events.append(Event({"error": error | {"code": 529}, "choices": []}, part="error"))


FAULTS = (
    refusal(
        "overloaded",
        Problem(trouble=_BUSY, status=503, type="overloaded_error"),
        Problem(trouble=_BUSY, status=529, message="Overloaded", type="overloaded_error"),
        Problem(
            trouble=_BUSY,
            status=503,
            message="The model is overloaded. Please try again later.",
            type="overloaded_error",
        ),
        Problem(
            trouble=_BUSY,
            status=503,
            message="We are at capacity right now.",
            type="overloaded_error",
            code="capacity_exceeded",
        ),
    ),
    Fault("overloaded-mid-stream", Stage.EVENTS, _mid_stream, form="stream", routes=CHAT),
    Fault("cold-start-503", Stage.INSTEAD, _cold, routes=CHAT),
    Fault("cold-start-never-ends", Stage.INSTEAD, _always_cold, routes=CHAT),
    refusal(
        "no-provider-available",
        Problem(
            trouble=_BUSY,
            status=503,
            message="There is no available provider that meets your routing requirements",
            code="no_provider_available",
        ),
        routes=CHAT,
    ),
)
