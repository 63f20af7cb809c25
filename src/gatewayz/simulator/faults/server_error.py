"""The other side broke."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gatewayz.simulator.faults.surface import (
    Told,
    dressed,
    error_in_200,
    fill,
    spelled,
    told,
)
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Trouble, Turn

_BROKEN = Told(
    trouble=Trouble.SERVER,
    statuses=(500,),
    marks=("server_error", "internal_error", "internal_server_error", "api_error"),
    sentences=(
        "The server had an error.",
        "Something went wrong on our side.",
        "unexpected EOF",
        "An unhandled exception occurred in the worker.",
        "Internal error while processing the request; quote {n} to support.",
        "CUDA error: an illegal memory access was encountered",
        "Interner Fehler",
        "Une erreur interne s'est produite.",
        "服务器内部错误",
        "Error interno del servidor",
        "サーバー内部エラー",
    ),
    terse=("", "Internal Server Error"),
    clear=True,
)

_IN_200 = replace(
    _BROKEN,
    statuses=(500, 502, 502, 520),
    marks=("server_error", "internal_error", "upstream_error", "provider_error"),
    sentences=(
        "Provider returned error",
        "Internal error",
        "Upstream failed",
        "The upstream provider closed the connection.",
        "Bad gateway",
        "Generation failed",
        "Interner Fehler beim Anbieter",
        "Erreur du fournisseur",
        "上游服务错误",
        "Fallo interno del proveedor",
    ),
)

_TRACES = (
    (
        'Traceback (most recent call last):\n  File "/app/main.py", line 42, in chat\n'
        "KeyError: 'choices'\n"
    ),
    (
        "Error: connect ECONNREFUSED\n    at Layer.handle (/srv/node_modules/router/layer.js:95:5)\n"
        "    at next (/srv/node_modules/router/route.js:144:13)\n"
    ),
    "java.lang.NullPointerException\n\tat ai.serve.Chat.handle(Chat.java:118)\n",
    "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 71 [running]:\n",
    "RuntimeError: generator raised StopIteration\n  in worker.py:310\n",
)
_TRACE_FRAMES = (
    ("text/html", "<!doctype html><title>500</title><pre>TRACE</pre>"),
    ("text/html; charset=utf-8", "<html><body><h1>Internal Server Error</h1></body></html>"),
    ("text/plain", "TRACE"),
    ("text/plain; charset=utf-8", "500 Internal Server Error\n\nTRACE"),
    ("text/html", "<html><head><title>Server Error</title></head><h2>TRACE</h2></html>"),
    ("text/html", "<!DOCTYPE html><h1>Serverfehler</h1><code>TRACE</code>"),
)
_CDN_PAGES = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>cloudflare</body>\r\n</html>",
    "<!DOCTYPE html><html><body>Error 502: the origin web server is down</body></html>",
    "<html><head><title>Bad gateway</title></head><body><hr>nginx/1.25</body></html>",
    "<html><title>502</title><body>Ray ID: 8c{n}<br>Bad gateway</body></html>",
    "<!doctype html><h1>502 Server Error</h1><p>Please try again in 30 seconds.</p>",
    "<HTML><HEAD><TITLE>Bad Gateway</TITLE></HEAD><BODY>The proxy got an invalid response.</BODY>",
    "<html><body><h1>Fehlerhaftes Gateway</h1></body></html>",
)
_EDGE_PAGES = (
    "<html><title>STATUS: A timeout occurred</title><body>cloudflare</body></html>",
    "<!DOCTYPE html><h1>STATUS Gateway Time-out</h1><p>The origin did not answer in time.</p>",
    "<html><head><title>STATUS</title></head><body>Ray ID: 8c{n}, timed out</body></html>",
    "<html><body>upstream request timeout (STATUS)</body></html>",
    "<html><h1>STATUS</h1><p>Zeitüberschreitung am Ursprungsserver</p></html>",
)
_INNER: tuple[tuple[int, str, str], ...] = (
    (429, "Rate limit exceeded", "rate_limit_exceeded"),
    (429, "Too many requests, slow down", "too_many_requests"),
    (401, "Invalid API key", "invalid_api_key"),
    (401, "Incorrect API key provided", "authentication_error"),
    (503, "The engine is overloaded", "overloaded_error"),
    (503, "Service is at capacity", "overloaded"),
    (402, "Insufficient credits", "insufficient_credits"),
)


def _empty(turn: Turn) -> Response:
    kind = turn.rng.choice(("text/plain", "application/json", "text/html"))
    return dressed(turn, body_response(500, b"", kind))


def _trace(turn: Turn) -> Response:
    kind, page = turn.rng.choice(_TRACE_FRAMES)
    page = page.replace("TRACE", turn.rng.choice(_TRACES))
    return dressed(turn, body_response(500, page.encode(), kind))


def _bad_gateway(turn: Turn) -> Response:
    page = fill(turn, turn.rng.choice(_CDN_PAGES))
    kind = turn.rng.choice(("text/html", "text/html; charset=UTF-8"))
    return dressed(turn, body_response(502, page.encode(), kind))


def _edge_timeout(turn: Turn) -> Response:
    """Real edges take a minute or two; `;seconds=100` does too."""
    status = turn.rng.choice((504, 522, 524))
    page = fill(turn, turn.rng.choice(_EDGE_PAGES)).replace("STATUS", str(status))
    response = dressed(turn, body_response(status, page.encode(), "text/html"))
    response.wait_s = turn.option("seconds", turn.pace.wait_s)
    return response


def _in_200(turn: Turn) -> Response:
    """At the top of the body, or inside the choice."""
    return error_in_200(turn, _IN_200, named=False)


def _flattened(turn: Turn) -> Response:
    """Whatever the provider said, its status told inside, in a 400 or 500 of the gateway's own."""
    rng = turn.rng
    inner, message, mark = rng.choice(_INNER)
    raw = {"error": {"message": message, "type": mark}}
    shapes: tuple[dict[str, Any], ...] = (
        {"error": {"message": message, "code": inner}},
        {"error": {"message": message, "code": str(inner), "type": mark}},
        {"error": {"message": message, "code": mark, "status_code": inner}},
        {"error": {"message": "Provider returned error", "code": inner, "metadata": {"raw": raw}}},
        {"error": {"message": f"Upstream answered {inner}: {message}", "type": "upstream_error"}},
        {"detail": message, "upstream_status": inner},
        {"message": f"APIError: Error code: {inner} - {raw}"},
    )
    shape = rng.randrange(len(shapes))
    turn.variant = f"{shape}-{inner}"
    data = spelled(shapes[shape], rng)
    return dressed(turn, body_response(rng.choice((400, 500)), data, "application/json"))


FAULTS = (
    told("server-500-json", _BROKEN),
    Fault("server-500-empty", Stage.INSTEAD, _empty),
    Fault("server-500-html-trace", Stage.INSTEAD, _trace),
    Fault("bad-gateway-html", Stage.INSTEAD, _bad_gateway),
    Fault("edge-timeout-524", Stage.INSTEAD, _edge_timeout),
    Fault("server-error-in-200", Stage.INSTEAD, _in_200, routes=CHAT),
    Fault("status-flattened", Stage.INSTEAD, _flattened, routes=CHAT),
)
