"""Gateways that are a client's own functions are served like the others."""

import json
import math
import sys
import threading
import time

import pytest

from gatewayz.core import Calls, Gateway

DOCUMENT = {"id": "c1", "choices": [{"message": {"content": "hé"}, "finish_reason": "stop"}]}
CHUNKS = [{"choices": [{"delta": {"content": text}}]} for text in ("a", "b")]


def _gateway(**functions):
    calls = {"list_models": lambda: ["m1", "m2"], "request": lambda *_a, **_o: DOCUMENT}
    return Gateway(name="mine", key_required=False, calls=Calls(**{**calls, **functions}))


def test_its_models_are_listed(start):
    client = start(_gateway())

    assert [e["id"] for e in client.get("/models?gateway=mine").json["data"]] == ["m1", "m2"]


def test_its_answer_is_given_as_json(start):
    seen = {}

    def request(messages, model, **options):
        seen.update(messages=messages, model=model, options=options)
        return DOCUMENT

    answer = start(_gateway(request=request)).chat(model="mine/m1", max_tokens=5, user="u")

    assert (answer.status, answer.json) == (200, DOCUMENT)
    assert answer.headers["x-gatewayz-gateway"] == "mine"
    assert seen["model"] == "m1"
    assert seen["messages"] == [{"role": "user", "content": "hi"}]
    assert seen["options"] == {"max_tokens": 5, "user": "u"}


@pytest.mark.parametrize("streamed", [False, True])
def test_its_time_and_ours_and_what_it_is_not_given_are_told(start, streamed):
    def slow(messages, model, **options):
        assert not {"provider", "stream_options"} & set(options)
        time.sleep(0.3)
        return iter(CHUNKS) if streamed else DOCUMENT

    given = {"stream": True, "stream_options": {"include_usage": True}} if streamed else {}
    client = start(_gateway(request=slow, stream=slow))
    headers = client.chat(model="mine/m1", provider={"order": ["a"]}, **given).headers

    assert int(headers["x-gatewayz-upstream-us"]) >= 300_000
    assert 0 < int(headers["x-gatewayz-overhead-us"]) < 300_000
    dropped = "stream_options=, provider=" if streamed else "provider="
    assert headers["x-gatewayz-adapted"] == dropped


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_null(start, number):
    answer = start(_gateway(request=lambda *_a, **_o: {**DOCUMENT, "odd": number, "text": "NaN"}))

    odd = answer.chat(model="mine/m1")

    strict = json.loads(odd.body, parse_constant=pytest.fail)
    assert (strict["odd"], strict["text"]) == (None, "NaN")


def test_a_text_that_only_says_so_changes_nothing_elsewhere(start):
    given = {**DOCUMENT, "text": "NaN, Infinity", "large": 2**63, "odd": "\0\ud800"}
    client = start(_gateway(request=lambda *_a, **_o: given))

    assert client.chat(model="mine/m1").json == given


def test_its_async_functions_and_library_objects_are_understood(start):
    class Reply:
        def model_dump(self):
            return DOCUMENT

    async def request(messages, model, **options):
        return Reply()

    assert start(_gateway(request=request)).chat(model="m1").json == DOCUMENT


def test_its_chunks_become_events_with_an_end_mark(start):
    answer = start(_gateway(stream=lambda *_a, **_o: iter(CHUNKS))).chat(model="m1", stream=True)

    events = [line for line in answer.body.decode().split("\n\n") if line]
    assert answer.headers["content-type"] == "text/event-stream"
    assert [json.loads(e.removeprefix("data: ")) for e in events[:-1]] == CHUNKS
    assert events[-1] == "data: [DONE]"


def test_a_chunk_is_passed_on_before_the_next_one_is_made(start):
    async def stream(*_a, **_o):
        yield CHUNKS[0]
        while not seen.is_set():
            await _a_moment()
        yield CHUNKS[1]

    seen = threading.Event()
    client = start(_gateway(stream=stream))
    body = {"model": "m1", "messages": [], "stream": True}
    connection, response = client.send("POST", "/v1/chat/completions", body)
    with connection:
        first = response.read1()
        seen.set()
        rest = response.read()

    assert b'"a"' in first
    assert rest.endswith(b"data: [DONE]\n\n")


def test_a_function_that_raises_is_a_502_and_its_words_stay_in_the_log(start, logged):
    def request(*_a, **_o):
        raise RuntimeError("db password hunter2")

    answer = start(_gateway(request=request)).chat(model="m1")

    assert (answer.status, answer.error["class"]) == (502, "server-error")
    assert "hunter2" not in answer.body.decode()
    assert "hunter2" in logged(1)[0]["rest"]


def test_functions_that_exit_leave_the_server_running(start):
    def exits(*_a, **_o):
        sys.exit("MINE_API_KEY is not set")

    client = start(_gateway(list_models=exits, request=exits))
    listed = client.get("/models?gateway=mine")
    answer = client.chat(model="mine/m1")

    assert (listed.status, answer.status) == (502, 502)
    assert answer.error["class"] == "server-error"
    assert client.get("/health").status == 200


