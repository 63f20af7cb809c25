"""Many surfaces for one fault: sentence, mark, envelope, key order, spacing and framing by seed.

A family's file says what is told: the statuses, a few marks (structured codes) and a row of
sentences. Everything else is drawn here, so that no two providers look alike and none is copied.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.faults.envelopes import ENVELOPES, Said
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Headers, Piece, Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_BOTH = ("chat", "models")
# How often a place answers in its own dialect, and how often without a mark.
_OWN_SHAPE, _UNMARKED = 0.3, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an error says, in all its wordings.

    statuses   one of them is drawn
    marks      words for code, type, reason or status, in snake_case; each envelope spells its own
    sentences  each says it by itself; `{model}`, `{key}`, `{path}` and `{n}` are filled in
    terse      also stand where a mark, or a status that says enough, is there; "" is no message
    clear      whether a status says it alone, so that neither mark nor sentence is needed
    param      the field of the request that is meant
    trouble    what the place's own dialect calls it
    """

    trouble: Trouble
    statuses: tuple[int, ...]
    marks: tuple[str, ...]
    sentences: tuple[str, ...]
    terse: tuple[str, ...] = ()
    clear: bool = False
    param: str = ""


def told(
    name: str,
    words: Told,
    *,
    routes: tuple[str, ...] = _BOTH,
    headers: Callable[[Turn], Headers] | None = None,
    keyless: bool = False,
) -> Fault:
    """A fault that is an error answer; `headers` adds some that belong to it."""

    def act(turn: Turn) -> Response:
        return refuse(turn, words, headers(turn) if headers else ())

    return Fault(name, Stage.INSTEAD, act, routes=routes, keyless=keyless)


