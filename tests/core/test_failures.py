"""Errors as they are worded out there, and the name each gets. Texts are shortened quotations from
provider documents and public issue threads, or variations on them."""

import pytest

from gatewayz.core.attempt import Attempt, ErrorBody, FaultName, Phase, Reply, Timing, WireFault
from gatewayz.core.causes import says_no_such_model
from gatewayz.core.failures import (
    besides,
    classify,
    failure,
    retry_of,
    unnamed,
)
from gatewayz.core.gateway import Quirks
from gatewayz.core.kinds import BY_STATUS, CLASS_CULPRITS, KINDS


def refused(status, message="", *, had_key=True, size=20, excerpt="", quirks=None, **error):
    attempt = Attempt(
        status=status, had_key=had_key, body_bytes=size, excerpt=excerpt,
        error=ErrorBody(message=message, **({"shape": "error"} | error)),
    )  # fmt: skip
    return classify(attempt, quirks or Quirks()).label


@pytest.mark.parametrize(
    ("status", "message", "error", "label"),
    [
        (401, "Incorrect API key provided", {"code": "invalid_api_key"}, "auth-bad-key"),
        (401, "User not found.", {}, "auth-bad-key"),
        (400, "API key not valid. Please pass a valid API key.", {}, "auth-bad-key-as-400"),
        (500, "Invalid token: your access token has expired", {}, "auth-bad-key-as-400"),
        (403, "Project has no access to the plan's models", {}, "permission-model-not-in-plan"),
        (403, "Country, region, or territory not supported", {}, "permission-region"),
        (403, "x", {"code": "unsupported_country_region_territory"}, "permission-region"),
        (403, "This repository is gated, accept its license first", {}, "permission-gated-model"),
        (404, "No endpoints found matching your data policy", {}, "permission-policy-filter"),
        (402, "whatever", {}, "billing-no-credit"),
        (429, "You exceeded your current quota, please check your plan", {},
         "billing-quota-as-429"),
        (429, "x", {"type": "insufficient_quota"}, "billing-quota-as-429"),
        (429, "Rate limit exceeded: free-models-per-day", {}, "billing-free-daily-cap"),
        (403, "not enough balance", {"code": "NOT_ENOUGH_BALANCE"}, "billing-no-credit"),
        (429, "Rate limit exceeded: free-models-per-min", {}, "rate-limit-no-hint"),
        (429, "slow down", {"retry_after_s": 3.0}, "rate-limit"),
        (429, "Worker local total request limit reached (33/32)", {}, "rate-limit-concurrency"),
        (403, "Rate limit reached, try again later", {}, "rate-limit-as-403"),
        (500, "Too many requests", {}, "rate-limit-no-hint"),
        (404, "The model `x` does not exist", {"code": "model_not_found"}, "model-not-found"),
        (400, "x is not a valid model ID", {}, "model-not-found"),
        (404, "Not Found", {"shape": "detail"}, "endpoint-not-found"),
        (404, "Das Modell gibt es nicht", {}, "model-not-found"),
        (404, "<html>", {"shape": "html"}, "endpoint-not-found"),
        (404, "No endpoints found for a/b.", {}, "no-endpoints-for-model"),
        (404, "No endpoints found that support tool use.", {}, "no-endpoint-supports-feature"),
        (400, "The requested model is not supported by any provider you have enabled", {},
         "not-supported-by-enabled-providers"),
        (400, "This model's maximum context length is 8192 tokens", {}, "context-overflow"),
        (400, "prompt is too long: 9000 tokens > 8000 maximum", {}, "context-overflow"),
        (422, "input length and `max_tokens` exceed context limit", {}, "context-overflow"),
        (413, "Please reduce the length of the messages", {}, "context-overflow"),
        (500, "x", {"code": "context_length_exceeded"}, "context-overflow"),
        # Too many tokens at a time, and not in the request.
        (400, "Too many tokens, please wait before trying again.", {}, "rate-limit-no-hint"),
        (400, "Too many tokens", {"code": "ThrottlingException"}, "rate-limit-no-hint"),
        (400, "Too many tokens", {"type": "throttling_error"}, "rate-limit-no-hint"),
        (500, ("litellm.RateLimitError: BedrockException - Too many tokens, please wait before"
         " trying again."), {}, "rate-limit-no-hint"),
        (400, "Too many tokens in the prompt: 9000 of 8000. Shorten it and try again.", {},
         "context-overflow"),
        # Pages of whatever stands before a provider.
        (403, "403 Forbidden You don't have permission to access this resource. Apache/2.4.57",
         {"shape": "html"}, "permission"),
        (403, "Access to this site is blocked by company policy", {"shape": "html"}, "permission"),
        (403, "Request blocked by WAF", {"shape": "html"}, "permission"),
        # False friends.
        (400, "max_tokens must be <= 4096", {}, "bad-request"),
        (400, "This message has no context attached", {}, "bad-request"),
        (400, "temperature must be a number", {"param": "token_budget"}, "bad-request"),
        (400, "Unsupported parameter: 'max_tokens'", {"code": "unsupported_parameter"},
         "unsupported-parameter"),
        (400, "'temperature' does not support 0.7 with this model", {}, "unsupported-value"),
        (400, "stream_options: Extra inputs are not permitted", {"type": "extra_forbidden"},
         "extra-field-refused"),
        (422, "body.max_tokens: field required", {"shape": "detail"}, "validation-422"),
        (413, "", {"shape": "html"}, "payload-too-large-413"),
        (400, "x", {"code": "invalid_json_schema"}, "schema-refused"),
        (503, "Model m is currently loading", {"retry_after_s": 20.0}, "cold-start-503"),
        (503, "no available provider meets your routing requirements", {},
         "no-provider-available"),
        (529, "", {}, "overloaded"),
        (503, "x", {"code": "UNAVAILABLE"}, "overloaded"),
        (500, "Engine overloaded, try later", {"type": "overloaded_error"}, "overloaded"),
        (500, "boom", {}, "server-500-json"),
        (500, "Traceback (most recent call last)", {"shape": "text"}, "server-500-html-trace"),
        (500, "Server Error", {"shape": "html"}, "server-500-html-trace"),
        (502, "Bad gateway", {"shape": "html"}, "bad-gateway-html"),
        (502, "upstream gone", {}, "server-error"),
        (524, "", {"shape": "html"}, "edge-timeout-524"),
        (400, "flagged by moderation", {}, "moderation-block"),
        (404, "This is not a chat model", {}, "non-chat-listed"),
        (400, "The plain HTTP request was sent to HTTPS port", {"shape": "html"},
         "tls-version-mismatch"),
        (400, "Client sent an HTTP request to an HTTPS server.", {"shape": "text"},
         "tls-version-mismatch"),
        (400, "odd", {"shape": "flat"}, "error-body-odd-shapes"),
        # Not in the table: a class all the same.
        (418, "I am a teapot", {}, "bad-request"),
        (599, "", {}, "server-error"),
        (246, "guard", {}, None),
    ],
)  # fmt: skip
def test_each_wording_gets_its_name(status, message, error, label):
    if label is None:
        assert classify(Attempt(status=status, reply=Reply(text="x")), Quirks()) is None
        return
    assert refused(status, message, **error) == label


