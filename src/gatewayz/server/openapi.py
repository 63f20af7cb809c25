"""The API described for machines: OpenAPI 3.1, made from the same tables that the routes are."""

from __future__ import annotations

from typing import Any

from gatewayz import __version__
from gatewayz.server import figures_api
from gatewayz.server.routing import EMBEDDINGS, ENDPOINTS, Endpoint

_JSON = "application/json"
_ERRORS = {
    "400": "The request, or a field of it (`param`), cannot be used.",
    "401": "This server's key is missing or wrong, or the gateway has none here.",
    "403": "The key may not use this model, or this machine needs a key.",
    "404": "No such gateway, model or route.",
    "408": "The body was too long in coming.",
    "413": "The body is larger than 10 MiB.",
    "429": "A limit of the key, or of the provider; `Retry-After` says when to come back.",
    "502": "The connection to the provider, or its answer, was broken.",
    "503": "Too many at a time, stopping, or the provider is.",
    "504": "The provider took too long.",
}
_TYPES: dict[type, dict[str, Any]] = {str: {"type": "string"}, list: {"type": "array"}}
_SUMMARIES = {
    "chat/completions": "Answer a conversation",
    "completions": "Continue a text",
    "embeddings": "Turn texts into vectors",
    "responses": "Answer, by OpenAI's newer API",
}


def document() -> dict[str, Any]:
    """The whole of it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gatewayz",
            "version": __version__,
            "description": "One OpenAI-compatible API in front of every configured gateway.",
        },
        "security": [{}, {"key": []}],
        "paths": {
            **{f"/v1/{one.path}": {"post": _inference(one)} for one in ENDPOINTS},
            "/v1/models": {
                "get": _page("List every model; page by page where one of these says so")
            },
            "/v1/models/{id}": {"get": _one_model()},
            "/models": {"get": _page("List one gateway's models page by page")},
            "/health": {"get": _open("Tell whether this process is fit")},
            "/health/ready": {"get": _open("Tell whether more requests are wanted", "503")},
            "/health/gateways": {
                "get": _get("Tell what traffic and probes say of each gateway", _object("data"))
            },
            "/metrics": {"get": _metrics()},
            **figures_api.paths(),
        },
        "components": {
            "schemas": {"Error": _error_schema(), "Model": _model_schema()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _get(summary: str, schema: dict[str, Any], more: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"summary": summary, "responses": _responses(schema, ("401", "403", *more))}


def _responses(schema: dict[str, Any], errors: tuple[str, ...]) -> dict[str, Any]:
    told = {"description": "Done.", "content": {_JSON: {"schema": schema}}}
    return {"200": told, **{status: _error(status) for status in errors}}


def _error(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": _ERRORS[status], "content": {_JSON: {"schema": schema}}}


def _inference(endpoint: Endpoint) -> dict[str, Any]:
    needs: dict[str, Any] = {
        "anyOf": [_TYPES[one] for one in endpoint.types],
        "description": endpoint.what,
    }
    properties: dict[str, Any] = {
        "model": {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "description": "`gateway/model`, `@slug/model`, or an id that a gateway lists.",
            "examples": ["groq/llama-3.3-70b-versatile"],
        },
        endpoint.needs: needs,
        "stream": {"type": ["boolean", "null"], "description": "Answer by events."},
        "provider": {
            "type": ["string", "object", "null"],
            "description": "The gateway's name; as an object it is OpenRouter's own field.",
        },
        "fallbacks": {
            "type": ["array", "null"],
            "items": {"type": "string", "minLength": 1},
            "maxItems": 5,
            "description": "Models to go on to when one fails before its first byte.",
        },
    }
    schema: dict[str, Any] = {"type": "object", "required": ["model"], "properties": properties}
    if endpoint.instead:
        needs["anyOf"].append({"type": "null"})
        needs["description"] += f"; needed unless one is given of {', '.join(endpoint.instead)}"
        schema["anyOf"] = [_with(one) for one in (endpoint.needs, *endpoint.instead)]
    else:
        schema["required"].append(endpoint.needs)
    answers: dict[str, Any] = {_JSON: {"schema": {}}}
    if endpoint is not EMBEDDINGS:
        answers["text/event-stream"] = {"schema": {"type": "string"}}
    # A provider that answers with something else, such as a web page, is passed on all the same.
    answers["*/*"] = {"schema": {}}
    return {
        "summary": _SUMMARIES[endpoint.path],
        "description": "All other fields of OpenAI's API, and unknown ones, are passed on.",
        "requestBody": {"required": True, "content": {_JSON: {"schema": schema}}},
        "responses": {
            "200": {"description": "The gateway's answer, as it gave it.", "content": answers},
            "2XX": {"description": "The same, by another status.", "content": answers},
            # A provider's own error keeps its status, whatever it is.
            "default": {
                "description": "An error of ours or of the provider.",
                "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
            **{status: _error(status) for status in _ERRORS},
        },
    }


def _with(name: str) -> dict[str, Any]:
    """An object in which a field is there, and not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _one_model() -> dict[str, Any]:
    made = _get("Tell of one model", {"$ref": "#/components/schemas/Model"}, ("404",))
    made["parameters"] = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"},
         "description": "`gateway/model`; slashes in it stay slashes."},
    ]  # fmt: skip
    return made


