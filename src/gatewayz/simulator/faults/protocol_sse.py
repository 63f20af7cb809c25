"""Event streams that are odd, broken or merely unusual: the class `protocol`, streamed calls."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from gatewayz.simulator.dialect import Event
from gatewayz.simulator.faults.surface import spell_headers
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.faults.timing import place_in
from gatewayz.simulator.response import Piece, Response
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


def _on_events(name: str, act: Callable[[Turn, list[Event]], None]) -> Fault:
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


def _on_bytes(name: str, act: Callable[[Turn, Response], None]) -> Fault:
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


def _empty_data(turn: Turn, events: list[Event]) -> None:
    """Heartbeats: data without data, or blocks of nothing but a retry or an id."""
    blank = turn.rng.random() < 0.5
    for index in range(len(events) - 1, 0, -1):
        if turn.rng.random() < 0.5 or index == 1:
            if blank or index == 1:
                events.insert(index, Event("", part="heartbeat"))
            else:
                # An empty comment, and in the same block a line that is no data.
                line = turn.rng.choice(("retry: 3000", "id: 17", "retry: 100"))
                events.insert(index, Event(comment=f"\n{line}", part="comment"))


def _comments(turn: Turn, events: list[Event]) -> None:
    words = ("ping", "KEEPALIVE", "keep-alive 15", "", "data: not data", "{}", "event: x", "💓")
    often = turn.rng.choice((1.0, 0.6))
    for index in range(len(events) - 1, -1, -1):
        if index == 0 or turn.rng.random() < often:
            events.insert(index, Event(comment=turn.rng.choice(words), part="comment"))


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


def _filter_results(turn: Turn, events: list[Event]) -> None:
    """A first event with no choice and what a filter thought of the prompt."""
    model = turn.rng.choice(("", turn.model))
    verdicts: dict[str, Any] = {"hate": {"filtered": False}}
    for topic in turn.rng.sample(("violence", "sexual", "self_harm", "jailbreak"), 2):
        verdicts[topic] = {"filtered": False, "severity": "safe"}
    results = [{"prompt_index": 0, "content_filter_results": verdicts}]
    first = {
        "id": "",
        "object": "",
        "created": 0,
        "model": model,
        "choices": [],
        "prompt_filter_results": results,
    }
    events.insert(0, Event(first, part="role"))


def _usage_chunk(turn: Turn, events: list[Event]) -> None:
    """Usage in a last chunk of its own, wherever it stood before."""
    usage: dict[str, Any] = {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}
    sample = next(event.data for event in events if isinstance(event.data, dict))
    for event in events:
        if isinstance(event.data, dict):
            usage = event.data.pop("usage", None) or usage
    events[:] = [event for event in events if event.part != "usage"]
    last = {key: value for key, value in sample.items() if key != "usage"}
    usage |= turn.rng.choice(
        (
            {},
            {"prompt_tokens_details": {"cached_tokens": 0}},
            {"cost": 0.00001},
            {"queue_time": 0.02},
        )
    )
    events.insert(len(events) - 1, Event(last | {"choices": [], "usage": usage}, part="usage"))


def _line_ends(turn: Turn, response: Response) -> None:
    """CRLF, lone CR, or another in every event."""
    ends = turn.rng.choice(((b"\r\n",), (b"\r",), (b"\r\n", b"\r"), (b"\r\n", b"\n")))
    for number, piece in enumerate(response.pieces):
        end = ends[0] if number == 0 else turn.rng.choice(ends)
        piece.data = piece.data.replace(b"\n", end)


def _bom(turn: Turn, response: Response) -> None:
    """At the very start, before a chunk, a comment or a blank line."""
    before = turn.rng.choice(
        (b"", b"", b": hello\n\n", b"\n", b"retry: 500\n\n", b"id: 1\n", b":\n")
    )
    response.pieces[0].data = b"\xef\xbb\xbf" + before + response.pieces[0].data


def _no_space(turn: Turn, response: Response) -> None:
    """In every event; alone, or beside lines that are none of data."""
    name = turn.rng.choice(
        (b"", b"", b"event:message\n", b"id:7\n", b"retry:1000\n", b"id:7\nevent:message\n")
    )
    for piece in response.pieces:
        piece.data = re.sub(rb"^data: ", name + b"data:", piece.data, flags=re.MULTILINE)


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


def _multi_line(turn: Turn, response: Response) -> None:
    """One document over several data lines."""
    indent = turn.rng.choice((0, 1, 2, 4, "\t"))
    escaped = turn.rng.random() < 0.5
    for piece in response.pieces:
        if piece.data.startswith(b"data: {"):
            document = json.loads(piece.data.removeprefix(b"data: "))
            text = json.dumps(document, indent=indent, ensure_ascii=escaped)
            lines = "".join(f"data: {line}\n" for line in text.split("\n"))
            piece.data = (lines + "\n").encode("utf-8", "surrogatepass")


_WIDE = ("é — 東京 🦙", "Ünïcödé ✓ 東京 🦙", "日本語 ñ 東京 🦙", "👩‍🚀 ß 東京 🦙", "𝔘𝔫𝔦 ø 東京 🦙")


def _split_utf8(turn: Turn, response: Response) -> None:
    """Characters of several bytes in every event, each cut by a packet's border."""
    note = f'{{"note":"{turn.rng.choice(_WIDE)}",'.encode()
    found: list[Piece] = []
    for piece in response.pieces:
        data = piece.data.replace(b'data: {"', b"data: " + note + b'"', 1)
        parts = re.split(rb"(?<=[\xc2-\xf4])", data)
        found += [
            Piece(part, piece.gap_s if not at else 0.001, piece.part if not at else "rest")
            for at, part in enumerate(parts)
            if part
        ]
    response.pieces = found


def _unicode_breaks(turn: Turn, events: list[Event]) -> None:
    """U+2028, U+2029, U+0085 and their like inside the JSON text; they end no line."""
    note = turn.rng.choice(
        (
            "a\u2028b\u0085c\u2029d",
            "\u2028",
            "x\u2028\u2028y",
            "one\u2029two\u2028",
            "\u0085z\u2028",
        )
    )
    for event in events:
        if isinstance(event.data, dict):
            event.data["note"] = note


def _one_byte(turn: Turn, response: Response) -> None:  # noqa: ARG001 - every fault gets the turn
    response.packets = "bytes"


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
    _on_events("sse-missing-done", _without_done),
    _on_events("sse-missing-finish", _without_finish),
    _on_events("sse-data-after-done", _after_done),
    _on_events("sse-bad-json-event", _bad_event),
    _on_events("sse-empty-data-event", _empty_data),
    _on_events("sse-comments", _comments),
    _on_events("sse-error-event", _error_event),
    _on_events("sse-error-object", _error_object),
    _on_events("sse-first-chunk-no-choices", _filter_results),
    _on_events("sse-usage-only-chunk", _usage_chunk),
    _on_events("sse-unicode-line-breaks", _unicode_breaks),
    _on_bytes("sse-events-glued", _glued),
    _on_bytes("sse-cr-crlf", _line_ends),
    _on_bytes("sse-bom", _bom),
    _on_bytes("sse-no-space-after-colon", _no_space),
    _on_bytes("sse-multi-line-data", _multi_line),
    _on_bytes("sse-split-utf8", _split_utf8),
    _on_bytes("sse-one-byte-packets", _one_byte),
    _on_bytes("stream-as-ndjson", _ndjson),
    _on_bytes("sse-huge-event", _huge_event),
)
