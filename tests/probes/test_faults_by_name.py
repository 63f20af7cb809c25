"""Each fault the simulator plants is called by its name, and what is merely odd is called nothing.

The simulator words every fault in several ways; the judge has never seen its texts.
"""

import asyncio
from collections import defaultdict

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import Case, Model, Observation, Outcome
from gatewayz.core.judge import judge
from gatewayz.core.kinds import FAILS_WITHOUT_ANSWER, KINDS, SKIPS_WITHOUT_ANSWER
from gatewayz.core.probe import Occasion
from gatewayz.core.timeouts import Timeouts
from gatewayz.gateways import known_gateways
from gatewayz.probes import PROBES
from gatewayz.simulator import running
from gatewayz.simulator.faults import all_faults

# Only where silence is the fault does anybody wait for a limit; elsewhere a slow machine may be slow.
SHORT = Timeouts(
    connect_s=5, first_byte_s=1.5, first_event_s=1.5, idle_s=1.5, error_body_s=1, total_s=4
)
LONG = Timeouts(
    connect_s=20, first_byte_s=20, first_event_s=20, idle_s=20, error_body_s=20, total_s=30
)
WORDINGS = 4
HEALTHY = (
    "reasoning-field-variant", "role-missing-or-odd", "sse-bom", "sse-comments", "sse-cr-crlf",
    "sse-empty-data-event", "sse-first-chunk-no-choices", "sse-gzip", "sse-multi-line-data",
    "sse-no-space-after-colon", "sse-one-byte-packets", "sse-split-utf8",
    "sse-unicode-line-breaks", "sse-usage-only-chunk", "usage-every-chunk",
)  # fmt: skip

# Where another name is right, and why.
OTHERWISE = {
    # One try cannot know it; tested with several below, or where the runner is tested.
    "auth-no-key": "auth-bad-key",
    "cold-start-never-ends": "cold-start-503",
    "id-case-mismatch": "model-not-found",
    "listed-id-differs": "model-not-found",
}
# Shown by several tries, by a tool or by a status outside; tested where those are.
TESTED_ELSEWHERE = {"auth-key-expired-mid-run", "listed-not-servable", "pause-inside-tool-call"}
# The provider's own dialect says something else than the fault's name.
BY_DIALECT = {
    # Google leaves out an empty content, and thoughts that nobody asked for.
    ("google", "empty-content"): {"null-content"},
    ("google", "reasoning-only"): {"null-content"},
    # Featherless: its limit is one of concurrent units, and its 400 means a cold model.
    ("featherless", "rate-limit"): {"rate-limit-concurrency"},
    ("featherless", "rate-limit-no-hint"): {"rate-limit-concurrency"},
    # DeepInfra words its limit as one of concurrency.
    ("deepinfra", "rate-limit"): {"rate-limit-concurrency"},
    ("deepinfra", "rate-limit-no-hint"): {"rate-limit-concurrency"},
}


# What an answer may mean or when it came shows in the right question only; see the tests of probes.
SHOWS_IN_ANY_ANSWER = {
    "empty-content", "finish-unknown", "max-tokens-ignored", "model-field-empty", "null-content",
    "reasoning-ate-budget", "reasoning-only", "refusal", "repetition-loop", "special-token-leak",
    "stream-no-content", "think-tags-in-content", "usage-implausible", "usage-inconsistent",
    "usage-missing", "usage-zero",
}  # fmt: skip


def named_faults():
    chat = {f.name for forms in all_faults().values() for f in forms if "chat" in f.routes}
    return sorted(
        name
        for name in chat & set(KINDS) - TESTED_ELSEWHERE
        if KINDS[name].failure_class not in ("semantic", "performance")
        or name in SHOWS_IN_ANY_ANSWER
    )


class Bench:
    """Asks every gateway of one simulator, and judges what comes."""

    def __init__(self, simulator):
        variables = simulator.variables()
        self.gateways = {n: g for n, g in known_gateways(variables).items() if n != "local"}
        keys = {
            name: next((variables[v] for v in gateway.key_envs if v in variables), None)
            for name, gateway in self.gateways.items()
        }
        self._clients = {
            timeouts: HttpClient(keys=lambda g: keys[g.name], timeouts=timeouts)
            for timeouts in (SHORT, LONG)
        }
        self.client = self._clients[LONG]
        self._slots = asyncio.Semaphore(48)

    async def verdict(self, place, model, probe_name, *, tries=1):
        gateway, probe = self.gateways[place], PROBES[probe_name]
        request = probe.request(Occasion())
        row = KINDS.get(model.removeprefix("fault/"))
        silent = row is not None and row.failure_class == "timeout"
        client = self._clients[SHORT if silent else LONG]
        async with self._slots:
            attempts = [
                await client.attempt(gateway, model, request, number=number)
                for number in range(1, tries + 1)
            ]
        case = Case(gateway=place, probe=probe_name, model=Model(id=model))
        seen = Observation(case=case, request=request, attempts=tuple(attempts))
        return judge(seen, probe.checks_by_step, gateway.quirks)

    async def aclose(self):
        for client in self._clients.values():
            await client.aclose()


