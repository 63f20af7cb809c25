"""Documents that are not what they should be: the class `protocol`, calls that do not stream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from gatewayz.simulator.dialect import Document
from gatewayz.simulator.faults.surface import dressed, spell_headers, spelled
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Turn

_DEEP = 100_000
_PAGES = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Login</form></html>",
    b"<html><body><h1>We are down for maintenance</h1><p>Back soon.</p></body></html>",
    b"\n\n<HTML><HEAD><META http-equiv='refresh' content='0;url=/portal'></HEAD></HTML>",
    b"<!doctype html><title>Just a moment...</title><noscript>Enable JavaScript</noscript>",
    b"<html><body>Welcome to Hotel Wi-Fi. Accept the terms to continue.</body></html>",
    b"<!DOCTYPE html>\n<html lang='de'><head><title>Wartungsarbeiten</title></head></html>",
    b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body>Login</body></html>",
    b"<!-- gateway --><html><body><div id='root'></div><script src='/app.js'></script></body></html>",
)

Bend = Callable[[Turn, bytes], bytes]


def _on_body(name: str, bend: Bend, routes: tuple[str, ...] = ("chat", "models")) -> Fault:
    """A fault that changes the bytes of one whole document; its framing stays right."""

    def act(turn: Turn, response: Response) -> None:
        response.set_body(bend(turn, response.body))
        spell_headers(turn, response)

    return Fault(name, Stage.WIRE, act, form="plain", routes=routes)


def _cut(turn: Turn, body: bytes) -> bytes:
    """In the middle, or after `;byte=N`."""
    if "byte" in turn.options:
        return body[: min(int(turn.option("byte", 0)), len(body) - 1)]
    return body[: turn.rng.randint(len(body) // 3, max(len(body) // 3, len(body) - 2))]


def _garbage(turn: Turn, body: bytes) -> bytes:
    more = (b"\n}", b"null", body, b"<!-- served by edge -->", b",{}", b"\x00\x00")
    return body + turn.rng.choice(more)


def _controls(turn: Turn, body: bytes) -> bytes:
    """Inside the first string value: raw controls or an escape that JSON does not know."""
    bad = turn.rng.choice(
        (b"\x00", b"\x0b", b"line\nbreak", b"\\x41", b"\x1b[0m", b"\ttab", b"\\u12g4", b"\\'")
    )
    string = re.search(rb'":\s*"', body)
    at = string.end() if string else 1
    return body[:at] + bad + body[at:]


def _doubled(turn: Turn, body: bytes) -> bytes:
    """The document inside a string; pretty or compact, escaped or not, now and then twice."""
    try:
        inner = spelled(json.loads(body), turn.rng).decode("utf-8", "replace")
    except (ValueError, RecursionError):
        inner = body.decode("utf-8", "replace")
    return json.dumps(inner, ensure_ascii=turn.rng.random() < 0.5).encode()


def _deep(turn: Turn, body: bytes) -> bytes:
    """Brackets upon brackets: alone, in a field, or closed again."""
    opening = turn.rng.choice((b"[", b'{"a":'))
    way = turn.rng.randrange(4)
    if way == 0:
        return opening * _DEEP
    if way == 1:
        return b"[" * _DEEP + body + b"]" * _DEEP
    field = turn.rng.choice((b'"deep":', b'"extra":', b'"metadata":'))
    nested = b"[" * _DEEP + (b"]" * _DEEP if way == 2 else b"")
    return body.rstrip()[:-1] + b"," + field + nested + b"}"


def _html(turn: Turn) -> Response:
    kind = turn.rng.choice(("text/html; charset=utf-8", "text/html", "application/xhtml+xml"))
    return dressed(turn, body_response(200, turn.rng.choice(_PAGES), kind))


def _empty(turn: Turn) -> Response:
    """No byte of a body: a length of nothing, no chunk, or 204."""
    status = turn.rng.choice((200, 200, 204))
    kinds = ("application/json", "text/plain", "text/event-stream")
    response = body_response(status, b"", turn.rng.choice(kinds), turn.dialect.headers(turn))
    response.chunked = status == 200 and turn.rng.random() < 0.5
    response.pieces = []
    spell_headers(turn, response)
    return response


def _duplicate_keys(turn: Turn, body: bytes) -> bytes:
    """A key twice with different values; the later one is the true one."""
    twice = turn.rng.choice(
        (
            b'{"id":"cached","model":"",',
            b'{"id":"first-0",',
            b'{"object":"text_completion",',
            b'{"created":0,"created":1,',
            b'{"usage":{"total_tokens":0},',
            b'{"choices":[],',
        )
    )
    return body.replace(b"{", twice, 1)


def _content_type(turn: Turn, response: Response) -> None:
    """A good document as text, a good stream as a document."""
    others = [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/octet-stream",
        "binary/octet-stream",
        "text/x-unknown",
    ]
    if response.chunked:
        others += ["application/json", "application/json; charset=utf-8"]
    response.set_header("content-type", turn.rng.choice(others))
    spell_headers(turn, response)


_NOTHING_SAID = (
    "Something is wrong with this request",
    "Cannot process",
    "Refused",
    "Request failed",
    "Die Anfrage konnte nicht verarbeitet werden",
    "La requête a échoué",
    "请求失败",
    "No se pudo procesar",
)


def _odd_error(turn: Turn) -> Response:
    """A 400 whose message stands where nobody looks for it."""
    text = turn.rng.choice(_NOTHING_SAID)
    shapes: tuple[Any, ...] = (
        [{"error": {"message": text}}],
        {"detail": text},
        {"message": text},
        {"error_msg": text, "error_code": 17},
        {"success": False, "errors": [text]},
        {"success": False, "reason": text},
        [text],
        {"error": [{"message": text}]},
        {"err": {"text": text}},
        {"status": "fail", "data": {"message": text}},
        {"detail": [text]},
        {"Error": {"Message": text}},
    )
    shape = turn.rng.randrange(len(shapes))
    turn.variant = str(shape)
    data = spelled(shapes[shape], turn.rng)
    return dressed(turn, body_response(400, data, "application/json"))


_PLAIN_WORDS = (
    "Something went wrong",
    "Generation failed",
    "fetch failed",
    "Fehler",
    "An unknown error occurred",
    "socket hang up",
    "échec de la génération",
    "生成失败",
)


def _bare_string(turn: Turn) -> Response:
    """In a 200, since elsewhere the status names it."""
    text = turn.rng.choice(_PLAIN_WORDS)
    more: dict[str, Any] = turn.rng.choice(({}, {}, {"choices": []}, {"id": turn.request_id}))
    data = spelled({"error": text, **more}, turn.rng)
    return dressed(turn, body_response(200, data, "application/json", turn.dialect.headers(turn)))


def _bend_document(name: str, act: Callable[[Turn, list[Document]], None]) -> Fault:
    """A fault of the whole answer's shape; what stands beside is drawn."""

    def bend(turn: Turn, documents: list[Document]) -> None:
        act(turn, documents)
        for document in documents:
            document |= turn.rng.choice(_BESIDE)
            order = list(document.items())
            turn.rng.shuffle(order)
            document.clear()
            document.update(order)

    return Fault(name, Stage.SHAPE, bend, form="plain", routes=CHAT)


