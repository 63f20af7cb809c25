"""Providers that send the caller's key back. No failure modes: a test of what we then keep of it."""

from __future__ import annotations

import base64
import html
import json
from typing import Any
from urllib.parse import quote

from gatewayz.simulator.dialect import dump
from gatewayz.simulator.faults.catalogue import LISTS, rows_of
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Piece, Response, body_response
from gatewayz.simulator.turn import Turn

# Where a reader may cut: its excerpts of bodies and of messages, its copies of header values.
_CUTS = (267, 400, 500, 2048)


def _forms(key: str) -> list[str]:
    """The key as it is, and packed as it may be on its way through somebody's logs."""
    packed = [base64.b64encode(b"user:"[:size] + key.encode()).decode() for size in (0, 4, 5)]
    return [key, quote(key, safe=""), json.dumps(key), html.escape(key), *packed]


def _across(key: str) -> str:
    """A text in which every likely cut goes through a key, at one place or another of it."""
    text = ""
    for cut in _CUTS:
        text = text.ljust(max(cut - len(key) // 2, len(text)), ".") + key
    return text


def _said(turn: Turn) -> str:
    return f"Incorrect API key provided: {' '.join(_forms(turn.key))}. {_across(turn.key)}"


def _message(turn: Turn) -> Response:
    """A refusal that quotes the key in each of its fields."""
    error = {"message": _said(turn), "type": turn.key, "code": turn.key, "param": turn.key}
    error |= {"kind": turn.key, "class": turn.key, "gateway": turn.key}
    return body_response(401, dump({"error": error}), "application/json")


def _headers(turn: Turn) -> Response:
    """A refusal whose headers hold the key, one of them cut by its length."""
    names = ("www-authenticate", "x-request-id", "server", "location", "x-ratelimit-limit-requests")
    headers = [(name, f"realm {turn.key}") for name in names]
    headers.append(("x-model", _across(turn.key)))
    headers.append(("retry-after", turn.key))
    return body_response(401, b'{"error":{"message":"no"}}', "application/json", headers)


def _page(turn: Turn) -> Response:
    """A proxy's page with the request in it."""
    quoted = "".join(f"<p>{html.escape(form)}</p>{form}" for form in _forms(turn.key))
    page = f"<html><title>{html.escape(turn.key)}</title>{_across(turn.key)}{quoted}</html>"
    return body_response(502, page.encode(), "text/html")


def _document(turn: Turn) -> dict[str, Any]:
    call = {"name": turn.key, "arguments": json.dumps({"key": turn.key})}
    message = {
        "role": "assistant",
        "content": " ".join(_forms(turn.key)),
        "reasoning": turn.key,
        "refusal": turn.key,
        "tool_calls": [{"id": turn.key, "type": "function", "function": call}],
    }
    choice = {"index": 0, "message": message, "finish_reason": turn.key}
    other = {"index": 1, "message": {"role": "assistant", "content": turn.key}}
    return {
        "id": turn.key, "model": turn.key, "object": "chat.completion", "created": turn.created,
        "system_fingerprint": turn.key, "warning": turn.key, "choices": [choice, other],
        "usage": {"prompt_tokens": turn.key, "completion_tokens": 1, "total_tokens": 1},
    }  # fmt: skip


def _answer(turn: Turn) -> Response:
    """An answer that is made of the key."""
    return body_response(200, dump(_document(turn)), "application/json")


def _streamed(turn: Turn) -> Response:
    """The same as a stream, the key cut by packets and by events, and an error at its end."""
    whole = dump(_document(turn)).decode()
    text = f"The key is {turn.key}, and {turn.key}."
    deltas = [
        {"index": 0, "delta": {"content": text[at : at + 7]}} for at in range(0, len(text), 7)
    ]
    documents = [dump({"id": "c", "model": turn.model, "choices": [d]}).decode() for d in deltas]
    documents += [
        whole.replace('"message"', '"delta"'),
        json.dumps({"error": {"message": turn.key}}),
    ]
    data = "".join(f"data: {document}\n\n" for document in documents).encode()
    response = Response(headers=[("content-type", "text/event-stream")], chunked=True)
    response.pieces = [Piece(data[at : at + 11]) for at in range(0, len(data), 11)]
    return response


def _list(turn: Turn, value: Any) -> Any:
    """A model list that greets the caller by its key."""
    for row in rows_of(value)[:1]:
        if isinstance(row, dict):
            row |= {"name": turn.key, "description": turn.key, "owned_by": turn.key}
    rows_of(value).append({"id": f"for/{turn.key}", "object": "model", "name": turn.key})
    return value


FAULTS = (
    Fault("echo-key-in-message", Stage.INSTEAD, _message, routes=(*CHAT, *LISTS)),
    Fault("echo-key-in-headers", Stage.INSTEAD, _headers, routes=(*CHAT, *LISTS)),
    Fault("echo-key-in-page", Stage.INSTEAD, _page, routes=(*CHAT, *LISTS)),
    Fault("echo-key-in-answer", Stage.INSTEAD, _answer, form="plain", routes=CHAT),
    Fault("echo-key-in-answer", Stage.INSTEAD, _streamed, form="stream", routes=CHAT),
    Fault("echo-key-in-list", Stage.LISTING, _list, routes=LISTS),
)