def test_without_a_key_a_refusal_is_about_the_key():
    assert refused(401, "x", had_key=False) == "auth-no-key"
    assert refused(403, "x", had_key=False) == "auth-no-key"


@pytest.mark.parametrize(
    ("message", "error", "label"),
    [
        ("x", {"code": "unsupported_country_region_territory"}, "permission-region"),
        ("Too Many Requests", {}, "rate-limit-as-403"),
        ("Your input was flagged for violence", {}, "moderation-block"),
        ("Refused: the message falls under self-harm", {}, "moderation-block"),
        ("Rejected (categories: hate speech, sexual)", {}, "moderation-block"),
        ("This repository is gated, accept its license first", {}, "permission-gated-model"),
        ("Insufficient balance, please top up", {}, "billing-no-credit"),
        ("<title>Attention Required! | Cloudflare</title>", {"shape": "html"}, "permission"),
        ("403 Forbidden nginx", {"shape": "html"}, "auth-no-key"),
        ("Missing permissions: inference", {}, "auth-no-key"),
        ("Access denied", {"code": "forbidden"}, "auth-no-key"),
        ("The API key is missing", {}, "auth-no-key"),
        ("", {}, "auth-no-key"),
    ],
)
def test_without_a_key_a_403_that_tells_its_own_cause_is_believed(message, error, label):
    assert refused(403, message, had_key=False, **error) == label