def _open(summary: str, *errors: str) -> dict[str, Any]:
    """Open to everybody, key or not."""
    return {
        "summary": summary,
        "security": [],
        "responses": _responses(_object("status"), errors),
    }


def _page(summary: str) -> dict[str, Any]:
    made = _get(summary, _list_of("Model"), ("400", "404", "429", "502", "503", "504"))
    made["parameters"] = [
        _query("gateway", {"type": "string"}, "A name, an alias, or `all`."),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "How many."),
        _query("offset", {"type": "integer", "minimum": 0, "maximum": 10_000_000}, "From where."),
        _query("search", {"type": "string"}, "A part of an id or a name, case aside."),
    ]
    # A gateway's list may fail with whatever status its provider gives.
    made["responses"]["default"] = _error("502")
    return made


def _query(name: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": told}


def _metrics() -> dict[str, Any]:
    return {
        "summary": "Tell Prometheus what this process did",
        "responses": {
            "200": {"description": "Done.", "content": {"text/plain": {"schema": {"type": "string"}}}},
            "401": _error("401"),
            "403": _error("403"),
        },
    }  # fmt: skip


def _object(*required: str) -> dict[str, Any]:
    return {"type": "object", "required": list(required)}


def _list_of(name: str) -> dict[str, Any]:
    items = {"$ref": f"#/components/schemas/{name}"}
    return {
        "type": "object",
        "required": ["object", "data"],
        "properties": {
            "object": {"const": "list"},
            "data": {"type": "array", "items": items},
            "age_s": {"type": "integer", "description": "Seconds since the oldest list was read."},
            "ages_s": {
                "type": "object",
                "additionalProperties": {"type": "integer"},
                "description": "The same of each gateway's list.",
            },
            "errors": {
                "type": "object",
                "description": "By gateway: why a list is missing or old.",
            },
        },
    }


def _model_schema() -> dict[str, Any]:
    count = {"type": ["integer", "null"]}
    return {
        "type": "object",
        "required": ["id", "object", "created", "owned_by"],
        "properties": {
            "id": {"type": "string"},
            "object": {"const": "model"},
            "created": {"type": "integer"},
            "owned_by": {"type": "string"},
            "name": {"type": "string"},
            "source_gateway": {"type": "string"},
            "context_length": count,
            "max_completion_tokens": count,
            "pricing": {
                "type": ["object", "null"],
                "description": "USD per token, as text; `is_most` is true where it is the dearest of several.",
            },
            "capabilities": {"type": "array", "items": {"type": "string"}},
        },
    }


def _error_schema() -> dict[str, Any]:
    text = {"type": "string"}
    maybe = {"type": ["string", "null"]}
    fields = {
        "message": text,
        "type": text,
        "param": maybe,
        "code": maybe,
        "kind": {**maybe, "description": "A name that `gatewayz explain` knows."},
        "class": {**text, "description": "The group of the kind."},
        "gateway": {**maybe, "description": "Null when the trouble is ours or the client's."},
    }
    return {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "object", "required": list(fields), "properties": fields}},
    }
