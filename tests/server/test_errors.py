"""What goes wrong upstream keeps its status, its class and its hint; secrets stay here."""

import asyncio
import base64
import json
import socket
from dataclasses import replace

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import ChatRequest, Gateway, Timeouts, classify
from gatewayz.gateways import find_gateway, through_api
from gatewayz.server.refusals import Refusal

OPENAI_FIELDS = {"message", "type", "param", "code"}


def test_a_providers_error_keeps_status_words_and_fields(backend, provider, wire):
    body = b'{"error":{"message":"No such model: one","type":"bad","param":"model","code":"gone"}}'
    provider.script = [wire.whole(body, "404 Not Found")]

    answer = backend.chat()

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.error == {
        "message": "No such model: one",
        "type": "bad",
        "param": "model",
        "code": "gone",
        "kind": "model-not-found",
        "class": "not-found",
        "gateway": "acme",
    }


def test_what_an_id_spells_is_no_word_of_the_error_around_it(backend, provider, wire):
    body = '{"error":{"message":"モデル provider:hub/one が見つかりません"}}'.encode()
    provider.script = [wire.whole(body, "404 Not Found")]

    answer = backend.chat(model="acme/provider:hub/one")

    assert answer.error["kind"] == "model-not-found"


def test_a_rate_limit_keeps_when_to_come_back(backend, provider, wire):
    provider.script = [
        wire.whole(b"{}", "429 Too Many", Retry_After="7", X_RateLimit_Remaining_Requests="0")
    ]

    answer = backend.chat()

    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"
    assert answer.error["kind"] == "rate-limit"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"y" * 200_000 + b"\r\n", "the header block passes the cap"),
        (b"HTTP/1.1 304 Not Modified\r\n", "HTTP 304 is no answer to this"),
    ],
)
def test_what_no_kind_of_failure_is_named_for_is_told_in_words(backend, provider, head, told):
    provider.script = [head + b"Content-Length: 0\r\n\r\n"]
    answer = backend.chat()

    assert answer.status == 502
    assert answer.error["message"] == f"acme: {told}"


def test_a_hint_in_the_body_becomes_a_header(backend, provider, wire):
    body = b'{"error":"Model acme/one is currently loading","estimated_time":20.4}'
    provider.script = [wire.whole(body, "503 Service Unavailable")]

    answer = backend.chat()

    assert (answer.status, answer.headers["retry-after"]) == (503, "21")
    assert answer.error["kind"] == "cold-start-503"


@pytest.mark.parametrize(
    ("error", "header"),
    [
        ({"message": "Rate limit. Please try again in 1h2m3.5s"}, "3724"),
        ({"message": "Rate limit", "retry_after": 1e308}, str(366 * 86400)),
    ],
)
def test_a_hint_in_the_body_is_told_whole_and_within_bounds(backend, provider, wire, error, header):
    provider.script = [wire.whole(json.dumps({"error": error}).encode(), "429 Too Many")]

    assert backend.chat().headers["retry-after"] == header


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"code": "slow_down", "message": "Wait."}, "429 Too Many", "slow_down"),
        (
            {"code": "slow_down", "reason": "quota", "message": "Wait."},
            "429 Too Many",
            "rate-limit-no-hint",
        ),
        ({"estimated_time": 20, "message": "Loading."}, "503 Unavailable", "cold-start-503"),
    ],
)
def test_a_code_is_the_providers_only_where_it_told_one(
    backend, provider, wire, body, status, code
):
    provider.script = [wire.whole(json.dumps({"error": body}).encode(), status)]

    assert backend.chat().error["code"] == code


@pytest.mark.parametrize(
    ("status", "type"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "invalid_request_error"),
        (429, "rate_limit_error"),
    ],
)
def test_a_refusal_of_ours_is_called_by_its_status(status, type):
    assert json.loads(Refusal(status, "no").envelope())["error"]["type"] == type


def test_a_status_inside_the_body_is_kept_beside_the_outer_one(backend, provider, wire):
    provider.script = [wire.whole(b'{"error":{"message":"slow down","code":429}}', "400 Bad")]

    answer = backend.chat()

    assert (answer.status, answer.error["status"]) == (400, 429)