@pytest.mark.parametrize(
    ("message", "error", "label"),
    [
        ("Forbidden", {"shape": "flat"}, "permission"),
        ("403: Access denied.", {"code": "FORBIDDEN"}, "permission"),
        ("Just a moment... Enable JavaScript and cookies", {"shape": "html"}, "permission"),
        ("Access denied | Error 1020 You do not have access to x.example", {"shape": "html"},
         "permission"),
        ("Forbidden: this model is not included in your plan", {}, "permission-model-not-in-plan"),
        ("You do not have access to the model", {}, "permission-model-not-in-plan"),
    ],
)  # fmt: skip
def test_a_403_that_gives_no_reason_is_not_about_the_model(message, error, label):
    assert refused(403, message, **error) == label


@pytest.mark.parametrize(
    ("had_key", "name"), [(False, "auth-no-key"), (True, "auth-bad-key-as-400")]
)
def test_a_refused_key_inside_a_success_is_none_where_none_was_sent(had_key, name):
    error = ErrorBody(message="Invalid API key", in_band=True, shape="error")

    assert classify(Attempt(status=200, had_key=had_key, error=error), Quirks()).label == name


def test_a_backend_without_a_key_of_its_own_has_shown_the_gateways():
    error = ErrorBody(message="Invalid API key", in_band=True, shape="error")
    passed_on = Attempt(status=200, headers={"x-gatewayz-gateway": "groq"}, error=error)

    assert classify(passed_on, Quirks()).label == "auth-bad-key-as-400"


def test_a_status_inside_a_success_is_not_flattened():
    attempt = Attempt(
        status=200, had_key=True,
        error=ErrorBody(message="upstream returned 503", status=503, in_band=True, shape="error"),
    )  # fmt: skip

    assert besides(attempt, classify(attempt, Quirks()), Quirks()) == ()


@pytest.mark.parametrize(
    "begun", ['{"error": {"message": "Inte', '{"er', "{", '[{"error": ', "[\n"]
)
def test_json_that_broke_off_is_no_page_of_a_framework(begun):
    assert refused(500, begun, shape="text") == "server-500-json"


@pytest.mark.parametrize("trace", ["Traceback (most recent call last)", "[error] at main.js:3"])
def test_a_trace_in_words_is_a_page_of_a_framework(trace):
    assert refused(500, trace, shape="text") == "server-500-html-trace"


@pytest.mark.parametrize(
    ("status", "headers", "label"),
    [
        (304, {}, "protocol"),
        (304, {"location": "https://other.example/v1"}, "protocol"),
        (302, {}, "protocol"),
        (300, {}, "protocol"),
        (308, {"location": "https://other.example/v1"}, "moved-endpoint"),
        (410, {}, "moved-endpoint"),
    ],
)
def test_a_redirect_that_leads_nowhere_tells_of_no_move(status, headers, label):
    attempt = Attempt(status=status, headers=headers, url="https://a.example/v1", had_key=True)

    assert classify(attempt, Quirks()).label == label


def test_an_empty_500_is_told_from_one_that_speaks():
    assert refused(500, "", size=0, shape="text") == "server-500-empty"


@pytest.mark.parametrize("outer", [400, 500, 502, 520])
@pytest.mark.parametrize(
    ("error", "label"),
    [
        ({"message": "Rate limit exceeded", "status": 429}, "rate-limit-no-hint"),
        ({"message": "no", "status": 401}, "auth-bad-key"),
        ({"message": "Error code: 503 - overloaded", "status": None}, "overloaded"),
    ],
)
def test_a_flattened_status_is_seen_through_and_told(outer, error, label):
    attempt = Attempt(status=outer, had_key=True, error=ErrorBody(shape="error", **error))

    found = classify(attempt, Quirks())

    assert found.label == label
    assert [f.kind for f in besides(attempt, found, Quirks())] == ["status-flattened"]


def test_a_status_that_agrees_with_its_body_is_not_flattened():
    attempt = Attempt(status=429, error=ErrorBody(message="slow", status=429, shape="error"))

    assert besides(attempt, classify(attempt, Quirks()), Quirks()) == ()


def test_a_stalled_error_body_is_named_and_its_status_told_besides():
    fault = WireFault(name=FaultName.TIMEOUT, phase=Phase.BODY, timer="error-body")
    silent = Attempt(status=503, fault=fault, error=ErrorBody(message="", shape="text"))
    spoke = Attempt(status=503, fault=fault, error=ErrorBody(message="Model is loading"))

    found = classify(silent, Quirks())

    assert found.kind == "error-body-stall"
    assert [f.kind for f in besides(silent, found, Quirks())] == ["overloaded"]
    assert classify(spoke, Quirks()).kind == "cold-start-503"


