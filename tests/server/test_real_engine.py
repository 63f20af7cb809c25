"""The backend in front of a real inference engine."""

import json

import pytest

from gatewayz import engine
from gatewayz.gateways import find_gateway

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine_url():
    reason = engine.available()
    if reason:
        pytest.skip(reason)
    with engine.running() as url:
        yield url


@pytest.fixture
def client(start, engine_url):
    base = engine_url if engine_url.endswith("/v1") else f"{engine_url}/v1"
    return start(find_gateway("local", environ={"LOCAL_BASE_URL": base}))


def test_a_model_answers_through_the_backend(client):
    model = client.get("/models?gateway=local").json["data"][0]["id"]
    messages = [{"role": "user", "content": 'Respond with: "Test successful"'}]

    answer = client.chat(provider="local", model=model, messages=messages, max_tokens=20)

    assert answer.status == 200
    assert answer.json["choices"][0]["message"]["content"].strip()
    assert answer.json["usage"]["completion_tokens"] > 0


def test_a_model_streams_through_the_backend(client):
    model = client.get("/models?gateway=local").json["data"][0]["id"]

    answer = client.chat(model=f"local/{model}", max_tokens=20, stream=True)

    events = [line[6:] for line in answer.body.decode().splitlines() if line.startswith("data: ")]
    texts = [c["delta"].get("content") or "" for e in events[:-1] for c in json.loads(e)["choices"]]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert events[-1] == "[DONE]"
    assert "".join(texts).strip()