@pytest.mark.parametrize("form", ["plain", "base64", "cut"])
def test_a_key_that_a_provider_echoes_reaches_neither_client_nor_log(
    own_backend, provider, wire, logged, form
):
    key = "acme-secret-key-0123456789"
    shown = {"plain": key, "base64": base64.b64encode(key.encode()).decode(), "cut": key[:12]}[form]
    body = json.dumps({"error": {"message": f"bad key {shown}", "code": shown}}).encode()
    provider.script = [wire.whole(body, "401 Unauthorized", X_RateLimit_Key="x")]

    answer = own_backend.chat()

    assert answer.status == 401
    assert shown not in answer.body.decode()
    assert shown not in str(logged(1))


def test_an_error_that_never_ends_still_has_its_status(start, acme, provider, wire):
    provider.script = [wire.head("500 Oops", Content_Length=100), b'{"error":', "watch"]

    answer = start(acme, GATEWAYZ_TIMEOUT="1").chat()

    assert (answer.status, answer.error["gateway"]) == (500, "acme")


def test_a_redirect_is_not_followed_and_not_passed_on(backend, provider, wire):
    provider.script = [wire.whole(b"", "307 Moved", Location="http://10.0.0.7/v1")]

    answer = backend.chat()

    assert (answer.status, answer.error["kind"]) == (502, "moved-endpoint")
    assert "10.0.0.7" not in str(answer)
    assert len(provider.chats()) == 1


@pytest.mark.parametrize(
    ("script", "status", "kind"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "close"], 502, "short-content-length"),
        ([b"not http at all\r\n\r\n", "close"], 502, "http-malformed"),
        (["close"], 502, "closed-without-response"),
        (["reset"], 502, "reset-before-response"),
        (["watch"], 504, "first-byte-timeout"),
        (
            [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"],
            502,
            "gzip-undeclared",
        ),
        (
            [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
            502,
            "http-conflicting-length",
        ),
    ],
)
def test_a_broken_wire_has_a_status_a_kind_and_no_address(
    start, acme, provider, script, status, kind
):
    provider.script = script
    client = start(acme, GATEWAYZ_TIMEOUT="0.7")

    answer = client.chat()

    assert (answer.status, answer.error["kind"]) == (status, kind)
    assert set(answer.error) >= OPENAI_FIELDS
    assert provider.url.split("/")[2] not in answer.body.decode()


def test_a_provider_that_is_not_there_is_a_502(start, acme):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    answer = start(acme.at(f"http://127.0.0.1:{port}/v1")).chat()

    assert (answer.status, answer.error["kind"]) == (502, "connection-refused")
    assert (answer.error["class"], answer.error["gateway"]) == ("network", "acme")
    assert str(port) not in answer.body.decode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html>log in</html>", "text/html"),
        (b'{"id": "c1", "choi', "application/json"),
        (b"", "application/json"),
        (b'{"error":{"message":"no credit","code":402}}', "application/json"),
    ],
)
def test_what_was_delivered_is_passed_on_however_odd(backend, provider, wire, body, content_type):
    provider.script = [wire.whole(body, content_type=content_type)]

    answer = backend.chat()

    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == content_type


def test_a_status_that_is_none_becomes_a_502(backend, provider, wire):
    provider.script = [wire.whole(b"{}", "799 Odd")]

    assert backend.chat().status == 502


