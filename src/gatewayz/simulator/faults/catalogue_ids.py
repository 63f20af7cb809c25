"""A list and what is served do not agree: ids that differ, work no more, or are not listed.

Most of these act on the list and on chat calls alike, so a schedule plants them with `"path": "*"`.
What is drawn holds for a whole place: the list and the calls tell one story.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from gatewayz.simulator.cards import Card, faults_in
from gatewayz.simulator.faults.catalogue import LISTS, rows_of
from gatewayz.simulator.faults.not_found import NO_MODEL
from gatewayz.simulator.faults.surface import Told, refuse, spell_headers, told
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response
from gatewayz.simulator.turn import Trouble, Turn

_PREFIXES = ("ds/", "hub/", "catalog/", "acme/", "provider:")
_SUNSETS = (
    "Wed, 31 Mar 2027 23:59:59 GMT",
    "Sat, 01 May 2027 00:00:00 GMT",
    "Tue, 15 Dec 2026 12:00:00 GMT",
)

_NOT_DEPLOYED = Told(
    trouble=Trouble.NO_MODEL,
    statuses=(404, 400, 503),
    marks=("model_not_deployed", "deployment_not_found", "no_deployment", "not_deployed"),
    sentences=(
        "Model {model} is not deployed.",
        "The API deployment for this resource does not exist.",
        "{model} is listed, but has no running deployment.",
        "No deployment of {model} is active.",
        "Model {model} is not currently deployed and cannot serve requests.",
        "Unable to access non-serverless model {model}. Create a dedicated deployment first.",
        "Das Modell {model} ist nicht bereitgestellt.",
        "Le modèle {model} n'est pas déployé.",
        "模型 {model} 未部署",
        "El modelo {model} no está desplegado.",
    ),
)

_RETIRED = Told(
    trouble=Trouble.NO_MODEL,
    statuses=(404, 404, 410),
    marks=("model_deprecated", "model_retired", "model_decommissioned"),
    sentences=(
        "The model {model} has been deprecated and is no longer available.",
        "{model} was retired on 2026-06-30; use its successor.",
        "The model `{model}` has been decommissioned and is no longer supported.",
        "This model was shut down. See the deprecations page for replacements.",
        "{model} has reached its end of life.",
        "The requested model has been sunset.",
        "Das Modell {model} wurde abgekündigt und abgeschaltet.",
        "Le modèle {model} a été retiré du service.",
        "模型 {model} 已下线",
        "El modelo {model} ha sido retirado.",
    ),
)

_NOTICES = (
    "This model will be retired on 2027-03-31.",
    "{model} is deprecated; move to its successor.",
    "Deprecated: this model will be shut down soon.",
    "Dieses Modell wird bald abgeschaltet.",
    "Ce modèle sera bientôt retiré.",
    "该模型即将下线",
)
_NOTICE_FIELDS = ("warning", "notice", "deprecation", "deprecation_notice", "warnings")


def _of_the_place(turn: Turn, name: str) -> Random:
    """Draws that are the same in every request to a place."""
    return Random(f"{turn.seed}|{turn.dialect.name}|{name}")


def _ids(turn: Turn, value: Any) -> list[tuple[dict[str, Any], str]]:
    """Each row of a list with the field that holds its id, whatever this dialect calls it."""
    served = {card.id for card in turn.shelf}
    return [
        (row, name)
        for row in rows_of(value)
        if isinstance(row, dict)
        for name, text in row.items()
        if isinstance(text, str) and text.removeprefix(_OF_GOOGLE) in served
    ]


_OF_GOOGLE = "models/"


def _spelled_as(row: dict[str, Any], name: str, spell: Callable[[str], str]) -> None:
    text = row[name]
    before = _OF_GOOGLE if text.startswith(_OF_GOOGLE) else ""
    row[name] = before + spell(text.removeprefix(before))


def _refused(turn: Turn) -> Response:
    return refuse(turn, replace(NO_MODEL, statuses=(404, 404, 400)))


def _prefix(turn: Turn) -> str:
    """What listed ids carry too much; "" where they lack their first part instead."""
    paths = all("/" in card.id for card in turn.shelf.cards[:3])
    ways = (*_PREFIXES, "") if paths else _PREFIXES
    return _of_the_place(turn, "listed-id-differs").choice(ways)


def _listed_otherwise(turn: Turn, value: Any) -> Any:
    prefix = _prefix(turn)
    turn.variant = prefix or "without"
    for row, name in _ids(turn, value):
        _spelled_as(
            row, name, lambda text: prefix + text if prefix else text.partition("/")[2] or text
        )
    return value


def _served_otherwise(turn: Turn) -> Response | None:
    """The listed form is unknown; the other is served."""
    prefix = _prefix(turn)
    if faults_in(turn.model):
        return _refused(turn)
    if prefix:
        listed = turn.model.startswith(prefix)
    else:
        listed = turn.card is None and any(
            card.id.partition("/")[2] == turn.model for card in turn.shelf
        )
    return _refused(turn) if listed else None


def _in_capitals(turn: Turn, value: Any) -> Any:
    for row, name in _ids(turn, value):
        _spelled_as(row, name, _with_capitals)
    return value


def _with_capitals(model: str) -> str:
    if model != model.lower():
        return model
    return "/".join(part[:1].upper() + part[1:] for part in model.split("/"))


def _small_letters_only(turn: Turn) -> Response | None:
    """What has a capital is unknown; the same in small letters is served."""
    if turn.model != turn.model.lower() or faults_in(turn.model):
        return _refused(turn)
    turn.card = turn.card or _same_letters(turn)
    return None


def _same_letters(turn: Turn) -> Card | None:
    return next((card for card in turn.shelf if card.id.lower() == turn.model), None)


def _left_out(turn: Turn, value: Any) -> Any:
    """Some models that work are missing from the list."""
    rng = _of_the_place(turn, "servable-not-listed")
    rows = rows_of(value)
    count = min(rng.choice((1, 1, 2, 3)), max(0, len(rows) - 1))
    start = rng.randrange(max(1, min(3, len(rows) - count)))
    turn.variant = f"{start}-{count}"
    del rows[start : start + count]
    return value


def _deprecated(turn: Turn, response: Response) -> None:
    """A header or a field beside a good answer, or a refusal with a word of farewell."""
    way = turn.rng.choice(("header", "header", "field", "field", "gone"))
    if way == "gone":
        gone = refuse(turn, _RETIRED)
        response.status, response.headers, response.pieces = gone.status, gone.headers, gone.pieces
        response.chunked, response.wait_s = gone.chunked, 0.0
        turn.variant = f"gone-{turn.variant}"
        return
    turn.variant = way
    if way == "field" and _add_notice(turn, response):
        return
    sunset = turn.rng.choice(_SUNSETS)
    pairs = (
        [("deprecation", "true"), ("sunset", sunset)],
        [("deprecation", "@1782777600")],
        [("sunset", sunset)],
        [("sunset", sunset), ("link", '<https://docs.acme.example/deprecations>; rel="sunset"')],
        [("deprecation", sunset), ("warning", '299 - "this model is deprecated"')],
    )
    response.headers += turn.rng.choice(pairs)
    spell_headers(turn, response)


def _add_notice(turn: Turn, response: Response) -> bool:
    """Puts a notice into the document, or into the first chunk; False where there is none."""
    field = turn.rng.choice(_NOTICE_FIELDS)
    text = turn.rng.choice(_NOTICES).replace("{model}", turn.model)
    notice: Any = [text] if field == "warnings" else text
    for piece in response.pieces:
        begun = b"data: {" if response.chunked else b"{"
        if piece.data.startswith(begun):
            extra = json.dumps({field: notice}, ensure_ascii=False)[1:-1].encode()
            piece.data = begun + extra + b"," + piece.data.removeprefix(begun)
            return True
    return False


FAULTS = (
    told("listed-not-servable", _NOT_DEPLOYED, routes=CHAT),
    Fault("listed-id-differs", Stage.LISTING, _listed_otherwise, routes=LISTS),
    Fault("listed-id-differs", Stage.INSTEAD, _served_otherwise, routes=CHAT),
    Fault("id-case-mismatch", Stage.LISTING, _in_capitals, routes=LISTS),
    Fault("id-case-mismatch", Stage.INSTEAD, _small_letters_only, routes=CHAT),
    Fault("servable-not-listed", Stage.LISTING, _left_out, routes=LISTS),
    Fault("deprecated-model", Stage.WIRE, _deprecated, routes=CHAT),
)
