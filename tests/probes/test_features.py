"""The probes of tools, JSON, pictures and long texts: honest models pass them without a word, and
each fault that the simulator plants is called by its name, in whole answers and in streams."""

import asyncio
import dataclasses
import itertools
from collections import defaultdict
from random import Random

import pytest
from tests.pretending import gateways_and_keys

from gatewayz.client import HttpClient
from gatewayz.core import Case, Model, Observation, Outcome
from gatewayz.core.judge import judge
from gatewayz.core.kinds import KINDS
from gatewayz.core.probe import Occasion
from gatewayz.core.timeouts import Timeouts
from gatewayz.probes import PROBES
from gatewayz.simulator import running
from gatewayz.simulator.faults import all_faults

PATIENCE = Timeouts(
    connect_s=20, first_byte_s=20, first_event_s=20, idle_s=20, error_body_s=20, total_s=30
)
PLACES = ("groq", "together", "openrouter")
SEEDS = range(2)

SINGLE = (
    "tool-call-as-text", "tool-args-invalid-json", "tool-args-cut-by-length", "tool-args-object",
    "tool-args-not-object", "tool-args-schema-violated", "tool-id-missing", "tool-name-missing",
    "tool-unknown-name",
)  # fmt: skip
# What each probe has to find.
PLANTED = {
    "json_object": ("json-mode-fenced", "json-mode-prose"),
    "json_schema": ("json-mode-fenced", "json-mode-prose", "schema-violated"),
    "tool_call": (*SINGLE, "finish-stop-with-tool-calls"),
    "tool_call_streaming": (
        *SINGLE, "finish-stop-with-tool-calls", "tool-name-split", "tool-index-missing",
    ),
    "parallel_tools": (
        *SINGLE, "finish-stop-with-tool-calls", "tool-name-split", "tool-index-missing",
        "tool-id-duplicate", "tool-index-all-zero",
    ),
    "tool_choice": (*SINGLE, "tool-choice-violated"),
    "tool_round_trip": (*SINGLE, "finish-stop-with-tool-calls"),
}  # fmt: skip
# No fault is made for them: the answer to another question is none to theirs.
BESIDE_THE_POINT = {"vision": "the digits", "long_context": "the codes"}
FEATURES = (*PLANTED, *BESIDE_THE_POINT)
# Every way to be odd but sound.
HEALTHY = (
    "reasoning-field-variant", "role-missing-or-odd", "tool-args-empty-string",
    "tool-null-fields-in-delta", "sse-bom", "sse-comments", "sse-cr-crlf", "sse-empty-data-event",
    "sse-first-chunk-no-choices", "sse-gzip", "sse-multi-line-data", "sse-no-space-after-colon",
    "sse-one-byte-packets", "sse-split-utf8", "sse-unicode-line-breaks", "sse-usage-only-chunk",
    "usage-every-chunk",
    *sorted(name for name in all_faults() if name.startswith("healthy-")),
)  # fmt: skip


class Bench:
    """Puts a probe's questions one after the other, as a run does."""

    def __init__(self, simulator):
        self.gateways, keys = gateways_and_keys(simulator)
        self.client = HttpClient(keys=keys, timeouts=PATIENCE)
        self._slots = asyncio.Semaphore(32)

    async def verdict(self, place, model, name, seed=0, *, streamed=False):
        async with self._slots:
            return await self._verdict(self.gateways[place], Model(id=model), name, seed, streamed)

    async def _verdict(self, gateway, model, name, seed, streamed):
        probe, rng = PROBES[name], Random(seed)
        seen = Observation(case=Case(gateway=gateway.name, probe=name, model=model))
        questions = ()
        for step in range(1 + len(probe.then)):
            occasion = Occasion(model=model, rng=rng, questions=questions, replies=seen.replies)
            request = probe.question(step, occasion)
            if streamed:
                request = dataclasses.replace(request, stream=True)
            questions = (*questions, request)
            attempt = await self.client.attempt(gateway, model.id, request, number=1, step=step)
            seen = dataclasses.replace(
                seen,
                request=questions[0],
                then=questions[1:],
                attempts=(*seen.attempts, attempt),
            )
            verdict = judge(seen, probe.checks_by_step, gateway.quirks)
            if verdict.outcome is not Outcome.PASSED:
                break
        return verdict


def asked(jobs_of):
    """Verdicts by what was asked for; `jobs_of` gives (key, keyword arguments) for a bench."""
    found = defaultdict(list)

    async def one(bench, key, arguments):
        found[key].append(await bench.verdict(**arguments))

    async def go(simulator):
        bench = Bench(simulator)
        try:
            jobs = [job async for job in jobs_of(bench)]
            await asyncio.gather(*(one(bench, key, arguments) for key, arguments in jobs))
        finally:
            await bench.client.aclose()

    with running(seed=17, latency_s=0, gap_s=0) as simulator:
        asyncio.run(go(simulator))
    return found