def forms_of(name):
    forms = all_faults()[name]
    return [
        p for p in ("chat", "streaming") if any(f.fits("chat", p == "streaming") for f in forms)
    ]


@pytest.fixture(scope="module")
def verdicts():
    """Every verdict that is asked about below, by fault and gateway; asked for side by side."""
    found = defaultdict(list)

    async def one(bench, place, name, probe):
        tries = 3 if name == "cold-start-never-ends" and place == "huggingface" else 1
        verdict = await bench.verdict(place, f"fault/{name}", probe, tries=tries)
        found[name, place].append(verdict)

    async def go(simulator):
        bench = Bench(simulator)
        jobs = [
            one(bench, place, name, probe)
            for name in (*named_faults(), *HEALTHY)
            for probe in forms_of(name)
            for place in bench.gateways
            for _ in range(WORDINGS if place in ("groq", "together") else 1)
        ]
        jobs += [
            one(bench, "huggingface", "cold-start-never-ends", p) for p in ("chat", "streaming")
        ]
        await asyncio.gather(*jobs)
        await bench.aclose()

    with running(seed=11, drip_s=0.05) as simulator:
        asyncio.run(go(simulator))
    return found


def expected_outcome(name):
    if KINDS[name].verdict == "F" or name in FAILS_WITHOUT_ANSWER:
        return {Outcome.FAILED}
    if name in SKIPS_WITHOUT_ANSWER:
        return {Outcome.SKIPPED}
    return {Outcome.PASSED, Outcome.UNKNOWN}


def names_in(verdict):
    """The primary name, or of a pass its warnings."""
    if verdict.failure is not None:
        return {verdict.failure.label}
    return {finding.kind for finding in verdict.warnings}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", named_faults())
def test_a_planted_fault_is_called_by_its_name(verdicts, name):
    met = [v for place in ("groq", "together") for v in verdicts[name, place]]
    assert met

    for verdict in met:
        if name == "status-flattened":
            # The provider's own error classifies; that it was wrapped is told besides.
            assert verdict.failure.kind != name
            assert [other.kind for other in verdict.also] == [name]
            continue
        wanted = OTHERWISE.get(name, name)
        assert wanted in names_in(verdict), (names_in(verdict), verdict.observation.last.excerpt)
        assert verdict.outcome in expected_outcome(wanted)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", named_faults())
def test_every_dialect_words_the_fault_so_that_its_class_is_known(verdicts, name):
    for (fault, place), met in verdicts.items():
        if fault != name or name == "status-flattened":
            continue
        right = {OTHERWISE.get(name, name), *BY_DIALECT.get((place, name), ())}
        if place == "featherless" and KINDS[name].failure_class in (
            "bad-request", "not-found", "protocol", "catalogue", "permission",
        ):  # fmt: skip
            right |= {"cold-start-503", "permission-gated-model"}
        if name == "cold-start-never-ends":
            right.add(name)
        for verdict in met:
            assert names_in(verdict) & right, (place, names_in(verdict))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_odd_but_legal_passes_without_a_word(verdicts, name):
    met = [v for (fault, _), found in verdicts.items() if fault == name for v in found]
    assert met

    for verdict in met:
        assert verdict.outcome is Outcome.PASSED, (verdict.failure, verdict.observation.case)
        assert verdict.warnings == ()
        assert verdict.observation.reply.text.strip() == "Test successful"


@pytest.mark.timeout(180)
def test_a_model_that_loads_and_loads_is_not_servable(verdicts):
    met = verdicts["cold-start-never-ends", "huggingface"]
    assert {v.failure.kind for v in met} == {"cold-start-never-ends"}
    assert {v.outcome for v in met} == {Outcome.FAILED}


@pytest.mark.timeout(120)
def test_the_honest_answers_of_all_fourteen_pass_without_a_word(simulator):
    async def go():
        bench = Bench(simulator)
        listings = await asyncio.gather(*map(bench.client.list_models, bench.gateways.values()))
        met = await asyncio.gather(*(
            bench.verdict(place, model.id, probe)
            for place, listing in zip(bench.gateways, listings, strict=True)
            for model in listing.models[:1]
            for probe in ("chat", "streaming")
        ))  # fmt: skip
        await bench.aclose()
        return met

    met = asyncio.run(go())

    assert len(met) == 28
    for verdict in met:
        assert verdict.outcome is Outcome.PASSED, verdict
        assert verdict.warnings == (), (verdict.observation.case.id, verdict.warnings)
