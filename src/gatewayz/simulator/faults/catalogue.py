"""Model lists that are empty, odd, huge or cut: the class `catalogue`."""

from __future__ import annotations

import copy
from typing import Any

from gatewayz.simulator.faults.table import CHAT, Fault, Stage, refusal
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

LISTS = ("models",)
_HUGE_BYTES = 64 * 1024 * 1024


def _entries(value: Any) -> list[Any]:
    """The list inside a catalogue, whatever its shape."""
    if isinstance(value, list):
        return value
    found = value.get("data", value.get("models"))
    return found if isinstance(found, list) else []


def _empty(turn: Turn, value: Any) -> Any:  # noqa: ARG001
    _entries(value).clear()
    return value


def _odd(turn: Turn, value: Any) -> Any:
    """Another shape, with rows among the good ones that are no models."""
    rows = [*_entries(value), None, {"object": "model"}, {"id": None}, 7]
    return turn.rng.choice((rows, {"models": rows}, {"data": rows}))


def _doubled(turn: Turn, value: Any) -> Any:  # noqa: ARG001
    """The first entry again, with other data."""
    rows = _entries(value)
    if rows:
        again = copy.deepcopy(rows[0])
        again["created"] = 1
        rows.append(again)
    return value


def _flapping(turn: Turn, value: Any) -> Any:
    """Another part of the list each time."""
    rows = _entries(value)
    rows[:] = [row for row in rows if turn.rng.random() < 0.7] or rows[:1]
    return value


def _huge(turn: Turn, response: Response) -> None:
    """Sound JSON that is larger than anybody should take in; `;bytes=` sets the size."""
    size = int(turn.option("bytes", _HUGE_BYTES))
    piece = response.pieces[0]
    piece.data = piece.data[:-1] + b" " * max(0, size - len(piece.data)) + piece.data[-1:]


def _missing(turn: Turn) -> Response:
    status = turn.rng.choice((404, 405))
    return body_response(status, b'{"detail":"Not Found"}', "application/json")


FAULTS = (
    Fault("models-empty", Stage.LISTING, _empty, routes=LISTS),
    Fault("models-odd-shape", Stage.LISTING, _odd, routes=LISTS),
    Fault("models-flapping", Stage.LISTING, _flapping, routes=LISTS),
    Fault("models-huge", Stage.WIRE, _huge, routes=LISTS),
    Fault("models-endpoint-missing", Stage.INSTEAD, _missing, routes=LISTS),
    Fault("duplicate-ids", Stage.LISTING, _doubled, routes=LISTS),
    refusal(
        "non-chat-listed",
        Problem(trouble=Trouble.NOT_CHAT, status=400, message="{model} is not a chat model."),
        Problem(
            trouble=Trouble.NOT_CHAT,
            status=404,
            message="This model does not support chat completions: {model}",
        ),
        routes=CHAT,
    ),
)
