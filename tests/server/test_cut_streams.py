"""A stream whose end only its connection's end tells, and which ends amid an event, was cut."""

import asyncio
import json
from dataclasses import replace

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import ChatRequest, Timeouts
from gatewayz.core.failures import classify
from gatewayz.gateways import through_api

CUT = "sse-missing-finish"


@pytest.fixture
def until_closed(wire):
    """The head of a stream with neither a length nor chunks."""
    return wire.head("200 OK", "text/event-stream", Connection="close")


def error_in(body):
    return json.loads(body.rstrip(b"\n").split(b"\n")[-1].removeprefix(b"data: "))["error"]


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.6], ids=["at once", "soon", "line passed on"])
@pytest.mark.parametrize("length", [7, 20, -3])
def test_it_ends_with_an_error_event_and_no_end_mark(
    backend, provider, wire, until_closed, pause, length
):
    whole, half = wire.event("one"), wire.event("two")[:length]
    provider.script = [until_closed + whole + half, pause, "close"]

    answer = backend.chat(stream=True)

    assert answer.status == 200
    assert answer.body.startswith(whole)
    assert b"[DONE]" not in answer.body
    error = error_in(answer.body)
    assert (error["kind"], error["class"], error["gateway"]) == (CUT, "protocol", "acme")


def test_the_same_goes_for_one_that_a_server_in_between_ended_in_good_order(
    backend, provider, wire
):
    provider.script = [wire.STREAM + wire.chunk(wire.event("one")), 0.05,
                       wire.chunk(wire.event("two")[:-9]) + wire.LAST]  # fmt: skip

    assert error_in(backend.chat(stream=True).body)["kind"] == CUT


@pytest.mark.parametrize(
    "last",
    [b"data: [DONE]", b'data: {"choices":[]}', b"data: [DONE]\n", b": ping", b"data: so long"],
)
def test_one_that_only_lacks_its_last_line_s_end_passes_as_it_is(
    backend, provider, wire, until_closed, last
):
    said = wire.event("one") + last
    provider.script = [until_closed + said, "close"]

    assert backend.chat(stream=True).body == said


def test_the_log_says_so(own_backend, provider, wire, until_closed, logged):
    provider.script = [until_closed + wire.event("one"), 0.05, wire.event("two")[:20], "close"]

    own_backend.chat(stream=True)

    (line,) = logged(1)
    assert (line["status"], line["kind"]) == ("200", CUT)


def test_the_tester_calls_it_the_same_directly_and_through_the_backend(
    backend, provider, acme, wire, until_closed
):
    provider.script = [until_closed + wire.event("one") + wire.event("two")[:-9], "close"]
    request = ChatRequest(messages=({"role": "user", "content": "hi"},), stream=True)

    async def named(gateway):
        client = HttpClient(keys=lambda _: wire.KEY, timeouts=Timeouts(total_s=10))
        attempt = await client.attempt(gateway, "one", request)
        await client.aclose()
        return classify(attempt, gateway.quirks).kind

    api = through_api(acme, backend.base)
    found = [asyncio.run(named(one)) for one in (acme, replace(api, key_required=False))]

    assert found == [CUT, CUT]
