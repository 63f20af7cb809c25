"""Documents that are not what they should be: the class `protocol`, calls that do not stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gatewayz.simulator.dialect import Document, dump
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
)

Bend = Callable[[Turn, bytes], bytes]


def _on_body(name: str, bend: Bend, routes: tuple[str, ...] = ("chat", "models")) -> Fault:
    """A fault that changes the bytes of one whole document; its framing stays right."""

    def act(turn: Turn, response: Response) -> None:
        response.set_body(bend(turn, response.body))

    return Fault(name, Stage.WIRE, act, form="plain", routes=routes)


def _cut(turn: Turn, body: bytes) -> bytes:
    return body[: turn.rng.randint(len(body) // 3, len(body) - 2)]


def _garbage(turn: Turn, body: bytes) -> bytes:
    more = (b"\n}", b"null", body, b"<!-- served by edge -->", b",{}", b"\x00\x00")
    return body + turn.rng.choice(more)


def _controls(turn: Turn, body: bytes) -> bytes:
    """Inside the first string value: raw controls or an escape that JSON does not know."""
    bad = turn.rng.choice((b"\x00", b"\x0b", b"line\nbreak", b"\\x41", b"\x1b[0m"))
    at = body.index(b'":"') + 3
    return body[:at] + bad + body[at:]


def _doubled(turn: Turn, body: bytes) -> bytes:  # noqa: ARG001
    return json.dumps(body.decode("utf-8", "replace")).encode()


def _deep(turn: Turn, body: bytes) -> bytes:
    """Brackets upon brackets: alone, in a field, or closed again."""
    opening = turn.rng.choice((b"[", b'{"a":'))
    if turn.rng.random() < 0.5:
        return opening * _DEEP
    return body[:-1] + b',"deep":' + b"[" * _DEEP + b"]" * _DEEP + b"}"


def _html(turn: Turn) -> Response:
    return body_response(200, turn.rng.choice(_PAGES), "text/html; charset=utf-8")


def _empty(turn: Turn) -> Response:
    status = turn.rng.choice((200, 200, 204))
    return body_response(status, b"", "application/json")


def _duplicate_keys(turn: Turn, body: bytes) -> bytes:
    """`id` and `model` twice with different values; the later ones are the true ones."""
    twice = turn.rng.choice((b'{"id":"cached","model":"",', b'{"id":"first-0",'))
    return body.replace(b"{", twice, 1)


def _content_type(turn: Turn, response: Response) -> None:
    """A good document as text, a good stream as a document."""
    others = ("application/json", "text/plain") if response.chunked else ("text/plain",)
    response.set_header("content-type", turn.rng.choice((*others, "application/octet-stream")))


def _odd_error(turn: Turn) -> Response:
    text = turn.rng.choice(("Something is wrong with this request", "Cannot process", "Refused"))
    body: Any = turn.rng.choice(
        (
            [{"error": {"message": text}}],
            {"detail": text},
            {"message": text},
            {"error_msg": text, "error_code": 17},
            {"success": False, "errors": [text]},
        )
    )
    return body_response(400, dump(body), "application/json")


def _bare_string(turn: Turn) -> Response:
    """In a 200, since elsewhere the status names it."""
    text = turn.rng.choice(("Something went wrong", "Generation failed", "fetch failed", "Fehler"))
    return body_response(200, dump({"error": text}), "application/json", turn.dialect.headers(turn))


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
    )
    for document in documents:
        document.clear()
        document.update(turn.rng.choice(shapes), model=turn.model)


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
    Fault("choices-null", Stage.SHAPE, _set_choices(None), form="plain", routes=CHAT),
    Fault("choices-empty", Stage.SHAPE, _set_choices([]), form="plain", routes=CHAT),
    Fault("choices-missing", Stage.SHAPE, _other_shape, form="plain", routes=CHAT),
)
