"""The peers by themselves, asked by a plain client: what our own client meets behind them."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def groq(simulator):
    variables = simulator.variables()
    return {
        "x_portkey_custom_host": variables["GROQ_BASE_URL"],
        "authorization": f"Bearer {variables['GROQ_API_KEY']}",
    }


def listening_addresses(url):
    """Where the server of a URL listens, as the kernel writes it (Linux)."""
    port = f"{urlsplit(url).port:04X}"
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            pytest.skip("this system does not list its sockets under /proc")
        for line in table.read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, local_port = local.partition(":")
            if state == "0A" and local_port == port:
                found.add(address)
    return found


class TestPortkey:
    def test_it_listens_on_loopback_alone(self, portkey_gateway):
        assert listening_addresses(portkey_gateway.url) == {"0100007F"}

    def test_it_passes_a_chat_on_to_the_real_engine(self, portkey_gateway, tiny_engine):
        reply = portkey_gateway.chat("tiny", x_portkey_custom_host=tiny_engine)

        assert reply.status == 200
        assert reply.json["choices"][0]["message"]["content"] == "Test successful"
        assert reply.json["usage"]["completion_tokens"] > 0
        assert reply.headers["x-portkey-provider"] == "openai"

    def test_it_streams_from_the_real_engine(self, portkey_gateway, tiny_engine):
        reply = portkey_gateway.chat("tiny", stream=True, x_portkey_custom_host=tiny_engine)

        assert reply.status == 200
        assert reply.streamed_text == "Test successful"
        assert reply.events[-1] == "[DONE]"

    def test_it_lists_the_models_of_its_upstream(self, portkey_gateway, tiny_engine):
        reply = portkey_gateway.get("/v1/models", x_portkey_custom_host=tiny_engine)

        assert [model["id"] for model in reply.json["data"]] == ["tiny"]

    def test_it_passes_a_chat_and_a_stream_on_to_the_simulator(self, portkey_gateway, groq):
        whole = portkey_gateway.chat("llama-3.3-70b-versatile", **groq)
        streamed = portkey_gateway.chat("llama-3.3-70b-versatile", stream=True, **groq)

        assert whole.json["choices"][0]["message"]["content"] == "Test successful"
        assert streamed.streamed_text == "Test successful"

    def test_an_upstream_error_keeps_its_status(self, portkey_gateway, simulator, groq):
        reply = portkey_gateway.chat(
            "llama-3.3-70b-versatile", **{**groq, "authorization": "Bearer sk-wrong"}
        )

        assert reply.status == 401
        assert reply.json["provider"] == "openai"


class TestLiteLLM:
    def test_it_listens_on_loopback_alone(self, litellm_proxy):
        assert listening_addresses(litellm_proxy.url) == {"0100007F"}

    def test_it_passes_a_chat_on_to_the_real_engine(self, litellm_proxy):
        reply = litellm_proxy.chat("tiny")

        assert reply.status == 200
        assert reply.json["choices"][0]["message"]["content"] == "Test successful"
        assert reply.json["usage"]["completion_tokens"] > 0

    def test_it_streams_from_the_real_engine(self, litellm_proxy):
        reply = litellm_proxy.chat("tiny", stream=True)

        assert reply.status == 200
        assert reply.streamed_text == "Test successful"
        assert reply.events[-1] == "[DONE]"

    def test_it_passes_a_chat_on_to_the_simulator(self, litellm_proxy):
        reply = litellm_proxy.chat("simulated")

        assert reply.status == 200
        assert reply.json["choices"][0]["message"]["content"] == "Test successful"

    def test_it_lists_its_models(self, litellm_proxy):
        reply = litellm_proxy.get("/v1/models")

        assert {model["id"] for model in reply.json["data"]} == {"tiny", "simulated", "broken"}

    def test_a_wrong_key_is_refused(self, litellm_proxy):
        reply = litellm_proxy.chat("tiny", authorization="Bearer sk-wrong")

        assert reply.status in {400, 401}
