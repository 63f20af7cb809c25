"""Event streams that are odd and sound: nobody may complain about one of these."""

from __future__ import annotations

import json
import re
from typing import Any

from gatewayz.simulator.dialect import Event
from gatewayz.simulator.faults.protocol_sse import on_bytes, on_events
from gatewayz.simulator.response import Piece, Response
from gatewayz.simulator.turn import Turn


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


FAULTS = (
    on_events("sse-empty-data-event", _empty_data),
    on_events("sse-comments", _comments),
    on_events("sse-first-chunk-no-choices", _filter_results),
    on_events("sse-usage-only-chunk", _usage_chunk),
    on_events("sse-unicode-line-breaks", _unicode_breaks),
    on_bytes("sse-cr-crlf", _line_ends),
    on_bytes("sse-bom", _bom),
    on_bytes("sse-no-space-after-colon", _no_space),
    on_bytes("sse-multi-line-data", _multi_line),
    on_bytes("sse-split-utf8", _split_utf8),
    on_bytes("sse-one-byte-packets", _one_byte),
)
