"""Bodies as providers word them; each says whose shape it is and where that was seen.

Recorded shapes come from public test suites that replay traffic; texts are shortened.
"""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.error_bodies import error_in, read_error, retry_after

J = "application/json"

SHAPES = [
    # OpenAI's own envelope: its published OpenAPI document, August 2026.
    ({"error": {"message": "No such model", "type": "invalid_request_error", "param": "model",
                "code": "model_not_found"}}, "No such model", "error", "model_not_found", None),
    # OpenRouter, recorded: a number as code, no type.
    ({"error": {"message": "Missing Authentication header", "code": 401}, "user_id": "u"},
     "Missing Authentication header", "error", "", 401),
    # OpenRouter on behalf of a provider: openrouter.ai/docs, "Errors".
    ({"error": {"message": "Provider returned error", "code": 429,
                "metadata": {"provider_name": "X", "raw": "slow down", "error_type": "rate"}}},
     "Provider returned error: slow down", "error", "rate", 429),
    # Fireworks, recorded; and its edge's `fault`.
    ({"error": {"object": "error", "type": "invalid_request_error", "code": "NOT_FOUND",
                "message": "Model not found"}}, "Model not found", "error", "NOT_FOUND", None),
    ({"fault": {"faultstring": "Rate limit quota violation",
                "detail": {"errorcode": "policies.ratelimit"}}},
     "Rate limit quota violation", "fault", "policies.ratelimit", None),
    # Together, recorded: no type in the catalogue's refusal.
    ({"error": {"message": "Unauthorized"}}, "Unauthorized", "error", "", None),
    # Google's OpenAI-compatible routes, recorded: the object in a list of one.
    ([{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
     "API key not valid.", "list", "INVALID_ARGUMENT", 400),
    # Cerebras, recorded: flat.
    ({"message": "Wrong API Key", "type": "invalid_request_error", "param": "api_key",
      "code": "wrong_api_key"}, "Wrong API Key", "flat", "wrong_api_key", None),
    # Nebius, recorded; FastAPI's validation list (DeepInfra); an object in `detail` (Chutes).
    ({"detail": "Invalid API key."}, "Invalid API key.", "detail", "", None),
    ({"detail": [{"loc": ["body", "max_tokens"], "msg": "field required", "type": "missing"}]},
     "body.max_tokens: field required", "detail", "", None),
    ({"detail": {"message": "Quota exceeded and account balance is $0.00"}},
     "Quota exceeded and account balance is $0.00", "detail", "", None),
    ({"detail": {"object": "error", "message": "too long", "type": "BadRequestError",
                 "code": 400}}, "too long", "detail", "", 400),
    # xAI: a phrase as code beside a text (its docs, "Debugging").
    ({"code": "invalid-argument", "error": "Model not found: grok-x"},
     "Model not found: grok-x", "string", "invalid-argument", None),
    # Novita, recorded.
    ({"code": 404, "reason": "MODEL_NOT_FOUND", "message": "model not found", "metadata": {}},
     "model not found", "flat", "MODEL_NOT_FOUND", 404),
    # Hugging Face, recorded: a bare string.
    ({"error": "Invalid credentials in Authorization header"},
     "Invalid credentials in Authorization header", "string", "", None),
    # Portkey, seen with the open-source gateway 1.15.2.
    ({"status": "failure", "message": "Invalid provider passed"},
     "Invalid provider passed", "flat", "failure", None),
    ({"html-message": "<html><body><h1>502 Bad Gateway</h1></body></html>"},
     "502 Bad Gateway", "flat", "", None),
    ({"error": {"message": "Request exceeded the timeout", "type": "timeout_error",
                "param": None, "code": None}}, "Request exceeded the timeout", "error", "", None),
    # Shapes of issue threads: BerriAI/litellm#1242, CommandCodeAI/command-code#785.
    ({"error_msg": "no quota", "error_code": 17}, "no quota", "flat", "", None),
    ({"success": False, "errors": ["first", "second"]}, "first; second", "errors", "", None),
    ({"error": [{"message": "a"}, {"message": "b"}]}, "a; b", "list", "", None),
    ({"status_code": 429, "error": {"message": "slow"}}, "slow", "error", "", 429),
    ("just text", "just text", "string", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message", "shape", "code", "status"), SHAPES)
def test_the_message_is_found_in_every_shape(body, message, shape, code, status):
    found = read_error(json.dumps(body).encode(), content_type=J)

    assert found.message == message
    assert found.shape == shape
    assert found.code == code
    assert found.status == status


@pytest.mark.parametrize(
    ("body", "message", "code", "status"),
    [
        # Problem details: RFC 9457.
        ({"type": "urn:x:no-key", "title": "Forbidden", "status": 403, "detail": "no such key"},
         "Forbidden: no such key", "", 403),
        # GraphQL's errors: spec.graphql.org, "Errors".
        ({"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]},
         "no", "UNAUTHENTICATED", None),
        # Spring's and Fastify's own: a name, and the sentence beside it.
        ({"status": 404, "error": "Not Found", "message": "no such path"},
         "Not Found: no such path", "", 404),
        # OAuth: RFC 6749, section 5.2.
        ({"error": "invalid_token", "error_description": "it has expired"},
         "invalid_token: it has expired", "", None),
        # An error in `detail` in `message`.
        ({"message": {"detail": {"error": {"text": "deep", "code": "429"}}}}, "text: deep, code: 429",
         "429", 429),
        # Laravel's: a list by field.
        ({"message": "invalid", "errors": {"n": ["must be 1"]}}, "must be 1", "", None),
        # JSON inside a message, with and without words before it.
        ({"error": {"message": '{"error": {"message": "slow", "code": 429}}'}}, "slow", "", 429),
        ({"error": {"message": 'upstream said {"message": "no", "code": "bad_key"}', "code": "x"}},
         "upstream said no", "x bad_key", None),
        ({"error": {"message": "a {brace} only"}}, "a {brace} only", "", None),
        # Capital keys, as AWS has them.
        ({"Message": "not yours", "errorCode": "AccessDenied"}, "not yours", "AccessDenied", None),
        ({"Error": {"Message": "no", "Code": "X1"}}, "no", "X1", None),
        # Keys that tell by being there.
        ({"error": "wait", "estimated_time": 3}, "wait", "estimated_time", None),
        ({"fehler": {"nachricht": "kaputt"}}, "nachricht: kaputt", "", None),
        (["first", "second"], "first", "", None),
        ({"error": {"code": 429.0}}, "code: 429.0", "", 429),
        ({"error": {"code": True, "message": "x"}}, "x", "", None),
    ],
)  # fmt: skip
def test_an_error_is_read_however_deep_and_by_whatever_names(body, message, code, status):
    found = read_error(json.dumps(body).encode(), content_type=J)

    assert (found.message, found.code, found.status) == (message, code, status)


def test_an_xml_error_is_read_by_its_elements_and_a_web_page_is_not():
    error = b"<?xml version='1.0'?><Error><Code>InvalidKey</Code><Message>no</Message></Error>"
    page = b"<html><body><code>x</code><message>y</message></body></html>"

    found = read_error(error, content_type="application/xml")

    assert (found.message, found.code, found.shape) == ("no", "InvalidKey", "xml")
    assert read_error(page).shape == "html"
    assert read_error(b"<a><b>text</b></a>").shape == "html"


def test_words_before_a_document_do_not_hide_it():
    found = read_error(b'upstream: {"error": {"message": "slow", "code": 429}}')

    assert (found.message, found.status, found.shape) == ("upstream: slow", 429, "text")
    assert read_error(b'"packed \\"once\\" more"').shape == "string"


def test_an_error_object_without_a_message_has_an_odd_shape():
    assert read_error(b'{"error": {"text": "x"}}').shape == "odd"
    assert read_error(b'{"error": {"message": "x"}}').shape == "error"


@pytest.mark.parametrize("key", ["error", "x", "message", "detail"])
def test_an_error_nested_without_end_is_read_in_no_time(key):
    nested = f'{{"{key}":' * 190 + "{}" + "}" * 190

    begin = time.thread_time()
    read_error(nested.encode())

    assert time.thread_time() - begin < 0.1


@pytest.mark.parametrize("piece", ["{", '{"a":', "<a ", "<Code>", "try again in ", '{"error":"'])
def test_a_mebibyte_of_hostile_body_is_read_in_no_time(piece):
    body = (piece * (1 << 18))[: 1 << 20].encode()

    begin = time.thread_time()
    read_error(body)

    assert time.thread_time() - begin < 0.5


def test_a_web_page_is_told_in_its_words():
    page = b"""<!DOCTYPE html><html><head><title>502 Bad gateway</title><style>x{}</style>
    <script>var secret = "<b>no</b>";</script></head><body><h1>Bad gateway</h1></body></html>"""

    found = read_error(page, content_type="text/html; charset=utf-8")

    assert found.message == "502 Bad gateway Bad gateway"
    assert found.shape == "html"


def test_json_is_read_whatever_the_content_type_claims():
    assert read_error(b'{"error":{"message":"x"}}', content_type="text/html").message == "x"


def test_plain_text_and_nothing_at_all_are_no_trouble():
    assert read_error(b"Internal Server Error").message == "Internal Server Error"
    assert read_error(b"").message == ""
    assert read_error(b"\xff\xfe\x00").shape == "text"


def test_an_error_in_an_event_stream_is_found():
    body = b'event: error\ndata: {"error": {"message": "overloaded", "code": 529}}\n\n'

    found = read_error(body, content_type="text/event-stream")

    assert (found.message, found.status) == ("overloaded", 529)


def test_an_answer_about_errors_is_no_error():
    assert error_in({"choices": [], "error": None}) is None
    assert error_in({"choices": [], "error": {"message": None, "code": None}}) is None
    assert error_in({"choices": [], "error": ""}) is None
    assert error_in({"message": "error", "choices": []}) is None
    assert error_in({"choices": [{"message": {"content": '{"error": "x"}'}}]}) is None


NOW = 1_787_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Mon, 17 Aug 2026 20:54:20 GMT"}, 60),
        ({"retry-after": "Mon, 17 Aug 2020 20:54:20 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "nan"}, None),
        # Groq: docs on rate limits.
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, 360),
        # OpenRouter: milliseconds since 1970 (Aider-AI/aider#3550).
        ({"x-ratelimit-reset": "1787000030000", "x-ratelimit-remaining": "0"}, 30),
        ({"x-ratelimit-reset": "1787000030"}, 30),
        # Cerebras, recorded: seconds as a fraction, one window used up of two.
        ({"x-ratelimit-reset-tokens-minute": "12.5", "x-ratelimit-remaining-tokens-minute": "0",
          "x-ratelimit-reset-requests-day": "80000",
          "x-ratelimit-remaining-requests-day": "14000"}, 12.5),
        ({"x-ratelimit-reset-a": "5", "x-ratelimit-remaining-a": "0",
          "x-ratelimit-reset-b": "50", "x-ratelimit-remaining-b": "0"}, 50),
        ({"x-ratelimit-reset-a": "5", "x-ratelimit-reset-b": "50"}, 5),
        ({"x-ratelimit-reset-a": "5", "x-ratelimit-remaining-a": "3"}, None),
    ],
)  # fmt: skip
def test_when_to_come_back_is_read_in_all_its_forms(headers, seconds):
    assert retry_after(headers, now_s=NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        # Google, recorded: google.rpc.RetryInfo instead of a header.
        ([{"error": {"code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}]}}], 37),
        # Hugging Face's old inference API: huggingface/transformers#23793.
        ({"error": "Model m is currently loading", "estimated_time": 20.0}, 20),
        # OpenRouter puts the headers into the body.
        ({"error": {"message": "x", "code": 429, "metadata": {"headers": {"retry_after": 9}}}}, 9),
        ({"error": {"message": "x", "retry_after": "3"}}, 3),
    ],
)  # fmt: skip
def test_when_to_come_back_is_read_out_of_the_body(body, seconds):
    assert read_error(json.dumps(body).encode()).retry_after_s == seconds


def test_a_header_that_says_when_wins_over_the_body():
    body = b'{"error": {"message": "x", "retry_after": 3}}'

    assert read_error(body, headers={"retry-after": "8"}).retry_after_s == 8


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["²²²", "404", "٤٠٤", "<html>", "1e400", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["error", "message", "code", "status", "detail", "errors", "fault", "loc",
                         "msg", "type", "metadata", "raw", "details", "retry_after", "success",
                         "reason", "retryDelay", "x"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(JSON)
def test_no_shape_of_json_breaks_the_reader(document):
    for whole in (True, False):
        found = error_in(document, whole=whole)
        if found is not None:
            assert isinstance(found.message, str)
            assert found.status is None or 400 <= found.status <= 599
            assert found.retry_after_s is None or 0 <= found.retry_after_s < float("inf")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-remaining",
                     "x-ratelimit-reset-a"]), st.text(max_size=30)))  # fmt: skip
def test_no_bytes_and_no_headers_break_the_reader(body, headers):
    found = read_error(body, headers=headers)

    assert found.retry_after_s is None or 0 <= found.retry_after_s < float("inf")


def test_a_message_that_ends_in_a_list_hides_no_error():
    found = read_error(b'{"error": {"message": "one of {\'a\'} [1, 2]"}}')

    assert found.message == "one of {'a'} [1, 2]"


def test_only_an_object_inside_a_message_is_another_error():
    packed = b'{"error": {"message": "{\\"message\\": \\"slow\\", \\"code\\": 429}"}}'

    assert (read_error(packed).message, read_error(packed).status) == ("slow", 429)


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "slow", "upstream_status": 429},
        {"error": "slow", "providerStatusCode": 429},
        {"error": {"message": "slow"}, "origin_status": "429"},
        {"error": {"message": "slow", "backendStatus": 429, "status": 500}},
        {"message": "slow", "meta": {"original_status_code": 429}},
    ],
)
def test_a_status_that_is_told_to_be_somebody_elses_is_read(body):
    assert read_error(json.dumps(body).encode()).status == 429


@pytest.mark.parametrize(
    "body",
    [
        {"message": "slow", "status": "failed", "job_status": "queued"},
        {"message": "slow", "order_status": 17, "http_statuses": 429},
    ],
)
def test_what_is_no_status_of_an_answer_is_none(body):
    assert read_error(json.dumps(body).encode()).status is None


def test_words_are_found_under_any_key_beside_a_plain_outcome():
    body = {"outcome": "no", "почему": {"текст": "ключ отозван"}}

    assert read_error(json.dumps(body).encode()).message == "outcome: no, текст: ключ отозван"


WELL = [False, 0, 200, "0", "200", "none", "None", "null", "ok", "OK", "success", "no error", "false",
        {"code": 200, "message": "OK"}, {"code": "0", "message": "done"}, {"message": "success"},
        {"code": None, "message": ""}]  # fmt: skip


@pytest.mark.parametrize("value", WELL)
def test_a_value_that_says_that_all_is_well_is_no_error_beside_an_answer(value):
    assert error_in({"choices": [{"index": 0}], "error": value}) is None


@pytest.mark.parametrize("value", ["overloaded", "not ok", {"code": 500, "message": "OK"}])
def test_any_other_value_is_one(value):
    assert error_in({"choices": [{"index": 0}], "error": value}) is not None


def test_without_an_answer_any_word_is_an_error():
    assert error_in({"error": "none"}) is not None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "", "code": 401}}, "code: 401"),
        ({"error": {"code": 429, "object": "error", "message": " "}}, "code: 429, object: error"),
        ({"error": ""}, "error: "),
    ],
)
def test_a_field_with_nothing_in_it_is_no_part_of_the_message(body, message):
    assert read_error(json.dumps(body).encode()).message == message