# Fields beside, which mean nothing.
_BESIDE: tuple[Document, ...] = (
    {},
    {"system_fingerprint": "fp_sim"},
    {"service_tier": "default"},
    {"meta": {"region": "eu-1"}},
)


def _set_choices(value: Any) -> Callable[[Turn, list[Document]], None]:
    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for document in documents:
            document["choices"] = value

    return act


def _other_shape(turn: Turn, documents: list[Document]) -> None:
    """What other APIs answer with."""
    text = "Test successful"
    shapes: tuple[Document, ...] = (
        {"message": {"role": "assistant", "content": text}, "done": True},
        {"response": text, "done": True},
        {"output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]},
        {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]},
        {"generated_text": text},
        {"content": [{"type": "text", "text": text}], "role": "assistant", "type": "message"},
        {"outputs": [{"text": text, "stop_reason": "stop"}]},
        {"results": [{"outputText": text, "completionReason": "FINISH"}]},
        {"data": {"choices": [{"message": {"content": text}}]}, "code": 0},
        {"text": text, "finish_reason": "COMPLETE"},
    )
    for document in documents:
        shape = turn.rng.randrange(len(shapes))
        turn.variant = str(shape)
        document.clear()
        document.update(shapes[shape], model=turn.model)


FAULTS = (
    Fault("html-with-200", Stage.INSTEAD, _html),
    Fault("empty-200", Stage.INSTEAD, _empty),
    _on_body("json-truncated", _cut),
    _on_body("json-trailing-garbage", _garbage),
    _on_body("json-control-chars", _controls),
    _on_body("json-double-encoded", _doubled),
    _on_body("json-deep-nesting", _deep),
    _on_body("json-duplicate-keys", _duplicate_keys, routes=CHAT),
    Fault("wrong-content-type", Stage.WIRE, _content_type, routes=("chat", "models")),
    Fault("error-body-odd-shapes", Stage.INSTEAD, _odd_error),
    Fault("error-as-bare-string", Stage.INSTEAD, _bare_string, form="plain", routes=CHAT),
    _bend_document("choices-null", _set_choices(None)),
    _bend_document("choices-empty", _set_choices([])),
    _bend_document("choices-missing", _other_shape),
)
