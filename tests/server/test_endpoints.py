"""The endpoints beside chat: passed on where the gateway has them, told plainly where it has not."""

import json
import time
from dataclasses import replace

import pytest

from gatewayz.core import Calls, Gateway, Quirks

FIELDS = {
    "completions": {"prompt": "Once"},
    "embeddings": {"input": ["a", "b"], "dimensions": 8},
    "responses": {"input": "hi", "instructions": "be brief"},
}


def post(client, path, **fields):
    return client.ask("POST", f"/v1/{path}", {"model": "acme/one", **fields})


@pytest.mark.parametrize("path", FIELDS)
def test_what_a_gateway_has_is_passed_both_ways_byte_for_byte(backend, provider, wire, path):
    body = b'{"object": "list",  "data": [{"embedding": [0.10]}], "usage": {"prompt_tokens": 2}}\n'
    provider.script = [wire.whole(body)]

    answer = post(backend, path, made_up=1, **FIELDS[path])

    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["x-gatewayz-gateway"] == "acme"
    call = provider.chats()[0]
    assert call.path == f"/v1/{path}"
    assert call.json == {"model": "one", "made_up": 1, **FIELDS[path]}


@pytest.mark.parametrize("path", FIELDS)
def test_a_stream_is_passed_as_it_comes(backend, provider, wire, path):
    events = [b"event: response.created\ndata: {}\n\n", b'data: {"delta": "x"}\n\n']
    provider.script = [wire.STREAM, *map(wire.chunk, events), wire.LAST]

    answer = post(backend, path, stream=True, **FIELDS[path])

    assert answer.body == b"".join(events)
    assert answer.headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("path", FIELDS)
@pytest.mark.parametrize("status", ["404 Not Found", "405 Method Not Allowed"])
def test_what_a_gateway_has_not_is_a_404_that_says_so(backend, provider, wire, path, status):
    provider.script = [wire.whole(b'{"detail": "Not Found"}', status)]

    answer = post(backend, path, **FIELDS[path])

    assert answer.status == 404
    assert answer.error["message"] == f"acme has no /{path}"
    assert answer.error["code"] == "endpoint_not_found"
    assert answer.error["kind"] == "endpoint-not-found"
    assert answer.error["gateway"] == "acme"


def test_a_model_that_is_not_there_is_not_taken_for_a_route(backend, provider, wire):
    body = {"error": {"message": "The model `one` does not exist", "code": "model_not_found"}}
    provider.script = [wire.whole(json.dumps(body).encode(), "404 Not Found")]

    answer = post(backend, "embeddings", **FIELDS["embeddings"])

    assert (answer.status, answer.error["kind"]) == (404, "model-not-found")


@pytest.mark.parametrize("path", FIELDS)
def test_the_field_it_is_about_is_needed(backend, provider, path):
    [needed] = {"prompt", "input"} & FIELDS[path].keys()

    answer = post(backend, path, messages=[])

    assert (answer.status, answer.error["param"]) == (400, needed)
    assert not provider.chats()


INSTEAD = [
    {"prompt": {"id": "pmpt_1"}},
    {"previous_response_id": "resp_1", "input": None},
    {"conversation": "conv_1"},
]


@pytest.mark.parametrize("fields", INSTEAD, ids=lambda fields: next(iter(fields)))
def test_a_response_goes_without_input_where_something_else_brings_it(backend, provider, fields):
    answer = post(backend, "responses", **fields)

    assert answer.status == 200
    assert provider.chats()[0].json == {"model": "one", **fields}


@pytest.mark.parametrize(
    ("path", "fields"),
    [("responses", {"prompt": None}), ("responses", {"prompt": {}, "input": 3}), ("embeddings", INSTEAD[0])],
)  # fmt: skip
def test_nothing_else_takes_the_place_of_input(backend, provider, path, fields):
    answer = post(backend, path, **fields)

    assert (answer.status, answer.error["param"]) == (400, "input")
    assert not provider.chats()


def test_dialects_of_chat_are_not_put_into_other_requests(start, provider, acme):
    client = start(replace(acme, quirks=Quirks(max_tokens_field="max_completion_tokens")))

    answer = post(client, "completions", prompt="x", max_tokens=5)

    assert provider.chats()[0].json["max_tokens"] == 5
    assert "x-gatewayz-adapted" not in answer.headers


def test_a_client_of_functions_has_chat_alone(start):
    functions = Calls(list_models=lambda: ["one"], request=lambda *_, **__: {"choices": []})
    client = start(Gateway(name="acme", calls=functions, key_required=False))

    answer = post(client, "embeddings", **FIELDS["embeddings"])

    assert (answer.status, answer.error["message"]) == (404, "acme has no /embeddings")


