"""The request is refused for what it says."""

from __future__ import annotations

from typing import Any

from gatewayz.simulator.faults.surface import Told, dressed, fill, in_band, spelled, told
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Trouble, Turn

_TOO_LONG = Told(
    trouble=Trouble.TOO_LONG,
    statuses=(400, 400, 400, 413, 422, 500),
    marks=("context_length_exceeded", "prompt_too_long", "context_window_exceeded"),
    sentences=(
        (
            "This model's maximum context length is 8192 tokens. However, your messages resulted in"
            " {n} tokens."
        ),
        "prompt is too long: {n} tokens > 8000 maximum",
        (
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: {n},"
            " which exceeds the context window."
        ),
        "Request too large for model {model}: it exceeds the context window.",
        "input length and `max_tokens` exceed context limit: {n} + 50 > 8192",
        "The input token count ({n}) exceeds the maximum number of tokens allowed (8192).",
        "Your prompt does not fit into the context of this model ({n} of 8192 tokens).",
        "Requested token count exceeds the model's maximum context length of 8192 tokens.",
        "Die Eingabe überschreitet die maximale Kontextlänge von 8192 Tokens.",
        "Le prompt dépasse la longueur de contexte maximale (8192 tokens).",
        "输入长度超过模型最大上下文长度 8192",
        "La entrada supera la longitud máxima de contexto de 8192 tokens.",
    ),
    param="messages",
)

_PARAMETER = Told(
    trouble=Trouble.BAD_PARAMETER,
    statuses=(400,),
    marks=("unsupported_parameter", "parameter_not_supported", "param_unsupported"),
    sentences=(
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
            " 'max_completion_tokens' instead."
        ),
        "The parameter 'max_tokens' is not supported by {model}",
        "The parameter 'max_tokens' cannot be used with {model}.",
        "max_tokens is deprecated for {model} and no longer accepted; use max_completion_tokens.",
        "`max_tokens` is not supported, please send `max_completion_tokens`.",
        "max_tokens is not available for this model family; send max_completion_tokens.",
        "Der Parameter 'max_tokens' wird von diesem Modell nicht unterstützt.",
        "Le paramètre 'max_tokens' n'est pas pris en charge par ce modèle.",
        "不支持参数 max_tokens，请使用 max_completion_tokens",
    ),
    param="max_tokens",
)

_VALUE = Told(
    trouble=Trouble.BAD_PARAMETER,
    statuses=(400,),
    marks=("unsupported_value", "invalid_parameter_value", "value_not_supported"),
    sentences=(
        (
            "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default"
            " (1) value is supported."
        ),
        "temperature must be 1 for this model.",
        "Invalid value for 'temperature': only the default of 1 is allowed.",
        "The value 0.7 of temperature is not supported by {model}; leave it at 1.",
        "'temperature' is fixed to 1.0 for reasoning models.",
        "This model accepts only temperature = 1.",
        "Nur der Standardwert 1 wird für 'temperature' unterstützt.",
        "La valeur de 'temperature' n'est pas prise en charge, seule la valeur 1 l'est.",
        "temperature 参数只支持默认值 1",
    ),
    param="temperature",
)

_EXTRA = Told(
    trouble=Trouble.BAD_PARAMETER,
    statuses=(400, 400, 422, 500),
    marks=("extra_forbidden", "additional_properties_not_allowed", "extraneous_key"),
    sentences=(
        "stream_options: Extra inputs are not permitted",
        "extraneous key [stream_options] is not permitted",
        "Additional properties are not allowed ('seed' was unexpected)",
        "body.n: extra fields not permitted",
        'Unexpected field "stream_options" in request: extra keys are not allowed',
        'json: unknown field "seed"',
        "Zusätzliche Felder sind nicht erlaubt: stream_options",
        "Champ supplémentaire non autorisé : stream_options",
        "不允许额外字段: stream_options",
    ),
)

