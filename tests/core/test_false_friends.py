"""Words that mean one thing in one sentence and another in the next; each with its counterpart."""

import pytest

from gatewayz.core.failures import classify
from gatewayz.core.gateway import Quirks

FRIENDS = [
    # "max_tokens" and "maximum": a cap on the answer is no overflow of the window.
    (400, "max_tokens must be <= 4096", "bad-request"),
    (400, "max_tokens is too large: 9000. This model supports at most 4096 completion tokens",
     "bad-request"),
    (400, "max_tokens must be less than or equal to 8192, less than the context_window of a model",
     "bad-request"),
    (400, "max_tokens: 65536 > context_window: 32768", "context-overflow"),
    (400, "Model context window too small (minimum is 128k tokens)", "bad-request"),
    # "model" in a limit is not a missing model.
    (429, "Rate limit reached for model zeta-9, model not available to you until then",
     "rate-limit-no-hint"),
    (404, "Model zeta-9 not found", "model-not-found"),
    # "token": of a key, or of a text.
    (400, "Too many tokens in the prompt", "context-overflow"),
    (429, "Too many tokens, please wait before trying again", "rate-limit-no-hint"),
    (400, "Invalid access token", "auth-bad-key-as-400"),
    (400, "logit_bias holds an invalid token id", "bad-request"),
    # "quota": of a minute, or of an account.
    (429, "Quota exceeded: 60 requests per minute", "rate-limit-no-hint"),
    (429, "Quota exceeded, check your plan and billing details", "billing-quota-as-429"),
    (429, "Resource has been exhausted (e.g. check quota).", "rate-limit-no-hint"),
    # "not supported": a parameter, a model, a region, a provider, a feature of all endpoints.
    (400, "seed is not supported", "unsupported-parameter"),
    (400, "model zeta-9 is not supported", "model-not-found"),
    (403, "Your region is not supported", "permission-region"),
    (400, "The model is not supported by any provider you have enabled",
     "not-supported-by-enabled-providers"),
    (404, "No endpoints found that support tool use", "no-endpoint-supports-feature"),
    (400, "This model does not support chat completions", "non-chat-listed"),
    # "limit".
    (403, "Rate limit exceeded", "rate-limit-as-403"),
    (403, "Key limit exceeded (total limit)", "billing-no-credit"),
    (429, "Concurrency limit exceeded", "rate-limit-concurrency"),
    (413, "Request size limit exceeded", "payload-too-large-413"),
    (429, "Daily limit of free requests exceeded", "billing-free-daily-cap"),
    (400, "Context limit exceeded", "context-overflow"),
    # "not found": a route, a model, a deployment, endpoints, a key.
    (404, "Not Found", "endpoint-not-found"),
    (404, "Deployment not found", "model-not-found"),
    (404, "No endpoints found for zeta/zeta-9", "no-endpoints-for-model"),
    (401, "Key not found", "auth-bad-key"),
    # "policy".
    (400, "Your prompt violates our content policy", "moderation-block"),
    (404, "No endpoints found matching your data policy", "permission-policy-filter"),
    # "invalid": a key, a field's key, a parameter, a schema.
    (400, "Invalid API key", "auth-bad-key-as-400"),
    (400, "Invalid key: messages[0].rol", "bad-request"),
    (400, "Invalid value for messages[0].role", "bad-request"),
    (400, "Invalid JSON schema", "schema-refused"),
    # "expired", "exceeded".
    (400, "The API key has expired", "auth-bad-key-as-400"),
    (400, "The uploaded image has expired", "bad-request"),
    (400, "The number of stop sequences exceeded 4", "bad-request"),
    # "parallel": many requests, or a field.
    (429, "Only 2 parallel requests are allowed", "rate-limit-concurrency"),
    (400, "parallel_tool_calls is not supported", "unsupported-parameter"),
    # "credits" beside a block, "accept" beside a key, "permission" beside a model.
    (403, "Your input was flagged. No credits were charged.", "moderation-block"),
    (403, "Accept the model's licence first", "permission-gated-model"),
    (403, "Your account has no permission to use this model", "permission-model-not-in-plan"),
    (403, "The token has no permission to call inference", "permission-token-scope"),
    # "deprecated": a model, or a field.
    (404, "The model zeta-9 is deprecated", "deprecated-model"),
    (400, "max_tokens is deprecated for this model, use max_completion_tokens",
     "unsupported-parameter"),
    # "unavailable", "loading", "capacity".
    (503, "No provider is available", "no-provider-available"),
    (503, "Service unavailable", "overloaded"),
    (503, "The model is loading", "cold-start-503"),
    (400, "Could not load the image", "bad-request"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message", "label"), FRIENDS)
def test_a_word_is_read_in_its_sentence(refused, status, message, label):
    attempt = refused(status, {"error": {"message": message}})

    assert classify(attempt, Quirks()).label == label


HINTS = [
    ("Tokens per day limit reached", {"retry-after": "300"}, "rate-limit"),
    ("Tokens per day limit reached", {"retry-after": "30000"}, "billing-free-daily-cap"),
    ("Tokens per day limit reached", {}, "billing-free-daily-cap"),
    ("Free requests per day used up", {"retry-after": "300"}, "billing-free-daily-cap"),
    ("Quota exceeded", {"retry-after": "20"}, "rate-limit"),
    ("Quota exceeded", {"retry-after": "20000"}, "billing-free-daily-cap"),
    ("Quota exceeded", {}, "billing-quota-as-429"),
    ("Too many requests", {"x-ratelimit-reset": "1999999999000"}, "billing-free-daily-cap"),
]


@pytest.mark.parametrize(("message", "headers", "label"), HINTS)
def test_how_far_away_the_reset_is_tells_a_pace_from_a_cap(refused, message, headers, label):
    attempt = refused(429, {"error": {"message": message}}, headers)

    assert classify(attempt, Quirks()).label == label


def test_a_model_on_its_way_out_is_told_by_headers_where_the_body_is_silent(refused):
    attempt = refused(404, "", {"sunset": "Sat, 31 Oct 2026 23:59:59 GMT"})

    assert classify(attempt, Quirks()).label == "deprecated-model"


def test_a_schema_is_what_a_refusal_of_response_format_is_about(refused):
    body = {"error": {"message": "no", "param": "response_format.json_schema"}}

    assert classify(refused(400, body), Quirks()).label == "schema-refused"