@pytest.mark.parametrize(
    ("error", "streamed", "label"),
    [
        ({"message": "x", "status": 402}, False, "billing-error-in-200"),
        ({"message": "x", "status": 429}, True, "rate-limit-in-200"),
        ({"message": "x", "status": 502}, False, "server-error-in-200"),
        ({"message": "maximum context length"}, True, "context-overflow-in-stream"),
        ({"message": "x", "type": "overloaded_error"}, True, "overloaded"),
        ({"message": "x", "shape": "event"}, True, "sse-error-event"),
        ({"message": "x", "shape": "error"}, True, "sse-error-object"),
        ({"message": "x", "shape": "string"}, False, "error-as-bare-string"),
        ({"message": "x", "shape": "flat"}, False, "error-body-odd-shapes"),
        ({"message": "x", "shape": "finish"}, False, "server-error-in-200"),
        ({"message": "x", "shape": "finish"}, True, "server-error-in-200"),
    ],
)
def test_an_error_inside_a_success_is_named(error, streamed, label):
    attempt = Attempt(status=200, streamed=streamed, error=ErrorBody(in_band=True, **error))

    assert classify(attempt, Quirks()).label == label


def test_an_overload_after_some_text_is_one_in_mid_stream():
    attempt = Attempt(
        status=200, streamed=True, reply=Reply(text="half"),
        error=ErrorBody(message="x", type="overloaded_error", in_band=True),
    )  # fmt: skip

    assert classify(attempt, Quirks()).kind == "overloaded-mid-stream"


@pytest.mark.parametrize(
    ("phase", "timer", "reply", "size", "label"),
    [
        (Phase.DNS, "connect", None, 0, "connect-timeout"),
        (Phase.CONNECT, "connect", None, 0, "connect-timeout"),
        (Phase.TLS, "connect", None, 0, "tls-handshake-stall"),
        (Phase.HEADERS, "first-byte", None, 0, "first-byte-timeout"),
        (Phase.BODY, "idle", Reply(), 0, "headers-then-silence"),
        (Phase.FIRST_EVENT, "first-event", Reply(), 0, "headers-then-silence"),
        (Phase.FIRST_EVENT, "first-event", Reply(comments=3), 30, "keepalive-forever"),
        (Phase.BODY, "idle", Reply(text="x", events=1), 30, "stall-between-chunks"),
        (Phase.BODY, "idle", Reply(text="x", finish_reason="stop"), 30, "stall-before-end"),
        (Phase.BODY, "total", Reply(text="x", events=1), 30, "trickle"),
    ],
)
def test_each_silence_has_its_name(phase, timer, reply, size, label):
    attempt = Attempt(
        status=200 if reply else None, reply=reply, body_bytes=size, streamed=True,
        timing=Timing(total_s=10.0, last_byte_s=9.9),
        fault=WireFault(name=FaultName.TIMEOUT, phase=phase, timer=timer),
    )  # fmt: skip

    assert classify(attempt, Quirks()).label == label


def test_a_redirect_in_a_circle_is_told_from_one_that_leads_away():
    def moved(location):
        return classify(
            Attempt(status=307, url="http://h/v1/chat", headers={"location": location}), Quirks()
        ).kind

    assert moved("/v1/chat?hop=1") == "redirect-loop"
    assert moved("http://h/v1/chat") == "redirect-loop"
    assert moved("https://h/v1/chat") == "moved-endpoint"
    assert moved("http://[") == "moved-endpoint"


def test_words_of_the_body_overrule_a_gateways_bare_status():
    from gatewayz.core.phrases import Rule

    quirks = Quirks(rules=(Rule(kind="permission-gated-model", statuses=(403,)),))

    assert refused(403, "anything", quirks=quirks) == "permission-gated-model"
    assert refused(403, "Rate limit reached", quirks=quirks) == "rate-limit-as-403"


def test_a_gateways_own_rule_looks_at_statuses_fields_and_text():
    from gatewayz.core.phrases import Rule

    rule = Rule(kind="overloaded", statuses=(503,), fields="busy", text="later")
    error = ErrorBody(message="Try LATER", code="busy")

    assert rule.matches(503, error)
    assert not rule.matches(500, error)
    assert not rule.matches(503, ErrorBody(message="later", code="other"))
    assert not rule.matches(503, ErrorBody(message="now", code="busy"))
    assert rule.matches(200, ErrorBody(message="later", code="busy", status=503))


