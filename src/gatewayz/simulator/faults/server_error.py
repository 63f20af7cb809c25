"""The other side broke."""

from __future__ import annotations

from gatewayz.simulator.dialect import dump
from gatewayz.simulator.faults.table import CHAT, Fault, Stage, error_in_200, refusal
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_TRACE = (
    b"Traceback (most recent call last):\n"
    b'  File "/app/main.py", line 42, in chat\n'
    b"KeyError: 'choices'\n"
)
_TRACES = (
    ("text/html", b"<!doctype html><title>500</title><pre>" + _TRACE + b"</pre>"),
    ("text/html; charset=utf-8", b"<html><body><h1>Internal Server Error</h1></body></html>"),
    ("text/plain", _TRACE),
)
_CDN_PAGES = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>cloudflare</body>\r\n</html>",
    b"<!DOCTYPE html><html><body>Error 502: the origin web server is down</body></html>",
    b"<html><head><title>Bad gateway</title></head><body><hr>nginx/1.25</body></html>",
)


def _empty(turn: Turn) -> Response:  # noqa: ARG001 - every fault is handed the turn
    return body_response(500, b"", "text/plain")


def _trace(turn: Turn) -> Response:
    kind, page = turn.rng.choice(_TRACES)
    return body_response(500, page, kind)


def _bad_gateway(turn: Turn) -> Response:
    return body_response(502, turn.rng.choice(_CDN_PAGES), "text/html")


def _edge_timeout(turn: Turn) -> Response:
    """Real edges take a minute or two; `;seconds=100` does too."""
    status = turn.rng.choice((504, 522, 524))
    page = f"<html><title>{status}: A timeout occurred</title><body>cloudflare</body></html>"
    response = body_response(status, page.encode(), "text/html")
    response.wait_s = turn.option("seconds", turn.pace.wait_s)
    return response


def _in_200(turn: Turn) -> Response:
    """At the top of the body, or inside the choice."""
    problem = Problem(
        trouble=Trouble.SERVER,
        status=502,
        message=turn.rng.choice(("Provider returned error", "Internal error", "Upstream failed")),
    )
    if turn.stream or turn.rng.random() < 0.5:
        return error_in_200(turn, problem)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": ""},
        "finish_reason": "error",
        "error": {"code": 502, "message": problem.message},
    }
    body = {"id": turn.dialect.reply_id(turn), "object": "chat.completion", "model": turn.model}
    return body_response(
        200,
        dump(body | {"created": turn.created, "choices": [choice]}),
        "application/json",
        turn.dialect.headers(turn),
    )


def _flattened(turn: Turn) -> Response:
    """Whatever the provider said, in a 400 or 500 of the gateway's own."""
    inner = turn.rng.choice(
        (
            {"message": "Rate limit exceeded", "code": 429},
            {"message": "Invalid API key", "code": 401},
            {"message": "The engine is overloaded", "code": 503},
        )
    )
    return body_response(turn.rng.choice((400, 500)), dump({"error": inner}), "application/json")


FAULTS = (
    refusal(
        "server-500-json",
        Problem(trouble=Trouble.SERVER, status=500),
        Problem(trouble=Trouble.SERVER, status=500, message="The server had an error."),
        Problem(trouble=Trouble.SERVER, status=500, message="Interner Fehler"),
        Problem(trouble=Trouble.SERVER, status=500, message="Something went wrong on our side."),
        Problem(trouble=Trouble.SERVER, status=500, message="unexpected EOF", code="internal"),
    ),
    Fault("server-500-empty", Stage.INSTEAD, _empty),
    Fault("server-500-html-trace", Stage.INSTEAD, _trace),
    Fault("bad-gateway-html", Stage.INSTEAD, _bad_gateway),
    Fault("edge-timeout-524", Stage.INSTEAD, _edge_timeout),
    Fault("server-error-in-200", Stage.INSTEAD, _in_200, routes=CHAT),
    Fault("status-flattened", Stage.INSTEAD, _flattened, routes=CHAT),
)
