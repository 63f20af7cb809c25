"""Event streams that are odd, broken or merely unusual: the class `protocol`, streamed calls."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable

from gatewayz.simulator.dialect import Event
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Piece, Response
from gatewayz.simulator.turn import Turn

_WORDS = ("Internal error", "The upstream closed", "Generation failed", "Unerwarteter Fehler")


def _on_events(name: str, act: Callable[[Turn, list[Event]], None]) -> Fault:
    return Fault(name, Stage.EVENTS, act, form="stream", routes=CHAT)


def _on_bytes(name: str, act: Callable[[Turn, Response], None]) -> Fault:
    return Fault(name, Stage.WIRE, act, form="stream", routes=CHAT)


def _middle(events: list[Event]) -> int:
    """The place of an event in the middle of the text."""
    said = [index for index, event in enumerate(events) if event.part == "content"]
    return said[len(said) // 2] if said else 1


def _without_done(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
    events[:] = [event for event in events if event.part != "done"]


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
    more = copy.deepcopy(events[_middle(events)])
    if isinstance(more.data, dict):
        more.data["choices"] = []
    events += [more] * turn.rng.randint(1, 3)


def _bad_event(turn: Turn, events: list[Event]) -> None:
    """One event more, which is not JSON."""
    bad = turn.rng.choice(('{"id":"chatcmpl', "undefined", "{'id': 'x'}", "NaN,", "<html>"))
    events.insert(_middle(events), Event(bad, part="content"))


def _empty_data(turn: Turn, events: list[Event]) -> None:
    """Heartbeats: data without data."""
    for index in range(len(events) - 1, 0, -1):
        if turn.rng.random() < 0.5 or index == 1:
            events.insert(index, Event("", part="heartbeat"))


def _comments(turn: Turn, events: list[Event]) -> None:
    words = ("ping", "KEEPALIVE", "keep-alive 15", "", "data: not data")
    for index in range(len(events) - 1, -1, -1):
        events.insert(index, Event(comment=turn.rng.choice(words), part="comment"))


def _error_event(turn: Turn, events: list[Event]) -> None:
    """`event: error`, its message at the top or under `error`."""
    message = turn.rng.choice(_WORDS)
    at = _middle(events)
    body = turn.rng.choice(({"message": message}, {"error": {"message": message}}))
    events[at:] = [Event(body, name="error", part="error")]
    if turn.rng.random() < 0.5:
        events.append(Event("[DONE]", part="done"))


def _error_object(turn: Turn, events: list[Event]) -> None:
    """An error amid the stream; what comes after looks like a good end."""
    at = _middle(events)
    error = {"message": turn.rng.choice(_WORDS), "code": turn.rng.choice(("server_error", None))}
    body = {"error": error, "choices": []} if turn.rng.random() < 0.5 else {"error": error}
    events[at:] = [Event(body, part="error"), Event("[DONE]", part="done")]


def _filter_results(turn: Turn, events: list[Event]) -> None:
    """A first event with no choice and what a filter thought of the prompt."""
    model = turn.rng.choice(("", turn.model))
    results = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
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
    usage = {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}
    sample = next(event.data for event in events if isinstance(event.data, dict))
    for event in events:
        if isinstance(event.data, dict):
            usage = event.data.pop("usage", None) or usage
    events[:] = [event for event in events if event.part != "usage"]
    last = {key: value for key, value in sample.items() if key != "usage"}
    events.insert(len(events) - 1, Event(last | {"choices": [], "usage": usage}, part="usage"))
    del turn


def _line_ends(turn: Turn, response: Response) -> None:
    end = turn.rng.choice((b"\r\n", b"\r"))
    for piece in response.pieces:
        piece.data = piece.data.replace(b"\n", end)


def _bom(turn: Turn, response: Response) -> None:  # noqa: ARG001
    response.pieces[0].data = b"\xef\xbb\xbf" + response.pieces[0].data


def _no_space(turn: Turn, response: Response) -> None:  # noqa: ARG001
    for piece in response.pieces:
        piece.data = re.sub(rb"^data: ", b"data:", piece.data, flags=re.MULTILINE)


def _glued(turn: Turn, response: Response) -> None:  # noqa: ARG001
    """Two events and no blank line between them."""
    joined = 0
    for piece, following in zip(response.pieces, response.pieces[1:], strict=False):
        if piece.part == "content" and following.part in ("content", "finish") and joined < 2:
            piece.data = piece.data.removesuffix(b"\n")
            joined += 1


def _multi_line(turn: Turn, response: Response) -> None:  # noqa: ARG001
    """One document over several data lines."""
    for piece in response.pieces:
        if piece.data.startswith(b"data: {"):
            document = json.loads(piece.data.removeprefix(b"data: "))
            text = json.dumps(document, indent=1, ensure_ascii=False)
            lines = "".join(f"data: {line}\n" for line in text.splitlines())
            piece.data = (lines + "\n").encode("utf-8", "surrogatepass")


def _split_utf8(turn: Turn, response: Response) -> None:  # noqa: ARG001
    """Characters of several bytes in every event, each cut by a packet's border."""
    found: list[Piece] = []
    for piece in response.pieces:
        data = piece.data.replace(b'{"id":', '{"note":"é — 東京 🦙","id":'.encode(), 1)
        parts = re.split(rb"(?<=[\xc2-\xf4])", data)
        found += [
            Piece(part, piece.gap_s if not at else 0.001, piece.part if not at else "rest")
            for at, part in enumerate(parts)
            if part
        ]
    response.pieces = found


def _unicode_breaks(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
    """U+2028 and U+0085 inside the JSON text; they end no line."""
    for event in events:
        if isinstance(event.data, dict):
            event.data["note"] = "a\u2028b\u0085c\u2029d"


def _one_byte(turn: Turn, response: Response) -> None:  # noqa: ARG001
    response.packet_bytes = 1


def _ndjson(turn: Turn, response: Response) -> None:
    """One document a line."""
    kinds = ("application/x-ndjson", "application/json", "text/event-stream")
    response.set_header("content-type", turn.rng.choice(kinds))
    response.pieces = [piece for piece in response.pieces if piece.data.startswith(b"data: {")]
    for piece in response.pieces:
        piece.data = piece.data.removeprefix(b"data: ").removesuffix(b"\n")


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
)