def test_a_slug_goes_to_portkey_as_it_stands(start, acme, provider, new_provider, wire):
    portkey = new_provider()
    gateway = Gateway(
        name="portkey", base_url=portkey.url, key_required=False, id_examples=("@google/gemini",)
    )
    client = start(acme, gateway)

    answer = client.chat(model="@my-groq/llama")

    assert answer.headers["x-gatewayz-gateway"] == "portkey"
    assert portkey.chats()[0].json["model"] == "@my-groq/llama"


def test_without_portkey_a_slug_names_the_gateway_that_has_it(start, acme, provider):
    client = start(replace(acme, portkey_slug="acme-ai"))

    answer = client.chat(model="@acme-ai/one")

    assert answer.headers["x-gatewayz-gateway"] == "acme"
    assert provider.chats()[0].json["model"] == "one"


def test_an_empty_slug_is_nobodys(start, acme):
    assert start(acme).chat(model="@/one").status == 404


def test_a_slug_that_nobody_has_is_a_model_that_nobody_lists(backend):
    answer = backend.chat(model="@nobody/one")

    assert (answer.status, answer.error["kind"]) == (404, "model-not-found")


def test_models_are_found_by_a_part_of_their_names(own_backend, provider):
    provider.models = b'{"data":[{"id":"Llama-3"},{"id":"qwen","name":"Big llama"},{"id":"phi"}]}'

    page = own_backend.get("/models?gateway=acme&search=LLAMA&limit=1").json

    assert [model["id"] for model in page["data"]] == ["Llama-3"]
    assert (page["total"], page["has_more"], page["search"]) == (2, True, "llama")


def test_our_time_and_the_providers_are_told_apart(backend, provider, wire):
    provider.script = [0.3, wire.whole(wire.COMPLETION)]

    headers = backend.chat().headers

    assert 300_000 <= int(headers["x-gatewayz-upstream-us"]) < 5_000_000
    assert 0 < int(headers["x-gatewayz-overhead-us"]) < 300_000


def test_an_answer_says_whether_a_connection_had_to_be_opened_for_it(backend, provider, wire):
    provider.script = [wire.whole(wire.COMPLETION), "close"]
    for _ in range(4):  # reading the model list has left connections of its own
        backend.chat()
    provider.script = [wire.whole(wire.COMPLETION)]

    said = [backend.chat().headers["x-gatewayz-upstream-connection"] for _ in range(2)]

    assert said == ["new", "reused"]


def test_a_slow_body_of_an_answer_is_the_providers_time(backend, provider, wire):
    half = len(wire.COMPLETION) // 2
    whole = wire.whole(wire.COMPLETION)
    provider.script = [whole[:-half], 0.3, whole[-half:]]

    headers = backend.chat().headers

    assert int(headers["x-gatewayz-upstream-us"]) >= 300_000
    assert int(headers["x-gatewayz-overhead-us"]) < 300_000


def test_errors_tell_the_times_too(backend, provider, wire):
    provider.script = [0.2, wire.whole(b'{"error": {"message": "busy"}}', "503 Busy")]

    answer = backend.chat()

    assert answer.status == 503
    assert int(answer.headers["x-gatewayz-upstream-us"]) >= 200_000


ERROR = b'{"error": {"message": "busy"}}'


@pytest.mark.parametrize("case", ["an error's body", "an end without a body", "a stale connection"])
def test_all_that_the_provider_is_waited_for_is_its_time(
    backend, provider, wire, monkeypatch, case
):
    waits = {
        "an error's body": [wire.head("503 Busy", Content_Length=len(ERROR)), 0.4, ERROR],
        "an end without a body": [wire.STREAM, 0.4, wire.LAST],
        "a stale connection": [0.4, "close"],
    }
    backend.chat()  # which leaves a connection
    monkeypatch.setattr(provider, "second", waits[case])

    headers = backend.chat().headers

    assert int(headers["x-gatewayz-overhead-us"]) < 300_000
    assert len(provider.chats()) == (3 if case == "a stale connection" else 2)


def test_a_body_that_the_client_sends_slowly_is_not_our_time(backend):
    body = json.dumps({"model": "acme/one", "messages": []}).encode()
    with backend.connect() as connection:
        connection.putrequest("POST", "/v1/chat/completions")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        connection.send(body[:10])
        time.sleep(0.4)
        connection.send(body[10:])
        response = connection.getresponse()

        assert response.status == 200
        assert int(response.getheader("x-gatewayz-overhead-us")) < 400_000
