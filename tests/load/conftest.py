"""Load on a simulator, and on askers of our own where a moment has to be exact."""

import asyncio

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import Attempt, Gateway
from gatewayz.core.attempt import Reply, Timing, Usage
from gatewayz.core.load import Target
from gatewayz.core.timeouts import Timeouts
from gatewayz.load import Aim, LoadOrder, OneProcess, run_load
from gatewayz.load.prompts import prompts_of
from gatewayz.load.shapes import Bounds, read_levels, shape_of
from gatewayz.probes._delivery import DELIVERY
from gatewayz.simulator import running


def aim(name="groq", model="m", base="", **more):
    """A target that answers at `base`."""
    gateway = Gateway(name=name, base_url=base, key_required=False, **more)
    return Aim(target=Target(name=f"{name}/{model}", gateway=name, model_id=model), gateway=gateway)


def order(levels="2", unit="concurrency", *, aims=None, poisson=False, bounds=None, **more):
    """A load order with small defaults and no warm-up."""
    bounds = bounds or Bounds(requests=10)
    shape = shape_of(read_levels(levels, unit, f"--{unit}"), unit, bounds, poisson=poisson)
    values = {"prompts": prompts_of("short"), "checks": DELIVERY, "warm_up": 0, **more}
    return LoadOrder(aims=tuple(aims or [aim()]), shape=shape, **values)


class Instant:
    """An asker that answers by itself, `takes_s` later; it knows what it was asked."""

    def __init__(self, takes_s=0.0, answer=None):
        self.asked = []
        self.most_at_once = self.at_once = 0
        self._takes_s, self._answer = takes_s, answer

    async def attempt(self, gateway, model_id, request, *, number=1, step=0):
        self.asked.append((gateway.name, request))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        takes = self._takes_s(len(self.asked)) if callable(self._takes_s) else self._takes_s
        try:
            await asyncio.sleep(takes)
        finally:
            self.at_once -= 1
        return self._answer(len(self.asked)) if self._answer else answered(takes)

    async def aclose(self):
        pass


def answered(latency_s=0.1, *, ttft_s=None, tokens=8, **more):
    """A whole streamed answer of eight words and as many tokens."""
    first = latency_s / 2 if ttft_s is None else ttft_s
    chunks = tuple(first + (latency_s - first) * at / 7 for at in range(8))
    return Attempt(
        status=200,
        streamed=True,
        reply=Reply(
            text="one two three four five six seven eight",
            finish_reason="stop",
            choices=1,
            content_kind="text",
            done_marker=True,
            usage=Usage(input_tokens=70, output_tokens=tokens, total_tokens=70 + tokens),
        ),
        timing=Timing(
            sent_s=0.0,
            first_byte_s=first,
            first_token_s=first,
            first_answer_s=first,
            last_content_s=latency_s,
            total_s=latency_s,
            chunks_s=chunks,
            chunk_count=8,
        ),
        **more,
    )


def run(told, asker=None, **more):
    """The result of an order under one asker in this process."""
    asker = asker or Instant()
    return asyncio.run(run_load(told, OneProcess(told, lambda: asker), **more))


@pytest.fixture(name="order")
def order_fixture():
    return order


@pytest.fixture(name="aim")
def aim_fixture():
    return aim


@pytest.fixture(name="run")
def run_fixture():
    return run


@pytest.fixture(name="answered")
def answered_fixture():
    return answered


@pytest.fixture
def instant():
    return Instant


@pytest.fixture(scope="session")
def quick():
    """A simulator that answers almost at once."""
    with running(seed=3, latency_s=0.005, gap_s=0.0005) as simulator:
        yield simulator


@pytest.fixture
def at_simulator():
    """Targets of a simulator, and what makes a client for them: a function of it and the models."""

    def found(simulator, *names):
        variables = simulator.variables()
        aims = []
        for name in names:
            gateway, _, model = name.partition("/")
            model = model or simulator.shelf(gateway)[0].id
            aims.append(aim(gateway, model, variables[f"{gateway.upper()}_BASE_URL"]))
        keys = {one.gateway.name: variables[f"{one.gateway.name.upper()}_API_KEY"] for one in aims}

        def client():
            return HttpClient(keys=lambda gateway: keys[gateway.name], timeouts=Timeouts())

        return aims, client

    return found