def refuse(turn: Turn, words: Told, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """The error in one of its surfaces."""
    said, number = draw(turn, words)
    if turn.rng.random() < _OWN_SHAPE:
        turn.variant = f"own-{number}"
        # Some dialects fill an empty code with a word for the status, and there are many kinds of 403.
        code = said.mark or (turn.rng.choice(words.marks) if said.status == 403 else "")
        problem = Problem(
            trouble=words.trouble,
            status=said.status,
            message=said.message,
            code=code,
            param=said.param,
        )
        response = turn.dialect.problem(turn, problem)
        response.headers += list(headers)
        return response
    names = list(ENVELOPES)
    if said.status >= 500 or not said.message:
        names.remove("text")
    shape = turn.rng.choice(names)
    turn.variant = f"{shape}-{number}"
    return as_response(turn, shape, said, headers)


def draw(turn: Turn, words: Told) -> tuple[Said, int]:
    """What is said, and the number of its sentence."""
    rng = turn.rng
    mark = "" if not words.marks or rng.random() < _UNMARKED else rng.choice(words.marks)
    choices = words.sentences + (words.terse if mark or words.clear else ())
    number = rng.randrange(len(choices))
    message = fill(turn, choices[number])
    return Said(rng.choice(words.statuses), message, mark, words.param), number


def fill(turn: Turn, text: str) -> str:
    """A sentence with its gaps filled."""
    for gap, value in (
        ("{model}", turn.model),
        ("{path}", turn.request.path),
        ("{key}", turn.key),
        ("{n}", str(turn.rng.randint(9_000, 400_000))),
    ):
        text = text.replace(gap, value)
    return text


def as_response(
    turn: Turn, shape: str, said: Said, headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """An error in an envelope, with headers and framing drawn."""
    value = ENVELOPES[shape](said, turn.rng)
    if isinstance(value, str):
        data, kind = value.encode(), turn.rng.choice(("text/plain", "text/plain; charset=utf-8"))
    else:
        data = spelled(value, turn.rng)
        kind = turn.rng.choice(("application/json", "application/json; charset=utf-8"))
    if shape == "problem":
        kind = "application/problem+json"
    response = body_response(said.status, data, kind, [*plain_headers(turn), *headers])
    if shape == "aws" and said.mark:
        response.set_header("x-amzn-errortype", f"{said.pascal}Exception")
    return dressed(turn, response)


def plain_headers(turn: Turn) -> Headers:
    """The place's headers without its quotas, which would say something of their own."""
    return [
        (name, value)
        for name, value in turn.dialect.headers(turn)
        if "ratelimit" not in name.lower() and name.lower() != "retry-after"
    ]


def spelled(value: Any, rng: Random) -> bytes:
    """A JSON value as bytes: keys in any order, compact or pretty, in UTF-8 or escaped."""
    indent = rng.choice((None, None, 1, 2, 4))
    separators = rng.choice(((",", ":"), (", ", ": "))) if indent is None else (",", ": ")
    text = json.dumps(
        _shuffled(value, rng),
        ensure_ascii=rng.random() < 0.5,
        indent=indent,
        separators=separators,
    )
    return (text + rng.choice(("", "", "\n"))).encode("utf-8", "surrogatepass")


def _shuffled(value: Any, rng: Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: _shuffled(value[key], rng) for key in keys}
    if isinstance(value, list):
        return [_shuffled(one, rng) for one in value]
    return value


def dressed(turn: Turn, response: Response) -> Response:
    """Headers spelled and added, the body in one piece or in chunks; what it says stays."""
    rng = turn.rng
    spell_headers(turn, response)
    whole = response.body
    if len(response.pieces) == 1 and len(whole) > 3 and rng.random() < 0.4:
        borders = sorted({0, len(whole), *(rng.randrange(1, len(whole)) for _ in range(2))})
        pairs = pairwise(borders)
        response.pieces = [Piece(whole[start:end], part="rest") for start, end in pairs]
        response.chunked = True
    return response


def spell_headers(turn: Turn, response: Response) -> None:
    """Header names in lower case, with capitals or in capitals, and some of a proxy's own."""
    rng = turn.rng
    for name, values in (
        ("server", ("nginx", "uvicorn", "envoy", "cloudflare", "istio-envoy")),
        ("via", ("1.1 google", "1.1 vegur", "2.0 edge")),
        ("cache-control", ("no-store", "no-cache", "private")),
        ("x-trace-id", (f"{rng.randrange(16**8):08x}",)),
    ):
        if rng.random() < 0.4 and name not in {known.lower() for known, _ in response.headers}:
            response.headers.append((name, rng.choice(values)))
    spell = rng.choice((str.lower, str.lower, str.title, str.upper))
    response.headers = [(spell(name), value) for name, value in response.headers]


def in_band(name: str, words: Told, *, form: str = "any", midway: bool = False) -> Fault:
    """A fault that is an error inside a 200: the whole body, or the first event of a stream.

    The status of `words` stands in the error, as a number, as text, or as a word. With `midway`
    it may also come where an answer has begun.
    """

    def act(turn: Turn) -> Response:
        return error_in_200(turn, words, midway=midway)

    return Fault(name, Stage.INSTEAD, act, form=form, routes=CHAT)


def error_in_200(turn: Turn, words: Told, *, named: bool = True, midway: bool = False) -> Response:
    """An error with a success status, in the form that was asked for."""
    begun = _beginning(turn) if midway and turn.stream and turn.rng.random() < 0.5 else b""
    said, number = draw(turn, words)
    if turn.rng.random() < _OWN_SHAPE:
        turn.variant = f"own-{number}"
        problem = Problem(
            trouble=words.trouble, status=said.status, message=said.message, type=said.mark
        )
        full = turn.dialect.fill(turn, problem)
        return as_success(turn, turn.dialect.shape_in_band(turn, full), named=named, begun=begun)
    shape = turn.rng.choice(list(_IN_BAND))
    turn.variant = f"{shape}-{number}"
    return as_success(turn, _IN_BAND[shape](turn, said), named=named, begun=begun)


def _beginning(turn: Turn) -> bytes:
    """The events of the honest answer up to a place within its text; none where it has no text."""
    answer = turn.dialect.chat(turn)
    if not isinstance(answer, Answer):
        return b""
    events = [e for e in turn.dialect.events(turn, answer) if isinstance(e.data, dict)]
    kept = events[: place_in(turn, [event.part for event in events])]
    return b"".join(b"data: " + spelled_line(event.data, turn.rng) + b"\n\n" for event in kept)


def as_success(turn: Turn, document: Any, *, named: bool = True, begun: bytes = b"") -> Response:
    """A document that is an error, as a 200: by itself, or as the last event of a stream.

    That event may be `named` error, where this is not the name of another fault. `begun` are the
    events before it.
    """
    if not turn.stream:
        data = spelled(document, turn.rng)
        return dressed(turn, body_response(200, data, "application/json", plain_headers(turn)))
    event = b"data: " + spelled_line(document, turn.rng) + b"\n\n"
    if named and "choices" not in document and turn.rng.random() < 0.3:
        event = b"event: error\n" + event
    before = turn.rng.choice((b"", b"", b": processing\n\n")) + begun
    turn.variant += "-midway" if begun else ""
    ends_well = turn.dialect.done_after_error or turn.rng.random() < 0.5
    done = b"data: [DONE]\n\n" if ends_well else b""
    response = body_response(200, b"", "text/event-stream", plain_headers(turn))
    response.pieces = [Piece(part) for part in (before, event, done) if part]
    response.chunked = True
    return dressed(turn, response)


def place_in(turn: Turn, parts: Sequence[str]) -> int:
    """How many pieces of a stream are kept: `;event=N`, or a place within the text by the seed."""
    given = int(turn.option("event", turn.option("after", -1)))
    if given >= 0:
        return given
    said = [index for index, part in enumerate(parts) if part == "content"]
    if len(said) < 2:
        return max(1, len(parts) // 2)
    return turn.rng.randint(said[0] + 1, said[-1])


def spelled_line(value: Any, rng: Random) -> bytes:
    """A JSON value on one line, keys in any order."""
    separators = rng.choice(((",", ":"), (", ", ": ")))
    text = json.dumps(_shuffled(value, rng), ensure_ascii=rng.random() < 0.5, separators=separators)
    return text.encode("utf-8", "surrogatepass")


def _error(turn: Turn, said: Said) -> dict[str, Any]:
    """An error object whose code is the status, as a number, as text, or beside a word."""
    error: dict[str, Any] = {"message": said.message}
    code = turn.rng.choice((said.status, said.status, str(said.status)))
    if said.mark:
        error[turn.rng.choice(("type", "reason", "status"))] = said.mark
    return error | {"code": code}


def _top(turn: Turn, said: Said) -> Any:
    return {"error": _error(turn, said)}


def _top_with_choices(turn: Turn, said: Said) -> Any:
    return {"error": _error(turn, said), "choices": []}


def _with_reply(turn: Turn, said: Said) -> Any:
    kind = "chat.completion.chunk" if turn.stream else "chat.completion"
    head = {"id": turn.dialect.reply_id(turn), "object": kind, "created": turn.created}
    return head | {"model": turn.model, "error": _error(turn, said)}


def _flat_object(turn: Turn, said: Said) -> Any:
    return {"object": "error", **_error(turn, said), "param": None}


def _in_choice(turn: Turn, said: Said) -> Any:
    inner = "delta" if turn.stream else "message"
    choice = {
        "index": 0,
        inner: {"role": "assistant", "content": ""},
        "finish_reason": "error",
        "error": _error(turn, said),
    }
    kind = "chat.completion.chunk" if turn.stream else "chat.completion"
    head = {"id": turn.dialect.reply_id(turn), "object": kind, "created": turn.created}
    return head | {"model": turn.model, "choices": [choice]}


def _typed_error(turn: Turn, said: Said) -> Any:
    return {"type": "error", "error": _error(turn, said)}


_IN_BAND: dict[str, Callable[[Turn, Said], Any]] = {
    "top": _top,
    "top-with-choices": _top_with_choices,
    "with-reply": _with_reply,
    "flat-object": _flat_object,
    "in-choice": _in_choice,
    "typed": _typed_error,
}