def test_what_our_own_backend_calls_an_error_is_believed_where_it_is_a_name():
    quirks = Quirks(names_failures=True)

    assert refused(500, "x", kind="overloaded", quirks=quirks) == "overloaded"
    assert refused(500, "x", failure_class="billing", quirks=quirks) == "billing"
    assert refused(500, "x", kind="no-such-name", quirks=quirks) == "server-500-json"


def test_what_the_backend_says_stopped_is_seen_closer_in_the_reply():
    told = ErrorBody(message="silence", kind="stall-between-chunks", in_band=True)
    whole = Reply(text="all of it", finish_reason="stop")

    def named(reply):
        attempt = Attempt(status=200, error=told, reply=reply)
        return classify(attempt, Quirks(names_failures=True)).kind

    assert named(whole) == "stall-before-end"
    assert named(Reply(text="half")) == "stall-between-chunks"


def test_a_key_that_was_never_sent_is_not_a_wrong_one_whatever_the_status():
    told = {"message": "API key not valid. Please pass a valid API key."}

    assert refused(400, **told) == "auth-bad-key-as-400"
    assert refused(400, **told, had_key=False) == "auth-no-key"


def test_an_absent_model_is_said_by_words_or_by_a_code():
    def says(**error):
        return says_no_such_model(Attempt(status=404, error=ErrorBody(**error)))

    assert says(message="The model does not exist or you do not have access to it")
    assert says(message="no", code="model_not_found")
    assert not says(message="Your plan does not include this model, upgrade it")
    assert not says_no_such_model(Attempt(status=404))


def test_a_sound_answer_has_no_failure_and_an_odd_one_that_of_its_shape():
    def named(*oddities):
        return classify(Attempt(status=200, reply=Reply(text="x", oddities=oddities)), Quirks())

    assert named() is None
    assert named("sse-missing-done") is None
    assert named("sse-missing-done", "choices-null").kind == "choices-null"
    assert classify(Attempt(), Quirks()) is None


@pytest.mark.parametrize("name", [*FaultName])
@pytest.mark.parametrize("phase", [*Phase])
def test_every_fault_of_the_wire_ends_in_a_class(name, phase):
    for status in (None, 200):
        fault = WireFault(name=name, phase=phase, timer="idle")
        found = classify(Attempt(status=status, fault=fault), Quirks())
        assert found.failure_class in CLASS_CULPRITS
        assert retry_of(found) in ("no", "yes", "hint", "once")


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_ends_in_a_class_with_evidence(status):
    found = classify(Attempt(status=status, had_key=True), Quirks())

    assert found.failure_class in CLASS_CULPRITS
    assert found.evidence


def test_evidence_is_bounded():
    assert len(failure("overloaded", "x" * 5000).evidence) <= 400
    assert len(unnamed("protocol", "x" * 5000).evidence) <= 400


def test_no_two_kinds_claim_one_status():
    claimed = [status for kind in KINDS.values() for status in kind.statuses]

    assert sorted(claimed) == sorted(BY_STATUS)


def test_a_status_inside_another_is_told_with_both_numbers():
    error = ErrorBody(message="Upstream answered 429: slow down", shape="error")
    attempt = Attempt(status=500, had_key=True, error=error, body_bytes=9)
    found = classify(attempt, Quirks())

    (also,) = besides(attempt, found, Quirks())
    assert (also.kind, also.evidence) == ("status-flattened", "HTTP 500 around HTTP 429")


@pytest.mark.parametrize(("gateway", "flattened"), [("xai", False), ("", True)])
def test_a_backend_that_passes_a_status_on_has_flattened_none(gateway, flattened):
    # The envelope's own word for whatever comes from behind; a gateway's says that it is another's.
    error = ErrorBody(
        message="Incorrect API key provided", type="upstream_error", shape="error", gateway=gateway
    )
    attempt = Attempt(status=400, had_key=True, error=error, body_bytes=9)
    found = classify(attempt, Quirks())

    assert found.kind == "auth-bad-key-as-400"
    assert [f.kind for f in besides(attempt, found, Quirks())] == ["status-flattened"] * flattened