def test_unknown_paths_and_methods_get_the_envelope(backend):
    nowhere, wrong = backend.get("/v2/chat"), backend.ask("DELETE", "/v1/models")

    assert (nowhere.status, nowhere.error["code"]) == (404, "path_not_found")
    assert (wrong.status, wrong.error["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["allow"]


# Faults that come in one wording, so that both ways meet the same one. The simulator speaks all.
FAULTS = [
    "bad-gateway-html", "closed-without-response", "cold-start-503", "edge-timeout-524",
    "empty-200", "endpoint-not-found", "html-with-200", "http-malformed",
    "incomplete-chunked-read", "json-truncated", "model-not-found", "moved-endpoint",
    "overloaded", "payload-too-large-413", "permission-region", "plain-answered-with-stream",
    "rate-limit", "rate-limit-as-403", "rate-limit-no-hint", "reset-before-response",
    "reset-mid-body", "server-500-empty", "short-content-length", "sse-missing-finish",
    "stream-answered-with-json", "validation-422",
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
def test_the_tester_calls_a_failure_the_same_through_the_backend(in_front, simulator, stream):
    environ = simulator.variables()
    direct = find_gateway("groq", environ=environ)
    limits = Timeouts(first_byte_s=5, total_s=5)

    async def told(client, gateway, fault):
        messages = ({"role": "user", "content": "hi"},)
        request = ChatRequest(messages=messages, stream=stream)
        attempt = await client.attempt(gateway, f"fault/{fault}", request)
        found = classify(attempt, gateway.quirks)
        return found and found.failure_class

    async def both_ways():
        at_it = HttpClient(keys=lambda _: environ["GROQ_API_KEY"], timeouts=limits)
        through = HttpClient(keys=lambda _: None, timeouts=limits)
        api = through_api(direct, in_front.base)
        pairs = {
            fault: (await told(at_it, direct, fault), await told(through, api, fault))
            for fault in FAULTS
        }
        await at_it.aclose()
        await through.aclose()
        return pairs

    pairs = asyncio.run(both_ways())

    assert {fault: pair for fault, pair in pairs.items() if pair[0] != pair[1]} == {}


def test_a_gateway_in_front_of_a_gateway_keeps_the_class(start, acme, provider, settings_with):
    provider.script = ["reset"]
    inner = start(acme)
    outer_gateway = replace(through_api(acme, inner.base), name="acme")

    answer = start(outer_gateway).chat(provider="acme", model="one")

    assert (answer.status, answer.error["kind"]) == (502, "reset-before-response")


def test_a_key_that_cannot_be_sent_is_a_clear_error(start, provider):
    gateway = Gateway(name="acme", base_url=provider.url, key_env="ACME_API_KEY")

    answer = start(gateway, ACME_API_KEY="two\nlines").chat()

    assert answer.error["type"] == "gateway_not_configured"
    assert answer.error["kind"] == "auth-key-with-newline"
    assert "line end" in answer.error["message"]
    assert provider.calls == []


BUSY = b'{"error":{"message":"the model is overloaded","code":503}}'


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_within_a_success_is_one_for_log_and_traffic(
    own_backend, provider, wire, logged, streamed, slow
):
    """It is passed on as it came; what counts successes knows better."""
    pause = [0.1] if slow else []
    event = b"data: " + BUSY + b"\n\n"
    if streamed:
        pieces = [wire.chunk(wire.event("a")), *pause, wire.chunk(event), wire.LAST]
        provider.script = [wire.STREAM, *pieces]
    else:
        provider.script = [wire.head(Content_Length=len(BUSY)), BUSY[:5], *pause, BUSY[5:]]

    answer = own_backend.chat(stream=streamed)

    assert answer.status == 200
    assert answer.body == (wire.event("a") + event if streamed else BUSY)
    (line,) = logged(1)
    assert (line["status"], line["kind"]) == ("200", "overloaded")
    (seen,) = own_backend.get("/health/gateways").json["data"]
    assert seen["traffic"]["failures"] == {"unavailable": 1}
    assert seen["traffic"]["success_rate"] == 0.0


IN_CHOICE = {"choices": [{"error": {"message": "no", "code": 429}}]}
FLAT = {"code": "Throttling.RateQuota", "message": "Requests throttled"}
FAILED = {"type": "response.failed", "response": {"error": {"message": "slow down", "code": 429}}}


@pytest.mark.parametrize(
    ("path", "document", "before"),
    [
        ("chat/completions", IN_CHOICE, None),
        ("chat/completions", FLAT, None),
        ("chat/completions", {"base_resp": {"status_code": 429, "status_msg": "no"}}, None),
        ("chat/completions", IN_CHOICE, b""),
        ("chat/completions", FLAT, b""),
        ("chat/completions", {"message": "rate limit reached"}, b"event: error\n"),
        ("responses", FAILED, b"event: response.failed\n"),
    ],
)
def test_an_error_within_a_success_is_known_in_whatever_shape(
    own_backend, provider, wire, logged, path, document, before
):
    """`before` stands before the line of a stream; None where the answer is a document."""
    data, streamed = json.dumps(document).encode(), before is not None
    provider.script = [wire.whole(data)]
    if streamed:
        event = wire.event("a") + before + b"data: " + data + b"\n\n"
        provider.script = [wire.STREAM, wire.chunk(event), wire.LAST]

    asked = {"model": "acme/one", "messages": [], "input": "hi", "stream": streamed}
    answer = own_backend.ask("POST", f"/v1/{path}", asked)

    assert answer.status == 200
    (line,) = logged(1)
    assert (line["status"], line["kind"]) == ("200", "rate-limit-in-200")
    (seen,) = own_backend.get("/health/gateways").json["data"]
    assert seen["traffic"]["failures"] == {"rate-limit": 1}
