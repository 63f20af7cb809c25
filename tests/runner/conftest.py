"""An executor that lives in memory, and what it takes to run an order with it."""

import asyncio
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests import hurried

from gatewayz.client import Listing
from gatewayz.core import (
    Attempt,
    ErrorBody,
    FaultName,
    Finding,
    Gateway,
    Limits,
    Model,
    Phase,
    Probe,
    Reply,
    Timing,
    WireFault,
)
from gatewayz.core.probe import ChatRequest
from gatewayz.runner import Lane, RollCall, RunFinished, roll_call


def says_something(seen):
    return None if seen.reply.usable else Finding(kind="empty-content", saw="nothing")


PROBE = Probe(
    name="chat",
    title="",
    request=lambda put: ChatRequest(messages=({"role": "user", "content": put.ask.message},),
                                    max_tokens=put.ask.max_tokens),
    checks=(says_something,),
)  # fmt: skip


def good(number=1, text="hi"):
    return Attempt(
        number=number, url="http://x/v1/chat/completions", status=200, reached=Phase.END,
        had_key=True, reply=Reply(text=text, finish_reason="stop", model="m", choices=1),
        timing=Timing(total_s=0.01),
    )  # fmt: skip


def refused(status, number=1, *, wait_s=None, message="no", code=""):
    return Attempt(
        number=number, url="http://x/v1", status=status, had_key=True, body_bytes=9,
        error=ErrorBody(message=message, code=code, retry_after_s=wait_s, shape="error"),
    )  # fmt: skip


def unreached(name=FaultName.DNS, phase=Phase.DNS, url="http://far.invalid/v1"):
    return Attempt(url=url, fault=WireFault(name=name, phase=phase, detail="gone", timer="connect"))


def models(*ids):
    return tuple(Model(id=i) for i in ids)


class Memory:
    """Answers from functions: `answers(gateway, model_id, number)` gives an Attempt or raises.

    Counts what was asked and how much of it at once.
    """

    def __init__(self, listing=("a", "b", "c", "d"), answers=None, takes_s=0.0):
        self.listing, self.takes_s = listing, takes_s
        self.answers = answers or (lambda gateway, model_id, number: good(number))
        self.asked, self.starts, self.requests = [], [], []
        self.lists = Counter()
        self.now, self.peak = Counter(), Counter()
        self.cancelled = 0

    async def list_models(self, gateway):
        self.lists[gateway.name] += 1
        found = self.listing(gateway) if callable(self.listing) else self.listing
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Listing):
            return found
        return Listing(
            models=models(*found), listed=len(found), attempts=(Attempt(url="u", status=200),)
        )

    async def attempt(self, gateway, model_id, request, *, number=1, step=0):
        self.asked.append((gateway.name, model_id, number))
        self.requests.append(request)
        self.starts.append(asyncio.get_running_loop().time())
        self.now[gateway.name] += 1
        self.peak[gateway.name] = max(self.peak[gateway.name], self.now[gateway.name])
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now[gateway.name] -= 1
        found = self.answers(gateway, model_id, number)
        if isinstance(found, Exception):
            raise found
        return replace(found, step=step)


def lane(name, *, way="direct", skip="", url=None, **limits):
    gateway = Gateway(
        name=name, base_url=url or f"http://{name}.invalid/v1", limits=Limits(**limits)
    )
    return Lane(name=name, way=way, gateway=gateway, skip=skip)


def order(*lanes, **more):
    return RollCall(lanes=lanes, probes=more.pop("probes", (PROBE,)), **more)


def run(the_order, executor, *, listings=None, stop=None, on=None, limit_s=1000):
    """All events of a run, the Run at its end, and how long it took by the loop's own clock."""

    async def go():
        events = []
        halt = stop() if callable(stop) else stop
        async for event in roll_call(the_order, executor=executor, listings=listings, stop=halt):
            events.append(event)
            if on is not None:
                on(event, halt)
        return events

    events, took_s = hurried.run(asyncio.wait_for(go(), limit_s))
    assert isinstance(events[-1], RunFinished)
    end = events[-1].run
    return SimpleNamespace(events=events, run=end, verdicts=end.verdicts, took_s=took_s)


@pytest.fixture(scope="session")
def memory():
    """The tools above, for tests that cannot import a conftest."""
    return SimpleNamespace(
        Memory=Memory, PROBE=PROBE, good=good, lane=lane, models=models, order=order,
        refused=refused, run=run, unreached=unreached,
    )  # fmt: skip
