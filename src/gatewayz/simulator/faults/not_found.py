"""Nothing is there, or it is somewhere else."""

from __future__ import annotations

from gatewayz.simulator.faults.surface import Told, dressed, told
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Trouble, Turn

NO_MODEL = Told(
    trouble=Trouble.NO_MODEL,
    statuses=(404,),
    marks=("model_not_found", "model_not_available", "unknown_model", "no_such_model"),
    sentences=(
        "The model `{model}` does not exist.",
        "model not found: {model}",
        "Unknown model {model}",
        "No such model: '{model}'",
        "{model} is not a valid model ID",
        "There is no model named {model} here; see the list of models.",
        "Das Modell {model} wurde nicht gefunden.",
        "Le modèle {model} est introuvable.",
        "模型 {model} 不存在",
        "El modelo {model} no existe.",
        "モデル {model} が見つかりません",
    ),
    terse=("", "Not Found"),
)

_NO_ENDPOINTS = Told(
    trouble=Trouble.NO_ENDPOINTS,
    statuses=(404,),
    marks=("no_endpoints", "no_endpoints_found", "model_has_no_endpoints"),
    sentences=(
        "No endpoints found for {model}.",
        "There are no endpoints available for the model {model}.",
        "{model} has no active endpoints at the moment.",
        "No provider endpoint currently serves {model}.",
        "Zero endpoints are available for this model.",
        "No healthy endpoints for {model}",
        "Keine Endpunkte für {model} gefunden.",
        "Aucun point de terminaison disponible pour {model}.",
        "未找到模型 {model} 的可用端点",
    ),
)

_NO_FEATURE = Told(
    trouble=Trouble.NO_ENDPOINTS,
    statuses=(404,),
    marks=("feature_not_supported", "capability_not_supported"),
    sentences=(
        "No endpoints found that support tool use.",
        "No endpoints found that support image input",
        "No provider of {model} supports function calling.",
        "None of the endpoints supports the requested feature: tools.",
        "No endpoint supports structured outputs for this model.",
        "{model} has no endpoint that supports audio input.",
        "Kein Endpunkt unterstützt Werkzeugaufrufe.",
        "Aucun point de terminaison ne prend en charge les outils.",
        "没有支持工具调用的端点",
    ),
)

_NOT_ENABLED = Told(
    trouble=Trouble.NO_ENDPOINTS,
    statuses=(400,),
    marks=("model_not_supported", "no_enabled_provider", "provider_not_enabled"),
    sentences=(
        "The requested model '{model}' is not supported by any provider you have enabled.",
        "None of your enabled providers supports {model}.",
        "Model {model} is not supported by any of the providers enabled for this account.",
        "Enable a provider for {model} in your settings: no enabled provider supports it.",
        "No enabled provider offers {model}.",
        "Keiner Ihrer aktivierten Anbieter unterstützt {model}.",
        "Aucun fournisseur activé ne prend en charge le modèle {model}.",
        "您启用的任何提供商都不支持模型 {model}",
        "Ningún proveedor habilitado admite el modelo {model}.",
    ),
)

_PAGES = (
    ("text/html", "<html><head><title>404 Not Found</title></head><body>nginx</body></html>"),
    ("application/json", '{"detail":"Not Found"}'),
    ("application/json", '{"detail": "Not Found", "path": "PATH"}'),
    ("text/plain", "404 page not found\n"),
    ("application/json", '{"error":"Not Found","path":"PATH"}'),
    ("text/html", "<!DOCTYPE html><pre>Cannot POST PATH</pre>"),
    ("application/json", '{"message":"no Route matched with those values"}'),
    ("application/json", '{"error":{"message":"Invalid URL (POST PATH)","code":null}}'),
    ("application/problem+json", '{"type":"about:blank","title":"Not Found","status":404}'),
    ("text/html; charset=utf-8", "<!doctype html><title>Seite nicht gefunden</title><h1>404</h1>"),
    ("text/plain", ""),
)
_MOVED_TEXTS = (
    "This endpoint has moved.",
    "Moved Permanently",
    '{"error":"This API version is gone, use the new host."}',
    "<html><body><h1>301 Moved</h1></body></html>",
    "",
)


def _no_endpoint(turn: Turn) -> Response:
    """A wrong base path: a page that knows of no model."""
    kind, page = turn.rng.choice(_PAGES)
    # The whole path would name the model's fault in some calls, the last part does not.
    page = page.replace("PATH", "/v1/v1/" + turn.request.path.rsplit("/", 1)[-1])
    return dressed(turn, body_response(404, page.encode(), kind))


def _moved(turn: Turn) -> Response:
    """Another host, or gone for good."""
    rng = turn.rng
    status = rng.choice((301, 308, 308, 410))
    host = rng.choice(("moved.invalid", "api.moved.invalid", "v2.moved.invalid:8443"))
    place = f"{rng.choice(('http', 'https'))}://{host}{turn.request.path}"
    response = body_response(status, rng.choice(_MOVED_TEXTS).encode(), "text/plain")
    if status != 410:
        response.set_header("location", place)
    return dressed(turn, response)


FAULTS = (
    told("model-not-found", NO_MODEL, routes=CHAT),
    told("no-endpoints-for-model", _NO_ENDPOINTS, routes=CHAT),
    told("no-endpoint-supports-feature", _NO_FEATURE, routes=CHAT),
    told("not-supported-by-enabled-providers", _NOT_ENABLED, routes=CHAT),
    Fault("endpoint-not-found", Stage.INSTEAD, _no_endpoint),
    Fault("moved-endpoint", Stage.INSTEAD, _moved),
)