def warned(verdict):
    """The names of the warnings, but for those of time, which is that of a busy machine here."""
    return [w.kind for w in verdict.warnings if w.failure_class != "performance"]


def names_in(verdict):
    return [verdict.failure.label] if verdict.failure else warned(verdict)


@pytest.fixture(scope="module")
def planted():
    """Every verdict on a planted fault, by probe, fault and form."""

    async def jobs(bench):
        for name, faults in PLANTED.items():
            for fault in faults:
                for streamed in (False, True):
                    for place in PLACES:
                        for seed in SEEDS:
                            yield (
                                (name, fault, streamed),
                                {
                                    "place": place,
                                    "model": f"fault/{fault}",
                                    "name": name,
                                    "seed": seed,
                                    "streamed": streamed,
                                },
                            )

    return asked(jobs)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("name", "fault"), [(name, fault) for name, faults in PLANTED.items() for fault in faults]
)
def test_a_planted_fault_is_called_by_its_name(planted, name, fault, streamed):
    met = planted[name, fault, streamed]
    assert len(met) == len(PLACES) * len(SEEDS)

    for verdict in met:
        if KINDS[fault].verdict == "W":
            assert (verdict.outcome, names_in(verdict)) == (Outcome.PASSED, [fault])
            continue
        assert verdict.outcome is Outcome.FAILED
        assert names_in(verdict) in ([fault], same_on_the_wire(verdict, fault)), verdict.failure
        assert verdict.failure.culprit == "the feature"


def same_on_the_wire(verdict, fault):
    """Two objects in one call are what two calls under one index come to: either name is right.

    The reader takes them apart; the second then has no id.
    """
    calls = verdict.observation.reply.tool_calls
    joined = any(not call.id for call in calls[1:])
    return ["tool-index-all-zero"] if fault == "tool-args-invalid-json" and joined else None


@pytest.fixture(scope="module")
def sound():
    """A verdict on each sound but odd answer in each form, by probe and oddity; places take turns."""
    turns = itertools.count()

    async def jobs(bench):
        for name in FEATURES:
            for oddity in HEALTHY:
                for streamed in (False, True):
                    seed = next(turns) % len(PLACES)
                    yield (
                        (name, oddity),
                        {
                            "place": PLACES[seed],
                            "model": f"fault/{oddity}",
                            "name": name,
                            "seed": seed,
                            "streamed": streamed,
                        },
                    )

    return asked(jobs)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("oddity", HEALTHY)
def test_what_is_odd_but_sound_passes_without_a_word(sound, oddity):
    for name in FEATURES:
        assert sound[name, oddity]
        for verdict in sound[name, oddity]:
            assert verdict.outcome is Outcome.PASSED, (name, verdict.failure)
            assert warned(verdict) == [], name


@pytest.mark.timeout(180)
def test_honest_models_of_all_fourteen_pass_without_a_word():
    async def jobs(bench):
        for place, gateway in bench.gateways.items():
            models = (await bench.client.list_models(gateway)).models
            for name in FEATURES:
                needs = PROBES[name].needs - {"chat", "tools", "json_object", "json_schema"}
                fit = [m.id for m in models if needs <= m.capabilities]
                for model in fit[:1]:
                    yield place, {"place": place, "model": model, "name": name}

    found = asked(jobs)

    assert len(found) == 14
    for verdicts in found.values():
        for verdict in verdicts:
            assert verdict.outcome is Outcome.PASSED, (verdict.observation.case, verdict.failure)
            assert warned(verdict) == [], verdict.observation.case
    assert {v.observation.case.probe for vs in found.values() for v in vs} == set(FEATURES)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", BESIDE_THE_POINT)
def test_an_answer_to_something_else_fails_and_quotes_what_was_wanted(name):
    async def jobs(bench):
        for place in PLACES:
            for streamed in (False, True):
                yield (
                    name,
                    {
                        "place": place,
                        "model": "fault/stale-cached-answer",
                        "name": name,
                        "streamed": streamed,
                    },
                )

    for verdict in asked(jobs)[name]:
        assert verdict.outcome is Outcome.FAILED
        assert (verdict.failure.failure_class, verdict.failure.culprit) == (
            "semantic",
            "the feature",
        )
        assert BESIDE_THE_POINT[name] in verdict.failure.evidence


@pytest.mark.timeout(180)
def test_a_model_that_sees_no_pictures_is_not_down_for_it():
    async def jobs(bench):
        models = (await bench.client.list_models(bench.gateways["groq"])).models
        blind = next(m.id for m in models if "vision" not in m.capabilities)
        yield "vision", {"place": "groq", "model": blind, "name": "vision"}

    [verdict] = asked(jobs)["vision"]

    assert verdict.outcome is Outcome.FAILED
    assert verdict.failure.culprit in ("the feature", "the model")
