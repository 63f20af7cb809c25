"""Probes put to the simulator as a run would put them."""

import asyncio
import random
from dataclasses import replace

import pytest
from tests.pretending import gateways_and_keys

from gatewayz.client import HttpClient
from gatewayz.core import Case, Observation, Outcome
from gatewayz.core.judge import judge
from gatewayz.core.probe import Occasion
from gatewayz.core.timeouts import Timeouts
from gatewayz.probes import PROBES

LONG = Timeouts(
    connect_s=20, first_byte_s=20, first_event_s=20, idle_s=20, error_body_s=20, total_s=30
)


class Bench:
    """Puts whole probes, step by step, to models of these gateways."""

    def __init__(self, gateways, keys):
        self.gateways = gateways
        self.client = HttpClient(keys=keys, timeouts=LONG)
        self._listings = {}
        self._slots = asyncio.Semaphore(16)

    async def models(self, place):
        if place not in self._listings:
            self._listings[place] = await self.client.list_models(self.gateways[place])
        return self._listings[place].models

    async def verdict(self, probe, place, *, fault="", seed=0, model=0):
        """The verdict over one case; `fault` is planted in every answer to it."""
        gateway = self.gateways[place]
        models = await self.models(place)
        if fault:
            gateway = replace(gateway, headers={**gateway.headers, "x-simulate-fault": fault})
        return await self.asked(probe, gateway, models[model % len(models)], seed)

    async def asked(self, probe, gateway, model, seed):
        """The verdict of a probe over one model of any gateway."""
        probe = PROBES[probe] if isinstance(probe, str) else probe
        seen = Observation(case=Case(gateway=gateway.name, probe=probe.name, model=model))
        rng, verdict = random.Random(seed), None
        while True:
            step = len(seen.then) + (seen.request is not None)
            request = probe.question(step, self._occasion(seen, rng))
            if request is None:
                return verdict
            put = {"request": request} if step == 0 else {"then": (*seen.then, request)}
            async with self._slots:
                attempt = await self.client.attempt(
                    gateway, seen.case.model.id, request, number=1, step=step
                )
            seen = replace(seen, **put, attempts=(*seen.attempts, attempt))
            verdict = judge(seen, probe.checks_by_step, gateway.quirks)
            if verdict.outcome is not Outcome.PASSED:
                return verdict

    @staticmethod
    def _occasion(seen, rng):
        questions = () if seen.request is None else (seen.request, *seen.then)
        return Occasion(model=seen.case.model, rng=rng, questions=questions, replies=seen.replies)


@pytest.fixture
def ask_all(simulator):
    """Puts many cases side by side; each is the arguments of `Bench.verdict`."""

    def run(cases):
        async def go():
            bench = Bench(*gateways_and_keys(simulator))
            for place in {case["place"] for case in cases}:
                await bench.models(place)
            try:
                return await asyncio.gather(*(bench.verdict(**case) for case in cases))
            finally:
                await bench.client.aclose()

        return asyncio.run(go())

    return run
