"""Nobody's answer, key or connection reaches another, and no address but the configured ones is called."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.waiting import until

from gatewayz.core import client_key
from gatewayz.server import key_ring

ROUTES = {
    "/v1/chat/completions": "messages",
    "/v1/completions": "prompt",
    "/v1/embeddings": "input",
    "/v1/responses": "input",
}


@pytest.mark.parametrize("path", ROUTES)
def test_on_every_route_a_client_that_leaves_takes_the_upstream_along(backend, provider, path):
    provider.script = ["watch"]
    body = json.dumps({"model": "acme/one", ROUTES[path]: ["x"]})
    connection = backend.connect()
    connection.request("POST", path, body)
    until(provider.chats)
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    left = time.monotonic()
    until(lambda: provider.chats()[0].left_at)

    assert provider.chats()[0].left_at - left < 1.0


def test_of_many_at_once_each_gets_its_own_answer_though_others_leave(in_front):
    """Connections to providers are used again; one that was left in the middle must not be."""

    def ask(number):
        text, stream = f"this is for {number} alone", number % 3 == 0
        body = {
            "model": "groq/llama-3.3-70b-versatile",
            "messages": [{"role": "user", "content": f'Respond with: "{text}"'}],
            "stream": stream,
        }
        connection, response = in_front.send("POST", "/v1/chat/completions", body)
        with connection, response:
            if number % 4 == 0:
                response.read(20)
                return None
            answer = response.read().decode()
        if not stream:
            return json.loads(answer)["choices"][0]["message"]["content"] == text
        events = [line[6:] for line in answer.splitlines() if line.startswith("data: {")]
        deltas = [choice["delta"] for event in events for choice in json.loads(event)["choices"]]
        return "".join(delta.get("content") or "" for delta in deltas) == text

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(200)))

    assert found.count(True) == 150
    assert False not in found


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Moved", "308 Moved"])
def test_a_list_that_moved_is_not_followed(own_backend, provider, new_provider, wire, status):
    other = new_provider()
    provider.models = [wire.whole(b"", status, Location=f"{other.url}/models")]

    answer = own_backend.get("/models?gateway=acme")

    assert (answer.status, answer.error["kind"]) == (502, "moved-endpoint")
    assert other.url not in str(answer)
    assert other.calls == []


def test_a_list_whose_next_page_is_elsewhere_is_not_followed(own_backend, provider, new_provider):
    other = new_provider()
    pages = {"data": [{"id": "one"}], "next": f"{other.url}/models", "has_more": True}
    provider.models = json.dumps(pages).encode()

    own_backend.get("/models?gateway=acme")

    assert len(provider.calls) == 1
    assert other.calls == []


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "http://169.254.169.254/latest"},
        {"model": "acme/../../admin"},
        {"model": "acme/one", "provider": "http://169.254.169.254/"},
        {"model": "acme/one", "fallbacks": ["http://169.254.169.254/x"]},
    ],
)
def test_a_model_or_a_gateway_is_a_name_and_no_address(backend, provider, fields):
    backend.chat(**fields)

    assert {call.path for call in provider.chats()} <= {"/v1/chat/completions"}


@pytest.mark.parametrize("field", ["retry-after", "x-ratelimit-reset", "content-type"])
@pytest.mark.parametrize("status", ["200 OK", "429 Too Many"])
def test_odd_bytes_in_a_providers_header_are_no_trouble_of_ours(
    backend, provider, wire, field, status
):
    odd = f"HTTP/1.1 {status}\r\n{field}: ".encode() + b"a\xff\xe9\xc3\xa9\tb" * 300
    provider.script = [odd + b"\r\ncontent-length: 2\r\n\r\n{}"]

    answer = backend.chat()

    assert answer.status == int(status[:3])
    assert len(answer.headers.get(field, "")) <= 3000


def test_every_wrong_key_takes_the_same_steps(start, acme, monkeypatch):
    """One digest and one comparison each, so that none is told from another by its time."""
    client = start(acme, GATEWAYZ_API_KEY="gw-our-own-key-of-this-test")
    steps = []
    digest_of, compare = client_key.Digester.__call__, key_ring.hmac.compare_digest

    def noted(name, work):
        return lambda *given: (steps.append(name), work(*given))[1]

    monkeypatch.setattr(client_key.Digester, "__call__", noted("digest", digest_of))
    monkeypatch.setattr(key_ring.hmac, "compare_digest", noted("compare", compare))
    taken = []
    for shown in (None, "", "Bearer", "Bearer x", "Basic x", "gw-our-own-key-of-this-test"):
        steps.clear()
        answer = client.get("/v1/models", **({} if shown is None else {"authorization": shown}))
        taken.append((answer.status, *steps))

    assert set(taken) == {(401, "digest", "compare")}
