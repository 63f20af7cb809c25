"""Event streams that are broken or end badly: the class `protocol`, streamed calls.

What is merely unusual is in protocol_sse_odd.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from gatewayz.simulator.dialect import Event
from gatewayz.simulator.faults.surface import place_in, spell_headers
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response
from gatewayz.simulator.turn import Turn

_WORDS = (
    "Internal error",
    "The upstream closed",
    "Generation failed",
    "Unerwarteter Fehler",
    "An error occurred while generating",
    "worker died",
    "Erreur pendant la génération",
    "生成过程中出错",
    "Se produjo un error",
)
_HUGE_BYTES = 1_500_000


def on_events(name: str, act: Callable[[Turn, list[Event]], None]) -> Fault:
    def bend(turn: Turn, events: list[Event]) -> None:
        act(turn, events)
        vary(turn, events)

    return Fault(name, Stage.EVENTS, bend, form="stream", routes=CHAT)


def vary(turn: Turn, events: list[Event]) -> None:
    """What differs from server to server and means nothing: the order of keys, fields beside."""
    rng = turn.rng
    more: dict[str, Any] = rng.choice(
        (
            {},
            {},
            {"system_fingerprint": "fp_sim"},
            {"obfuscation": "x8Q"},
            {"service_tier": "default"},
        )
    )
    upside_down = rng.random() < 0.4
    for event in events:
        if isinstance(event.data, dict) and "choices" in event.data:
            event.data |= more
            if upside_down:
                event.data = dict(reversed(event.data.items()))


def on_bytes(name: str, act: Callable[[Turn, Response], None]) -> Fault:
    def bend(turn: Turn, response: Response) -> None:
        if response.pieces:
            act(turn, response)
        spell_headers(turn, response)

    return Fault(name, Stage.WIRE, bend, form="stream", routes=CHAT)


def _place(turn: Turn, events: list[Event]) -> int:
    """Where in the text something happens: `;event=N`, or by the seed."""
    return min(place_in(turn, [event.part for event in events]), len(events))


def _middle(events: list[Event]) -> int:
    """The place of an event in the middle of the text."""
    said = [index for index, event in enumerate(events) if event.part == "content"]
    return said[len(said) // 2] if said else 1


def _without_done(turn: Turn, events: list[Event]) -> None:
    """A close, a comment and a close, or an event that is none."""
    events[:] = [event for event in events if event.part != "done"]
    if turn.rng.random() < 0.3:
        events.append(Event(comment=turn.rng.choice(("bye", "end", "")), part="comment"))


def _without_finish(turn: Turn, events: list[Event]) -> None:
    """The text and the end, or just a close, but never a reason."""
    drop = {"finish", "done"} if turn.rng.random() < 0.5 else {"finish"}
    events[:] = [event for event in events if event.part not in drop]
    for event in events:
        if isinstance(event.data, dict):
            for choice in event.data["choices"]:
                if "finish_reason" in choice:
                    choice["finish_reason"] = None


def _after_done(turn: Turn, events: list[Event]) -> None:
    """A chunk without a choice, a count, or a text, once or a few times."""
    more = copy.deepcopy(events[_middle(events)])
    if isinstance(more.data, dict):
        more.data["choices"] = []
        if turn.rng.random() < 0.4:
            more.data["usage"] = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    if turn.rng.random() < 0.3:
        more = Event({"type": "ping", "cost": 0.0001}, part="rest")
    events += [more] * turn.rng.randint(1, 3)


def _bad_event(turn: Turn, events: list[Event]) -> None:
    """One event more, which is not JSON."""
    bad = turn.rng.choice(_NO_JSON)
    events.insert(_place(turn, events), Event(bad, part="content"))


_NO_JSON = (
    '{"id":"chatcmpl',
    "undefined",
    "{'id': 'x'}",
    "NaN,",
    "<html>",
    '{"choices":[{"delta":{"content":"x}}]}',
    "[object Object]",
    '{"id":"a"}{"id":"b"}',
    "event",
)


def _error_event(turn: Turn, events: list[Event]) -> None:
    """`event: error`, its message at the top or under `error`; `;event=N` says after how many."""
    message = turn.rng.choice(_WORDS)
    at = _place(turn, events)
    body: Any = turn.rng.choice(
        (
            {"message": message},
            {"error": {"message": message}},
            {"type": "error", "error": {"message": message}},
            {"error": message},
            {"code": "internal", "message": message},
            message,
        )
    )
    events[at:] = [Event(body, name="error", part="error")]
    if turn.rng.random() < 0.5:
        events.append(Event("[DONE]", part="done"))


def _error_object(turn: Turn, events: list[Event]) -> None:
    """An error amid the stream; what comes after may look like a good end."""
    at = _place(turn, events)
    error: dict[str, Any] = {"message": turn.rng.choice(_WORDS)}
    error |= turn.rng.choice(({"code": "server_error"}, {"code": None}, {"type": "api_error"}, {}))
    body: dict[str, Any] = turn.rng.choice(
        ({"error": error, "choices": []}, {"error": error}, {"id": turn.request_id, "error": error})
    )
    events[at:] = [Event(body, part="error")]
    if turn.rng.random() < 0.6:
        events.append(Event("[DONE]", part="done"))


def _glued(turn: Turn, response: Response) -> None:
    """Two or more events and no blank line between them."""
    glue = [
        piece
        for piece, following in pairwise(response.pieces)
        if piece.part in ("role", "content", "finish")
        and following.part in ("content", "finish", "usage")
    ]
    for piece in turn.rng.sample(glue, turn.rng.randint(min(1, len(glue)), min(3, len(glue)))):
        piece.data = piece.data.removesuffix(b"\n")


def _ndjson(turn: Turn, response: Response) -> None:
    """One document a line."""
    kinds = ("application/x-ndjson", "application/json", "text/event-stream", "application/jsonl")
    response.set_header("content-type", turn.rng.choice(kinds))
    end = turn.rng.choice((b"\n", b"\r\n", b"\n\n"))
    response.pieces = [piece for piece in response.pieces if piece.data.startswith(b"data: {")]
    for piece in response.pieces:
        piece.data = piece.data.removeprefix(b"data: ").rstrip(b"\n") + end


def _huge_event(turn: Turn, response: Response) -> None:
    """One event of megabytes (`;bytes=`), otherwise as good as the rest.

    The bulk is a field that nobody asked for, or blanks between the tokens of the JSON.
    """
    size = int(turn.option("bytes", _HUGE_BYTES))
    events = [piece for piece in response.pieces if piece.data.startswith(b"data: {")]
    if not events:
        return
    piece = turn.rng.choice(events)
    begun, rest = b"data: {", piece.data.removeprefix(b"data: {")
    way = turn.rng.choice(("padding", "debug", "prompt_token_ids", "blanks"))
    turn.variant = way
    if way == "blanks":
        bulk = b" " * size
    elif way == "prompt_token_ids":
        bulk = b'"prompt_token_ids":[' + b"17," * (size // 3) + b"17],"
    else:
        bulk = b'"%b":"%b",' % (way.encode(), b"x" * size)
    piece.data = begun + bulk + rest


FAULTS = (
    on_events("sse-missing-done", _without_done),
    on_events("sse-missing-finish", _without_finish),
    on_events("sse-data-after-done", _after_done),
    on_events("sse-bad-json-event", _bad_event),
    on_events("sse-error-event", _error_event),
    on_events("sse-error-object", _error_object),
    on_bytes("sse-events-glued", _glued),
    on_bytes("stream-as-ndjson", _ndjson),
    on_bytes("sse-huge-event", _huge_event),
)
