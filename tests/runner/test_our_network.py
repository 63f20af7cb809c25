"""Whose network it is when nothing answers: what runs on this machine says nothing of it."""

from collections import Counter
from dataclasses import replace

import pytest

from gatewayz.client import Listing
from gatewayz.core import Attempt, Culprit, ErrorBody, FaultName, Outcome, Phase, Quirks
from gatewayz.runner import Selection

HERE = "http://127.0.0.1:9/v1"
ELSEWHERE = "http://api.invalid/v1"


def told_lost(gateway, kind="reset-before-response"):
    """What a backend answers when it could not reach a gateway."""
    error = ErrorBody(message="gone", kind=kind, failure_class="network", gateway=gateway.name)
    return Attempt(url=f"{gateway.base_url}/chat/completions", status=502, error=error)


@pytest.fixture
def behind(memory):
    """A lane through a backend, which is on this machine unless said otherwise."""

    def lane(name, url=HERE):
        plain = memory.lane(name, way="api", url=url, concurrency=1)
        return replace(plain, gateway=replace(plain.gateway, quirks=Quirks(names_failures=True)))

    return lane


@pytest.fixture
def found(memory):
    """How each gateway's way fared: outcomes, and the sides they point at."""

    def run(lanes, answers):
        executor = memory.Memory("ab", lambda gateway, *_: answers(gateway), takes_s=0.05)
        seen = memory.run(memory.order(*lanes, retries=0), executor)
        return {
            (v.observation.case.gateway, v.observation.case.way): (
                v.outcome, v.failure and v.failure.culprit,
            )
            for v in seen.verdicts
        }  # fmt: skip

    return run


OURS = (Outcome.UNKNOWN, Culprit.NETWORK)
THEIRS = (Outcome.FAILED, Culprit.GATEWAY)
BACKENDS = (Outcome.FAILED, Culprit.BACKEND)
GOOD = (Outcome.PASSED, None)


@pytest.fixture
def lost(memory):
    """The answer when nothing outside this machine can be reached."""

    def answer(gateway):
        if gateway.base_url == HERE:
            return told_lost(gateway)
        return memory.unreached(FaultName.RESET, Phase.HEADERS)

    return answer


def test_a_backend_here_that_loses_every_gateway_has_no_network(behind, found, lost):
    assert found([behind("x"), behind("y")], lost) == {("x", "api"): OURS, ("y", "api"): OURS}


def test_a_backend_elsewhere_that_loses_every_gateway_says_nothing_of_our_network(behind, found):
    lanes = [behind("x", ELSEWHERE), behind("y", ELSEWHERE)]

    assert found(lanes, told_lost) == {("x", "api"): THEIRS, ("y", "api"): THEIRS}


def test_both_ways_to_every_host_lost_are_our_network(memory, behind, found, lost):
    lanes = [lane for n in "xy" for lane in (memory.lane(n, concurrency=1), behind(n))]
    lanes = [replace(lane, behind=f"{lane.name}.invalid") for lane in lanes]

    assert set(found(lanes, lost).values()) == {OURS}


def test_both_ways_to_the_only_host_lost_are_that_hosts_fault(memory, behind, found, lost):
    lanes = [memory.lane("x", concurrency=1), replace(behind("x"), behind="x.invalid")]

    assert found(lanes, lost) == {("x", "direct"): THEIRS, ("x", "api"): THEIRS}


def test_hosts_that_only_the_backend_loses_are_not_lost(memory, behind, found):
    lanes = [lane for n in "xy" for lane in (memory.lane(n, concurrency=1), behind(n))]
    lanes = [replace(lane, behind=f"{lane.name}.invalid") for lane in lanes]

    seen = found(lanes, lambda g: told_lost(g) if g.base_url == HERE else memory.good())

    assert {seen["x", "api"], seen["y", "api"]} == {BACKENDS}
    assert {seen["x", "direct"], seen["y", "direct"]} == {GOOD}


def test_a_server_on_this_machine_that_answers_does_not_clear_our_network(memory, found, lost):
    engine = memory.lane("engine", url="http://localhost:8080/v1", concurrency=1)

    def answers(gateway):
        return memory.good() if gateway.name == "engine" else lost(gateway)

    seen = found([memory.lane("x", concurrency=1), engine, memory.lane("y")], answers)

    assert seen == {("x", "direct"): OURS, ("y", "direct"): OURS, ("engine", "direct"): GOOD}


def test_servers_on_this_machine_that_reset_are_at_fault_themselves(memory, found):
    lanes = [memory.lane(n, url=f"http://127.0.0.1:{p}/v1") for p, n in enumerate("xy", 1)]

    seen = found(lanes, lambda gateway: memory.unreached(FaultName.RESET, Phase.HEADERS))

    assert seen == {("x", "direct"): THEIRS, ("y", "direct"): THEIRS}


def test_a_backend_that_is_gone_too_is_not_waited_for(memory, behind, found):
    def answers(gateway):
        phase = Phase.CONNECT if gateway.base_url == HERE else Phase.HEADERS
        return memory.unreached(FaultName.REFUSED, phase)

    lanes = [memory.lane("x", concurrency=1), memory.lane("y", concurrency=1), behind("x")]

    seen = found(lanes, answers)

    assert (seen["x", "direct"], seen["y", "direct"]) == (OURS, OURS)
    assert seen["x", "api"] == BACKENDS


@pytest.mark.parametrize(
    ("up", "outcomes"),
    [
        ((), {Outcome.UNKNOWN: 2}),
        (("y",), {Outcome.FAILED: 1, Outcome.PASSED: 4}),
        (("engine",), {Outcome.UNKNOWN: 2, Outcome.PASSED: 4}),
    ],
)
def test_lists_that_a_backend_here_cannot_get_are_weighed_alike(memory, behind, up, outcomes):
    def listing(gateway):
        if gateway.name in up:
            return "abcd"
        return Listing(attempts=(told_lost(gateway, "dns-failure"),), complete=False)

    engine = memory.lane("engine", url="http://127.0.0.1:8080/v1")
    lanes = [behind("x"), behind("y"), *([engine] if "engine" in up else [])]

    seen = memory.run(
        memory.order(*lanes, selection=Selection(models="all")), memory.Memory(listing)
    )

    assert Counter(v.outcome for v in seen.verdicts) == outcomes


def test_a_backend_elsewhere_that_is_lost_is_not_blamed_because_a_server_here_answers(memory):
    def listing(gateway):
        if gateway.name == "engine":
            return ["m"]
        return Listing(attempts=(memory.unreached(),), complete=False)

    engine = memory.lane("engine", url="http://127.0.0.1:8080/v1")

    seen = memory.run(
        memory.order(memory.lane("x", way="api", url=ELSEWHERE), engine), memory.Memory(listing)
    )

    by_name = {v.observation.case.gateway: v.outcome for v in seen.verdicts}
    assert by_name == {"x": Outcome.UNKNOWN, "engine": Outcome.PASSED}
