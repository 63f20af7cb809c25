"""Nothing is there, or it is somewhere else."""

from __future__ import annotations

from gatewayz.simulator.faults.table import CHAT, Fault, Stage, refusal
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_PAGES = (
    ("text/html", b"<html><head><title>404 Not Found</title></head><body>nginx</body></html>"),
    ("application/json", b'{"detail":"Not Found"}'),
    ("text/plain", b"404 page not found\n"),
    ("application/json", b'{"error":"Not Found","path":"/v1/v1/chat/completions"}'),
    ("text/html", b"<!DOCTYPE html><pre>Cannot POST /chat/completions</pre>"),
)


def _no_endpoint(turn: Turn) -> Response:
    kind, page = turn.rng.choice(_PAGES)
    return body_response(404, page, kind)


def _moved(turn: Turn) -> Response:
    """Another host, or gone for good."""
    status = turn.rng.choice((301, 308, 410))
    place = f"http://moved.invalid{turn.request.path}"
    response = body_response(status, b"This endpoint has moved.", "text/plain")
    if status != 410:
        response.set_header("location", place)
    return response


FAULTS = (
    refusal(
        "model-not-found",
        Problem(
            trouble=Trouble.NO_MODEL,
            status=404,
            message="The model `{model}` does not exist.",
            code="model_not_found",
        ),
        Problem(trouble=Trouble.NO_MODEL, status=404, message="model not found: {model}"),
        Problem(
            trouble=Trouble.NO_MODEL,
            status=404,
            message="Unknown model {model}",
            code="model_not_available",
        ),
        Problem(trouble=Trouble.NO_MODEL, status=404, message="No such model: '{model}'"),
        Problem(
            trouble=Trouble.NO_MODEL,
            status=404,
            message="Das Modell {model} wurde nicht gefunden.",
            code="model_not_found",
        ),
        routes=CHAT,
    ),
    refusal(
        "no-endpoints-for-model",
        Problem(
            trouble=Trouble.NO_ENDPOINTS, status=404, message="No endpoints found for {model}."
        ),
        Problem(
            trouble=Trouble.NO_ENDPOINTS,
            status=404,
            message="There are no endpoints available for the model {model}.",
        ),
        routes=CHAT,
    ),
    refusal(
        "no-endpoint-supports-feature",
        Problem(
            trouble=Trouble.NO_ENDPOINTS,
            status=404,
            message="No endpoints found that support tool use.",
        ),
        Problem(
            trouble=Trouble.NO_ENDPOINTS,
            status=404,
            message="No endpoints found that support image input",
        ),
        routes=CHAT,
    ),
    refusal(
        "not-supported-by-enabled-providers",
        Problem(
            trouble=Trouble.NO_ENDPOINTS,
            status=400,
            message="The requested model '{model}' is not supported by any provider you have"
            " enabled.",
            code="model_not_supported",
        ),
        routes=CHAT,
    ),
    Fault("endpoint-not-found", Stage.INSTEAD, _no_endpoint),
    Fault("moved-endpoint", Stage.INSTEAD, _moved),
)
