"""What an answer cost, under whichever name its gateway tells it."""

import asyncio

import pytest
from tests.pretending import gateways_and_keys

from gatewayz.client import HttpClient
from gatewayz.client.usage import read_usage
from gatewayz.core import ChatRequest
from gatewayz.core.timeouts import Timeouts
from gatewayz.simulator import running


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ({"cost": 0.5}, 0.5),
        ({"estimated_cost": 0.25}, 0.25),
        # The example of docs.x.ai/developers/cost-tracking: $0.0038.
        ({"cost_in_usd_ticks": 37_756_000}, 0.0037756),
        ({"cost_in_usd_ticks": 0}, 0.0),
        ({"cost": 0.5, "cost_in_usd_ticks": 1}, 0.5),
        ({"cost_in_usd_ticks": -1}, None),
        ({"cost_in_usd_ticks": "37756000"}, 0.0037756),
        ({"cost": "0.5"}, 0.5),
        ({"cost": "3.1E-05"}, 0.000031),
        ({"cost": None, "estimated_cost": 0.5}, 0.5),
        ({"cost": 0, "estimated_cost": 0.5}, 0.5),
        ({"cost": "$0.5", "estimated_cost": 0.25}, 0.25),
        ({"cost": "nan"}, None),
        ({"cost": "1e999"}, None),
        ({"cost_in_usd_ticks": True}, None),
        ({}, None),
    ],
)
def test_a_cost_is_read_in_dollars(usage, usd):
    assert read_usage(usage).cost_usd == usd


@pytest.mark.parametrize("stream", [False, True])
def test_xais_ticks_are_what_its_answer_costs(stream):
    async def ask(simulator):
        found, keys = gateways_and_keys(simulator)
        client = HttpClient(keys=keys, timeouts=Timeouts(total_s=20))
        request = ChatRequest(messages=({"role": "user", "content": "Hello"},), stream=stream)
        attempt = await client.attempt(found["xai"], "grok-4.20-0309-non-reasoning", request)
        await client.aclose()
        return attempt.reply.usage

    with running(seed=3) as simulator:
        usage = asyncio.run(asyncio.wait_for(ask(simulator), 20))

    # Its list: 2 and 6 USD per million tokens.
    expected = (usage.input_tokens * 2 + usage.output_tokens * 6) / 1e6
    assert usage.cost_usd == pytest.approx(expected, abs=1e-10)
