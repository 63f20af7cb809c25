"""What a refusal is about, in the words of providers and in made-up ones."""

import pytest

from gatewayz.core.attempt import Attempt
from gatewayz.core.refusals import (
    least_tokens_told,
    refused_field,
    suggested_field,
    wants_more_tokens,
    wants_stream,
)

SENT = {
    "max_tokens": 16, "temperature": 0, "top_p": 1, "stream": False, "seed": 1, "n": 1,
    "logprobs": True, "response_format": {}, "tools": [], "tool_choice": "auto",
    "parallel_tool_calls": True, "stop": ["x"], "stream_options": {},
}  # fmt: skip


def refusal(refused, message, param=None, **sent):
    return refused(400, {"error": {"message": message, "param": param}}, **(sent or SENT))


@pytest.mark.parametrize(
    ("message", "param", "field"),
    [
        ("Unsupported parameter", "max_tokens", "max_tokens"),
        ("'temperature' does not support 0 with this model", "temperature", "temperature"),
        ("'max_tokens' is not supported. Use 'max_completion_tokens' instead.", None, "max_tokens"),
        ("Extra inputs are not permitted: stream_options", None, "stream_options"),
        ("#: extraneous key [n] is not permitted; n must be left out", None, "n"),
        ("Parameter 'n' wird nicht unterstützt", None, "n"),
        ("Argument not supported on this model: topP", None, "top_p"),
        ("Неизвестное поле: seed", None, "seed"),
        ("不支持参数 logprobs", None, "logprobs"),
        ("This model does not support tool use", None, "tools"),
        ("tool_choice is not accepted, neither are tools", None, "tool_choice"),
        ("parallel_tool_calls: unknown field", None, "parallel_tool_calls"),
        ("JSON mode is not available", None, "response_format"),
        ("This model does not support streaming", None, "stream"),
        ("stop sequences are not supported", None, "stop"),
        ("Something is wrong with messages[0].role", "messages[0].role", ""),
        ("nothing is named here", None, ""),
    ],
)
def test_the_refused_field_is_named_as_it_was_sent(refused, message, param, field):
    assert refused_field(refusal(refused, message, param)) == field


def test_only_what_was_sent_can_have_been_refused(refused):
    attempt = refusal(refused, "'temperature' or 'seed' is not supported", seed=1)

    assert refused_field(attempt) == "seed"


def test_a_path_of_a_validation_names_the_field(refused):
    body = {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}

    # "body.seed" is a path to it, and nothing else is spoken of.
    assert refused_field(refused(422, body, seed=1)) == "seed"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
         "max_completion_tokens"),
        ("max_tokens wird nicht unterstützt, bitte max_completion_tokens verwenden",
         "max_completion_tokens"),
        ("不支持 max_tokens，请使用 max_completion_tokens", "max_completion_tokens"),
        ("'max_tokens' or 'max_completion_tokens' is too large: 9000", ""),
        ("'max_tokens' is not supported", ""),
        ("'seed' is not supported", ""),
    ],
)  # fmt: skip
def test_the_field_to_use_instead_is_told(refused, message, field):
    assert suggested_field(refusal(refused, message)) == field


def test_the_older_name_can_be_the_one_to_use(refused):
    message = "Unknown field max_completion_tokens; use max_tokens"

    assert suggested_field(refusal(refused, message, max_completion_tokens=5)) == "max_tokens"


@pytest.mark.parametrize(
    ("message", "only"),
    [
        ("This model only support stream mode, please enable the stream parameter", True),
        ("stream must be set to true for this model", True),
        ("Non-streaming requests are not supported", True),
        ("parameter.enable_thinking must be set to false for non-streaming calls", True),
        ("enable_thinking must be set to false for this model", False),
        ("该模型仅支持流式输出", True),
        ("Dieses Modell antwortet nur im Streaming-Modus", True),
        ("This model does not support streaming", False),
        ("stream must be a boolean", False),
    ],
)
def test_a_model_that_only_streams_is_told(refused, message, only):
    assert wants_stream(refusal(refused, message)) is only
    assert not wants_stream(refusal(refused, message, stream=True))


@pytest.mark.parametrize(
    ("message", "least", "too_small"),
    [
        ("max_tokens must be at least 64", 64, True),
        ("max_tokens: Input should be greater than or equal to 64", 64, True),
        ("max_tokens must be between 64 and 512, got 16", 64, False),
        ("Expected max_tokens >= 1.5 units", 0, True),
        ("max_tokens is too small", 0, True),
        ("max_tokens is too large: 16, at most 8 in a context of 4096", 0, False),
        ("temperature must be at least 64", 0, False),
    ],
)
def test_the_least_token_limit_is_read_where_a_limit_is_refused(refused, message, least, too_small):
    attempt = refusal(refused, message)

    assert least_tokens_told(attempt) == least
    if not least:
        assert wants_more_tokens(attempt) is too_small


def test_without_an_error_nothing_is_guessed():
    silent = Attempt(status=400, body=SENT)

    assert (refused_field(silent), suggested_field(silent)) == ("", "")
    assert not wants_stream(silent)