_SCHEMA = Told(
    trouble=Trouble.BAD_REQUEST,
    statuses=(400,),
    marks=("invalid_json_schema", "invalid_response_schema", "schema_not_supported"),
    sentences=(
        "Invalid schema for response_format: 'additionalProperties' must be false.",
        (
            "response_format.json_schema: 'additionalProperties' is required to be supplied and to be"
            " false."
        ),
        "The JSON schema in response_format uses keywords that are not supported: minLength.",
        "Invalid JSON schema: every object needs additionalProperties set to false.",
        "Failed to compile the json_schema of response_format into a grammar.",
        "The response schema is too deeply nested.",
        "Ungültiges JSON-Schema in response_format.",
        "Schéma JSON non valide pour response_format.",
        "response_format 的 JSON schema 无效",
    ),
    param="response_format",
)

_PLACES: tuple[tuple[list[Any], str], ...] = (
    (["body", "messages", 0, "content"], "field required"),
    (["body", "temperature"], "ensure this value is less than 2"),
    (["body", "max_tokens"], "value is not a valid integer"),
    (["body", "messages", 0, "role"], "Input should be 'system', 'user' or 'assistant'"),
    (["body", "stream"], "Input should be a valid boolean"),
    (["body", "model"], "String should have at least 1 character"),
    (["body", "messages"], "List should have at least 1 item after validation"),
    (["body", "top_p"], "Eingabe sollte kleiner als 1 sein"),
)
_KINDS = ("value_error", "missing", "int_parsing", "string_too_short", "type_error.integer")
_TOO_LARGE = (
    ("text/html", "<html><h1>413 Request Entity Too Large</h1><hr>nginx</html>"),
    ("application/json", '{"error":{"message":"Request entity too large"}}'),
    ("text/plain", "Payload Too Large"),
    ("text/html", "<html><head><title>413 Payload Too Large</title></head></html>"),
    ("application/json", '{"message":"Request body exceeds the limit of 4 MB","code":413}'),
    ("application/json", '{"detail":"Body is larger than 1048576 bytes"}'),
    ("text/plain", "http: request body too large"),
    ("text/html", "<h1>Anfrage zu groß</h1>"),
    ("text/plain", ""),
)


def _validation(turn: Turn) -> Response:
    """A list of places in the body, after several frameworks' fashions."""
    rng = turn.rng
    errors: list[dict[str, Any]] = []
    for loc, message in rng.sample(_PLACES, rng.choice((1, 1, 2, 3))):
        one: dict[str, Any] = {"loc": loc, "msg": message, "type": rng.choice(_KINDS)}
        if rng.random() < 0.3:
            one |= {"input": None, "url": "https://errors.example/2.9/v/missing"}
        errors.append(one)
    turn.variant = f"places-{len(errors)}"
    return dressed(turn, body_response(422, spelled({"detail": errors}, rng), "application/json"))


def _too_large(turn: Turn) -> Response:
    """From the proxy in front, mostly."""
    kind, body = turn.rng.choice(_TOO_LARGE)
    return dressed(turn, body_response(413, fill(turn, body).encode(), kind))


FAULTS = (
    told("context-overflow", _TOO_LONG, routes=CHAT),
    in_band(
        "context-overflow-in-stream",
        Told(
            trouble=Trouble.TOO_LONG,
            statuses=(400,),
            marks=_TOO_LONG.marks,
            sentences=_TOO_LONG.sentences,
        ),
        form="stream",
    ),
    told("unsupported-parameter", _PARAMETER, routes=CHAT),
    told("unsupported-value", _VALUE, routes=CHAT),
    told("extra-field-refused", _EXTRA, routes=CHAT),
    told("schema-refused", _SCHEMA, routes=CHAT),
    Fault("validation-422", Stage.INSTEAD, _validation, routes=CHAT),
    Fault("payload-too-large-413", Stage.INSTEAD, _too_large, routes=CHAT),
)
