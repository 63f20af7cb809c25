"""Model lists that are empty, odd, huge or cut: the class `catalogue`.

Lists that do not agree with what is served are in catalogue_ids.py.
"""

from __future__ import annotations

import copy
from typing import Any

from gatewayz.simulator.faults.surface import Told, dressed, told
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Trouble, Turn

LISTS = ("models",)
_HUGE_BYTES = 64 * 1024 * 1024
_ROUND = (100, 50, 20, 10)

_NOT_CHAT = Told(
    trouble=Trouble.NOT_CHAT,
    statuses=(400, 404),
    marks=("model_not_chat", "unsupported_model_type", "not_a_chat_model"),
    sentences=(
        "{model} is not a chat model.",
        "This model does not support chat completions: {model}",
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
        "Model type 'embedding' cannot be used for chat.",
        "{model} can only be used with the embeddings endpoint, not for chat.",
        "Chat is not available for this image model.",
        "Das Modell {model} ist kein Chat-Modell.",
        "{model} n'est pas un modèle de chat.",
        "{model} 不是聊天模型",
    ),
)

_NO_LIST = (
    '{"detail":"Not Found"}',
    '{"detail":"Method Not Allowed"}',
    '{"error":{"message":"Unknown request URL: GET /models","code":"unknown_url"}}',
    "404 page not found\n",
    "<html><body><h1>405 Not Allowed</h1></body></html>",
    '{"message":"Listing models is not supported"}',
    "",
)


def rows_of(value: Any) -> list[Any]:
    """The list inside a catalogue, whatever its shape."""
    if isinstance(value, list):
        return value
    found = value.get("data", value.get("models"))
    return found if isinstance(found, list) else []


def _empty(turn: Turn, value: Any) -> Any:
    """No row, and what stands around an empty list."""
    rows_of(value).clear()
    if isinstance(value, dict):
        value |= turn.rng.choice(
            (
                {},
                {"has_more": False},
                {"total": 0},
                {"object": "list"},
                {"first_id": None},
                {"next": None},
            )
        )
    return value


def _odd(turn: Turn, value: Any) -> Any:
    """Another shape, with rows among the good ones that are no models."""
    odd: list[Any] = [
        None,
        {"object": "model"},
        {"id": None},
        7,
        "model",
        [],
        {"id": 12},
        {"id": ""},
    ]
    rows = rows_of(value)
    bad = [{"id": None}, *turn.rng.sample(odd, 3)]
    rows = [*rows, *bad] if turn.rng.random() < 0.5 else [*bad, *rows]
    shapes: tuple[Any, ...] = (
        rows,
        {"models": rows},
        {"data": rows},
        {"object": "list", "data": rows},
    )
    shape = turn.rng.randrange(len(shapes))
    turn.variant = str(shape)
    return shapes[shape]


def _doubled(turn: Turn, value: Any) -> Any:
    """The first entry again at the end, with the same or other data."""
    rows = rows_of(value)
    if rows:
        again = copy.deepcopy(rows[0])
        if isinstance(again, dict):
            again |= turn.rng.choice(
                (
                    {},
                    {"created": 1},
                    {"owned_by": "mirror"},
                    {"context_length": 4096},
                    {"active": False},
                )
            )
        rows += [again] * turn.rng.choice((1, 1, 2))
    return value


def _flapping(turn: Turn, value: Any) -> Any:
    """Another part of the list each time."""
    rows = rows_of(value)
    rows[:] = [row for row in rows if turn.rng.random() < 0.7] or rows[:1]
    return value


def _huge(turn: Turn, response: Response) -> None:
    """Sound JSON that is larger than anybody should take in; `;bytes=` sets the size."""
    size = int(turn.option("bytes", _HUGE_BYTES))
    if not response.pieces:
        return
    piece = response.pieces[0]
    missing = max(0, size - len(piece.data))
    way = turn.rng.choice(("blanks", "lines", "tabs", "first", "mixed"))
    turn.variant = way
    bulk = {"lines": b"\n", "tabs": b"\t", "mixed": b" \n"}.get(way, b" ")
    blanks = (bulk * (missing // len(bulk) + 1))[:missing]
    if way == "first":
        piece.data = blanks + piece.data
    else:
        piece.data = piece.data[:-1] + blanks + piece.data[-1:]


def _missing(turn: Turn) -> Response:
    status = turn.rng.choice((404, 405))
    page = turn.rng.choice(_NO_LIST)
    kind = "application/json" if page.startswith("{") else "text/html"
    return dressed(turn, body_response(status, page.encode(), kind))


def _truncated(turn: Turn, value: Any) -> Any:
    """A round number of many, or a promise of more whose cursor leads back to the start."""
    rows = rows_of(value)
    ids = [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
    size = next((size for size in _ROUND if len(rows) > size), max(1, len(rows) // 2))
    rows[:] = rows[:size]
    if not isinstance(value, dict):
        value = {"data": value}
    last = ids[min(size, len(ids)) - 1] if ids else ""
    here = f"{turn.url}{turn.request.path}"
    ways: dict[str, dict[str, Any]] = {
        "has-more": {"has_more": True, "last_id": last, "first_id": ids[0] if ids else ""},
        "has-more-alone": {"has_more": True},
        "next-url": {"next": f"{here}?cursor=eyJvIjoxfQ"},
        "page-token": {"nextPageToken": "CAoQAA"},
        "links": {"links": {"next": f"{here}?page=1"}},
    }
    if size == _ROUND[0]:
        ways["exactly-100"] = {}
    way = turn.rng.choice(sorted(ways))
    turn.variant = way
    return value | ways[way]


FAULTS = (
    Fault("models-empty", Stage.LISTING, _empty, routes=LISTS),
    Fault("models-odd-shape", Stage.LISTING, _odd, routes=LISTS),
    Fault("models-flapping", Stage.LISTING, _flapping, routes=LISTS),
    Fault("models-huge", Stage.WIRE, _huge, routes=LISTS),
    Fault("models-endpoint-missing", Stage.INSTEAD, _missing, routes=LISTS),
    Fault("models-truncated", Stage.LISTING, _truncated, routes=LISTS),
    Fault("duplicate-ids", Stage.LISTING, _doubled, routes=LISTS),
    told("non-chat-listed", _NOT_CHAT, routes=CHAT),
)
