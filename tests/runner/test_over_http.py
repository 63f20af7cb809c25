"""A run over real HTTP against the simulator."""

import asyncio
import time

import pytest
from tests.pretending import gateways_and_keys

from gatewayz.client import HttpClient
from gatewayz.core import Outcome, RunStatus
from gatewayz.core.timeouts import Caps, Timeouts
from gatewayz.probes import PROBES
from gatewayz.runner import AttemptFinished, Lane, RollCall, RunStarted, Selection, roll_call
from gatewayz.simulator import running

QUICK = Timeouts(connect_s=3, first_byte_s=3, first_event_s=3, idle_s=3, error_body_s=1, total_s=6)


def lanes_of(simulator, *names):
    found, keys = gateways_and_keys(simulator)
    return tuple(Lane(name=n, way="direct", gateway=found[n]) for n in names or found), keys


def run(simulator, *names, probes=("chat", "streaming"), stop=None, on=None, caps=None, **more):
    async def go():
        lanes, keys = lanes_of(simulator, *names)
        client = HttpClient(keys=keys, timeouts=QUICK, caps=caps)
        order = RollCall(lanes=lanes, probes=tuple(PROBES[p] for p in probes), **more)
        halt = asyncio.Event()
        events = []
        try:
            async for event in roll_call(order, executor=client, stop=halt):
                events.append(event)
                if on is not None:
                    on(event, halt)
        finally:
            await client.aclose()
        return events

    return asyncio.run(asyncio.wait_for(go(), 50))


@pytest.mark.timeout(120)
def test_all_fourteen_pass_and_no_limit_is_passed():
    with running(seed=3, models_per_gateway=5, latency_s=0.02) as simulator:
        events = run(simulator, selection=Selection(models="all"))
        peaks = dict(simulator.peak_in_flight)
        lanes, _ = lanes_of(simulator)

    verdicts = events[-1].run.verdicts
    assert len(verdicts) == 14 * 5 * 2
    assert [v for v in verdicts if v.outcome is not Outcome.PASSED] == []
    assert [v.warnings for v in verdicts if v.warnings] == []
    for lane in lanes:
        # A connection's end overlaps the next request's beginning by a moment.
        assert peaks[lane.name] <= lane.gateway.limits.concurrency + 1


def test_a_fault_that_passes_is_retried_and_both_tries_are_kept():
    rules = [{"gateway": "groq", "fault": "server-500-json", "nth": 1}]
    with running(seed=3, faults=rules) as simulator:
        events = run(simulator, "groq", probes=("chat",), selection=Selection(models="1"))

    (verdict,) = events[-1].run.verdicts
    assert (verdict.outcome, verdict.first_outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert [a.status for a in verdict.observation.attempts] == [500, 200]


@pytest.mark.parametrize(
    ("fault", "kind", "outcome"),
    [
        ("models-empty", "models-empty", Outcome.FAILED),
        ("models-endpoint-missing", "models-endpoint-missing", Outcome.UNKNOWN),
        ("html-with-200", "html-with-200", Outcome.FAILED),
        ("json-truncated", "json-truncated", Outcome.FAILED),
        ("json-deep-nesting", "json-deep-nesting", Outcome.FAILED),
        ("empty-200", "empty-200", Outcome.FAILED),
        ("models-huge", "protocol", Outcome.FAILED),
        ("reset-before-response", "reset-before-response", Outcome.FAILED),
    ],
)
def test_a_list_that_cannot_be_read_is_one_verdict_with_its_name(fault, kind, outcome):
    with running(seed=5, faults=[{"fault": fault, "path": "models"}]) as simulator:
        events = run(simulator, "openrouter", caps=Caps(catalog=1024 * 1024))

    (verdict,) = events[-1].run.verdicts
    assert verdict.failure.label == kind
    assert verdict.outcome is outcome


@pytest.mark.parametrize("fault", ["models-odd-shape", "duplicate-ids", "models-flapping"])
def test_a_list_that_is_merely_odd_is_still_tested_and_its_oddity_told_but_not_counted(fault):
    with running(seed=5, faults=[{"fault": fault, "path": "models"}]) as simulator:
        events = run(simulator, "groq", probes=("chat",), look_twice=True)

    the_run = events[-1].run
    of_list, *verdicts = the_run.verdicts
    assert of_list.observation.case.model is None
    assert (of_list.outcome, [f.kind for f in of_list.warnings]) == (Outcome.PASSED, [fault])
    assert [v.outcome for v in verdicts] == [Outcome.PASSED] * 3
    assert len({v.observation.case.model.id for v in verdicts}) == 3
    assert (the_run.summary.total.passed, the_run.summary.total.judged) == (3, 3)
    assert the_run.summary.gateways[0].latency_s.count == 3


def test_a_list_of_another_content_type_is_still_tested():
    with running(seed=5, faults=[{"fault": "wrong-content-type", "path": "models"}]) as simulator:
        events = run(simulator, "groq", probes=("chat",))

    tested = [v for v in events[-1].run.verdicts if v.observation.case.model is not None]
    assert [v.outcome for v in tested] == [Outcome.PASSED] * 3


def test_a_sound_list_read_twice_has_no_verdict_of_its_own():
    with running(seed=5) as simulator:
        names = ("groq", "openrouter", "google", "novita", "huggingface", "together", "deepinfra")
        events = run(simulator, *names, probes=("chat",), look_twice=True)

    assert [v for v in events[-1].run.verdicts if v.observation.case.model is None] == []


def test_stopping_in_the_middle_closes_every_connection():
    with running(seed=5, latency_s=20.0) as simulator:

        def halt_later(event, halt):
            """Once a model was asked."""
            loop = asyncio.get_running_loop()
            asked = any(served.route == "chat" for served in simulator.log)
            if not asked and isinstance(event, RunStarted):
                loop.call_later(0.05, halt_later, event, halt)
            elif asked:
                halt.set()

        started = time.monotonic()
        events = run(simulator, "groq", "openrouter", on=halt_later)
        assert time.monotonic() - started < 15
        until = time.monotonic() + 10
        while not all(served.ended for served in simulator.log) and time.monotonic() < until:
            time.sleep(0.02)
        ended = {served.ended for served in simulator.log if served.route == "chat"}

    assert events[-1].run.status is RunStatus.CANCELLED
    assert ended == {"client left"}


def test_without_a_budget_no_rate_limit_is_waited_out():
    rules = [{"gateway": "groq", "fault": "rate-limit", "nth": 1}]
    with running(seed=5, faults=rules) as simulator:
        events = run(
            simulator, "groq", probes=("chat",), selection=Selection(models="1"), retry_budget_s=0.0
        )
    first = next(e for e in events if isinstance(e, AttemptFinished))
    assert first.retry_in_s is None or first.retry_in_s == 0
    assert events[-1].run.verdicts[0].failure.failure_class == "rate-limit"


def test_a_model_that_meets_a_bare_404_beside_others_is_not_served_though_it_comes_first():
    rules = [{"fault": "endpoint-not-found", "nth": 1, "path": "chat"}]
    with running(seed=5, faults=rules) as simulator:
        events = run(
            simulator, "groq", probes=("chat",), selection=Selection(models="3"), retries=0
        )

    found = events[-1].run.verdicts
    assert sorted(v.failure.kind for v in found if v.failure) == ["listed-not-servable"]
    assert len(found) == 3