def test_a_stream_that_raises_in_the_middle_ends_with_an_error_event(start):
    def stream(*_a, **_o):
        yield CHUNKS[0]
        raise RuntimeError("gone")

    client = start(_gateway(stream=stream))
    answer = client.chat(model="m1", stream=True)

    assert answer.status == 200
    assert b"[DONE]" not in answer.body
    (seen,) = client.get("/health/gateways").json["data"]
    assert seen["traffic"]["failures"] == {"server-error": 1}
    assert json.loads(answer.body.split(b"data: ")[2])["error"]["class"] == "server-error"


KEY = "mine-secret-key/0123456789"


@pytest.mark.parametrize(
    "told", [{"error": {"message": KEY, "code": 401}}, {"choices": [], "a": KEY}]
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_a_function_returns_tells_no_key_that_it_has_found(start, streamed, told):
    functions = {"request": lambda *_a, **_o: told, "stream": lambda *_a, **_o: iter([told])}
    client = start(_gateway(**functions), MINE_API_KEY=KEY)

    answer = client.chat(model="mine/m1", stream=streamed)

    assert answer.status == 200
    assert KEY not in answer.body.decode()
    assert "*" * len(KEY) in answer.body.decode()


def test_an_answer_that_is_no_json_is_a_502(start):
    answer = start(_gateway(request=lambda *_a, **_o: object())).chat(model="m1")

    assert answer.status == 502


@pytest.mark.parametrize("stream", [False, True])
def test_a_function_that_takes_too_long_is_a_504(start, stream):
    async def slow(*_a, **_o):
        await _a_moment(5)

    client = start(_gateway(request=slow), GATEWAYZ_TIMEOUT="0.3")
    started = time.monotonic()
    answer = client.chat(model="m1", stream=stream)

    assert (answer.status, answer.error["class"]) == (504, "timeout")
    assert time.monotonic() - started < 3


async def _a_moment(seconds=0.01):
    import asyncio

    await asyncio.sleep(seconds)


@pytest.mark.parametrize("fallbacks", [[], ["mine/m2"]])
def test_what_functions_do_not_answer_is_no_failure_of_theirs(start, kept_at, recorded, fallbacks):
    client = start(_gateway(), GATEWAYZ_STORE=kept_at)
    body = {"model": "mine/m1", "input": "x", "fallbacks": fallbacks}

    answer = client.ask("POST", "/v1/embeddings", body)

    assert (answer.status, answer.error["code"]) == (404, "endpoint_not_found")
    assert answer.error["message"] == "mine has no /embeddings"
    assert "x-gatewayz-attempts" not in answer.headers
    (seen,) = client.get("/health/gateways").json["data"]
    assert (seen["traffic"]["requests"], seen["traffic"]["failures"]) == (0, {})
    told = client.get("/metrics").body.decode()
    assert 'gatewayz_requests_total{class="not-found",endpoint="/v1/embeddings",gateway=""' in told
    assert "gatewayz_passed_by_total{" not in told
    (record,) = recorded(1)
    assert (record.attempts, record.kind) == (0, "endpoint-not-found")


USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.25}


@pytest.mark.parametrize("streamed", [False, True])
def test_its_tokens_cost_and_times_are_recorded(start, kept_at, recorded, streamed):
    def request(*_a, **_o):
        time.sleep(0.1)
        return {**DOCUMENT, "usage": USAGE}

    def stream(*_a, **_o):
        time.sleep(0.1)
        yield from CHUNKS
        yield {"choices": [], "usage": USAGE}

    client = start(_gateway(request=request, stream=stream), GATEWAYZ_STORE=kept_at)
    answer = client.chat(model="mine/m1", stream=streamed)

    assert answer.status == 200
    (record,) = recorded(1)
    assert (record.kind, record.input_tokens, record.output_tokens) == ("", 3, 4)
    assert record.cost_usd == 0.25
    assert 0.1 <= record.upstream_s <= record.first_byte_s <= record.total_s
    told = client.get("/metrics").body.decode()
    assert 'gatewayz_tokens_total{direction="output",gateway="mine"} 4.0' in told


@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_that_its_function_returns_is_a_failure(start, logged, streamed):
    told = {"error": {"message": "rate limited", "code": 429}}
    functions = {"request": lambda *_a, **_o: told, "stream": lambda *_a, **_o: iter([told])}
    client = start(_gateway(**functions))

    answer = client.chat(model="mine/m1", stream=streamed)

    assert (answer.status, b"rate limited" in answer.body) == (200, True)
    assert logged(1)[0]["kind"] == "rate-limit-in-200"
    (seen,) = client.get("/health/gateways").json["data"]
    assert seen["traffic"]["failures"] == {"rate-limit": 1}
