"""The request is refused for what it says."""

from __future__ import annotations

from gatewayz.simulator.dialect import dump
from gatewayz.simulator.faults.table import CHAT, Fault, Stage, in_band, refusal
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_LONG, _PARAM = Trouble.TOO_LONG, Trouble.BAD_PARAMETER


def _validation(turn: Turn) -> Response:
    """A list of places in the body."""
    entry = turn.rng.choice(
        (
            {"loc": ["body", "messages", 0, "content"], "msg": "field required"},
            {"loc": ["body", "temperature"], "msg": "ensure this value is less than 2"},
            {"loc": ["body", "max_tokens"], "msg": "value is not a valid integer"},
        )
    )
    body = dump({"detail": [entry | {"type": "value_error"}]})
    return body_response(422, body, "application/json")


def _too_large(turn: Turn) -> Response:
    """From the proxy in front, mostly."""
    kind, body = turn.rng.choice(
        (
            ("text/html", b"<html><h1>413 Request Entity Too Large</h1><hr>nginx</html>"),
            ("application/json", b'{"error":{"message":"Request entity too large"}}'),
            ("text/plain", b"Payload Too Large"),
        )
    )
    return body_response(413, body, kind)


FAULTS = (
    refusal(
        "context-overflow",
        Problem(
            trouble=_LONG,
            status=400,
            message="This model's maximum context length is 8192 tokens. However, your messages"
            " resulted in 9001 tokens.",
            code="context_length_exceeded",
        ),
        Problem(
            trouble=_LONG, status=400, message="prompt is too long: 210000 tokens > 200000 maximum"
        ),
        Problem(
            trouble=_LONG,
            status=422,
            message="Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192."
            " Given: 9001, which exceeds the context window.",
        ),
        Problem(
            trouble=_LONG,
            status=413,
            message="Request too large for model {model}: it exceeds the context window.",
            code="context_length_exceeded",
        ),
        Problem(
            trouble=_LONG,
            status=400,
            message="input length and `max_tokens` exceed context limit: 9001 + 50 > 8192",
        ),
        routes=CHAT,
    ),
    in_band(
        "context-overflow-in-stream",
        Problem(
            trouble=_LONG,
            status=400,
            message="The input exceeds the maximum context length of 8192 tokens.",
            type="context_length_exceeded",
        ),
        form="stream",
    ),
    refusal(
        "unsupported-parameter",
        Problem(
            trouble=_PARAM,
            status=400,
            message="Unsupported parameter: 'max_tokens' is not supported with this model. Use"
            " 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        Problem(
            trouble=_PARAM,
            status=400,
            message="The parameter 'max_tokens' is not supported by {model}",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        Problem(
            trouble=_PARAM,
            status=400,
            message="Unknown parameter: 'max_tokens'.",
            param="max_tokens",
            code="unknown_parameter",
        ),
        routes=CHAT,
    ),
    refusal(
        "unsupported-value",
        Problem(
            trouble=_PARAM,
            status=400,
            message="Unsupported value: 'temperature' does not support 0.7 with this model. Only"
            " the default (1) value is supported.",
            param="temperature",
            code="unsupported_value",
        ),
        routes=CHAT,
    ),
    refusal(
        "extra-field-refused",
        Problem(
            trouble=_PARAM,
            status=400,
            message="stream_options: Extra inputs are not permitted",
            code="extra_forbidden",
        ),
        Problem(
            trouble=_PARAM,
            status=400,
            message="extraneous key [stream_options] is not permitted",
            code="bad_request",
        ),
        routes=CHAT,
    ),
    refusal(
        "schema-refused",
        Problem(
            trouble=Trouble.BAD_REQUEST,
            status=400,
            message="Invalid schema for response_format: 'additionalProperties' must be false.",
            param="response_format",
            code="invalid_json_schema",
        ),
        routes=CHAT,
    ),
    Fault("validation-422", Stage.INSTEAD, _validation, routes=CHAT),
    Fault("payload-too-large-413", Stage.INSTEAD, _too_large, routes=CHAT),
)
