"""A run told as events, with an executor in memory."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from tests import hurried

from gatewayz.client import Listing
from gatewayz.core import ConfigError, Culprit, FaultName, Model, Outcome, Phase, Reply, RunStatus
from gatewayz.core.codec import dumps
from gatewayz.core.judge import judge
from gatewayz.core.lexicon import LEXICON
from gatewayz.core.probe import ChatRequest, Probe
from gatewayz.runner import (
    AttemptFinished,
    CasesPlanned,
    CaseStarted,
    CatalogRead,
    GatewayFinished,
    RunStarted,
    Selection,
    VerdictReached,
    cases,
    plan,
    read_catalogs,
    roll_call,
)
from gatewayz.runner.plan import chosen_models


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def asked_models(executor):
    return [model_id for _, model_id, _ in executor.asked]


def test_a_run_is_told_from_its_start_to_its_end(memory):
    executor = memory.Memory()

    seen = memory.run(memory.order(memory.lane("g", concurrency=1)), executor)

    kinds = [type(event) for event in seen.events]
    case = [CaseStarted, AttemptFinished, VerdictReached]
    assert kinds[:3] == [RunStarted, CatalogRead, CasesPlanned]
    assert kinds[3:12] == case * 3
    assert kinds[12] is GatewayFinished
    assert seen.run.status is RunStatus.FINISHED
    assert seen.run.summary.total.passed == 3
    assert [c.model.id for c in seen.run.plan] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        (Selection(), "abc"),
        (Selection(models="1"), "a"),
        (Selection(models="99"), "abcd"),
        (Selection(models="all"), "abcd"),
        (Selection(models="[cd]"), "cd"),
        (Selection(models="d, a"), "da"),
        (Selection(models="B"), "b"),
        (Selection(models="zz"), ["zz"]),
        (Selection(models="z*"), ""),
        (Selection(exclude=("a", "c*")), "bd"),
        (Selection(models="1", exclude=("a",)), "b"),
        (Selection(models="a,b,zz", exclude=("A", "z*")), "b"),
    ],
)
def test_models_are_chosen_in_the_catalogues_own_order(memory, selection, chosen):
    executor = memory.Memory()

    memory.run(memory.order(memory.lane("g", concurrency=1), selection=selection), executor)

    assert asked_models(executor) == list(chosen)


def test_a_model_is_chosen_and_left_out_by_its_own_name_whatever_signs_are_in_it():
    listed = tuple(Model(id=name) for name in ("chat[beta]", "chat", "what?"))

    assert Selection(models="chat[beta]").choose(listed) == listed[:1]
    assert Selection(models="all", exclude=("chat[beta]",)).choose(listed) == listed[1:]


def test_a_title_whose_model_is_left_out_is_no_id_that_is_asked():
    listed = (Model(id="x/a", name="Alpha: A"), Model(id="b"))

    assert Selection(models="Alpha: A,b", exclude=("x/*",)).choose(listed) == listed[1:]


def test_models_of_one_name_go_by_their_ids():
    listed = [Model(id="x/a", name="Same Name"), Model(id="x/b", name="same\u200b name"),
              Model(id="y", name="Same name"), Model(id="z", name="Another")]  # fmt: skip

    chosen = chosen_models(Listing(models=tuple(listed)), Selection(models="all"))

    assert [model.title for model in chosen] == ["x/a", "same\u200b name", "y", "Another"]


@pytest.mark.parametrize("text", ["0", "-1", "", "  ", "00", ","])
def test_no_models_at_all_cannot_be_asked_for(text):
    with pytest.raises(ConfigError, match="--models"):
        Selection(models=text)


def test_a_retry_obeys_retry_after_and_the_first_outcome_is_kept(memory):
    executor = memory.Memory(
        ["a"],
        lambda g, m, n: memory.refused(429, n, wait_s=0.2) if n == 1 else memory.good(n),
    )

    seen = memory.run(memory.order(memory.lane("g")), executor)

    (verdict,) = seen.verdicts
    assert executor.starts[1] - executor.starts[0] >= 0.2
    assert (verdict.outcome, verdict.first_outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert len(verdict.observation.attempts) == 2
    assert of(seen.events, AttemptFinished)[0].retry_in_s == 0.2


@pytest.mark.parametrize(
    ("kept", "outcome", "tries"),
    [("limit empty good", Outcome.PASSED, 3), ("empty good", Outcome.PASSED, 2),
     ("empty empty good", Outcome.FAILED, 2), ("limit empty empty good", Outcome.FAILED, 3),
     ("empty limit empty good", Outcome.FAILED, 3)],
)  # fmt: skip
def test_what_is_asked_again_once_is_so_whatever_else_came_between(memory, kept, outcome, tries):
    answers = {
        "limit": lambda n: memory.refused(429, n, wait_s=0.01),
        "empty": lambda n: replace(memory.good(n), reply=Reply(oddities=("null-content",))),
        "good": memory.good,
    }
    executor = memory.Memory(["a"], lambda g, m, n: answers[kept.split()[n - 1]](n))

    (verdict,) = memory.run(memory.order(memory.lane("g"), retries=3), executor).verdicts

    assert (verdict.outcome, len(verdict.observation.attempts)) == (outcome, tries)


def test_a_wait_beyond_the_budget_is_not_waited(memory):
    executor = memory.Memory(["a"], lambda g, m, n: memory.refused(429, n, wait_s=60))

    seen = memory.run(memory.order(memory.lane("g"), retry_budget_s=5), executor)

    assert seen.took_s < 4
    assert len(executor.asked) == 1
    assert seen.verdicts[0].failure.kind == "rate-limit"


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (("refused", 500), 3),
        (("refused", 401), 1),
        (("refused", 404), 1),
        (("unreached",), 3),
    ],
)
def test_only_what_a_retry_can_help_is_tried_again(memory, monkeypatch, answer, tries):
    monkeypatch.setattr("gatewayz.runner.retries.FIRST_WAIT_S", 0.01)
    executor = memory.Memory(["a"], lambda g, m, n: getattr(memory, answer[0])(*answer[1:]))

    memory.run(memory.order(memory.lane("g")), executor)

    assert len(executor.asked) == tries


def test_retries_never_exceed_their_number(memory, monkeypatch):
    monkeypatch.setattr("gatewayz.runner.retries.FIRST_WAIT_S", 0.001)
    executor = memory.Memory(["a"], lambda g, m, n: memory.refused(500, n))

    seen = memory.run(memory.order(memory.lane("g"), retries=4), executor)

    assert [n for _, _, n in executor.asked] == [1, 2, 3, 4, 5]
    assert of(seen.events, AttemptFinished)[-1].retry_in_s is None


def test_thinking_that_ate_the_budget_gets_a_larger_one_before_anything_is_said(memory):
    def answer(gateway, model_id, number):
        found = memory.good(number)
        if number == 1:
            import dataclasses

            empty = Reply(reasoning="hmm", finish_reason="length", choices=1)
            return dataclasses.replace(found, reply=empty)
        return found

    from gatewayz.probes import PROBES

    executor = memory.Memory(["a"], answer)
    seen = memory.run(memory.order(memory.lane("g"), probes=(PROBES["chat"],)), executor)

    assert [r.max_tokens for r in executor.requests] == [50, 400]
    assert seen.verdicts[0].outcome is Outcome.PASSED
    assert seen.verdicts[0].first_outcome is Outcome.UNKNOWN


def test_never_more_calls_at_once_than_a_gateway_allows_and_no_fewer_than_it_could(memory):
    executor = memory.Memory([str(n) for n in range(12)], takes_s=0.05)
    lanes = [memory.lane(f"g{n}", concurrency=1 + n % 3) for n in range(14)]

    seen = memory.run(memory.order(*lanes, selection=Selection(models="all")), executor)

    assert seen.run.summary.total.passed == 14 * 12
    assert {f"g{n}": 1 + n % 3 for n in range(14)} == dict(executor.peak)


def test_roll_calls_that_go_on_at_once_keep_to_a_gateways_limits_together(memory):
    executor = memory.Memory(takes_s=1)
    lane = memory.lane("g", concurrency=2)
    order = memory.order(lane, selection=Selection(models="all"), repeat=2, paces={})

    async def ended():
        return [event async for event in roll_call(order, executor=executor)][-1].run

    async def both():
        return await asyncio.gather(ended(), ended())

    runs, _ = hurried.run(both())

    assert [len(run.verdicts) for run in runs] == [8, 8]
    assert executor.peak["g"] == 2


def test_calls_at_once_in_all_have_a_limit_of_their_own(memory):
    executor = memory.Memory([str(n) for n in range(6)], takes_s=0.02)
    lanes = [memory.lane(f"g{n}", concurrency=6) for n in range(6)]
    peak = 0

    original = executor.attempt

    async def counting(*args, **kwargs):
        nonlocal peak
        peak = max(peak, sum(executor.now.values()) + 1)
        return await original(*args, **kwargs)

    executor.attempt = counting
    memory.run(memory.order(*lanes, selection=Selection(models="all"), concurrency=5), executor)

    assert peak == 5


def test_starts_keep_to_the_minutes_limit(memory):
    executor = memory.Memory([str(n) for n in range(30)])
    pace = memory.lane("g", concurrency=4, requests_per_minute=1200)

    memory.run(memory.order(pace, selection=Selection(models="all")), executor)

    # Twenty a second, of which a burst of 2 x concurrency may run ahead.
    assert len(executor.starts) == 30
    assert executor.starts[-1] - executor.starts[0] > 0.8


def test_a_limit_that_is_told_holds_the_whole_gateway(memory):
    met = Counter()

    def answer(gateway, model_id, number):
        met[model_id] += 1
        if model_id == "0" and number == 1:
            return memory.refused(429, number, wait_s=0.4)
        return memory.good(number)

    executor = memory.Memory(["0", "1", "2"], answer)
    memory.run(memory.order(memory.lane("g", concurrency=1)), executor)

    assert executor.starts[1] - executor.starts[0] >= 0.4


def test_both_ways_ask_the_same_models_in_a_mixed_order_by_seed(memory):
    def listing(gateway):
        return [f"m{n}" for n in range(9)] if "api" not in gateway.base_url else ["other"]

    def ways(seed):
        executor = memory.Memory(listing)
        lanes = (
            memory.lane("g", concurrency=1),
            memory.lane("g", way="api", concurrency=1, url="http://api.invalid/v1"),
        )
        order = memory.order(*lanes, seed=seed, selection=Selection(models="all"))
        seen = memory.run(order, executor)
        listings = asyncio.run(read_catalogs(lanes, executor))
        assert plan(order, listings) == seen.run.plan  # what is foretold is what is run
        assert [c.model.id for c in seen.run.plan if c.way == "api"] == [f"m{n}" for n in range(9)]
        started = [event.case for event in of(seen.events, CaseStarted)]
        return [(case.way, case.model.id) for case in started]

    first, again, other = ways(1), ways(1), ways(2)

    assert first == again
    assert first != other
    assert sorted(m for w, m in first if w == "api") == sorted(m for w, m in first if w == "direct")
    pairs = list(zip(first[::2], first[1::2], strict=True))
    assert all(one[1] == other[1] for one, other in pairs)  # a moment apart
    assert {one[0] for one, _ in pairs} == {"direct", "api"}  # and neither way always first
    assert [one[1] for one, _ in pairs] != sorted(one[1] for one, _ in pairs)


def test_the_ways_of_a_pair_are_asked_one_after_the_other_while_other_pairs_go_on(memory):
    executor = memory.Memory(["m0", "m1", "m2", "m3"], takes_s=0.02)
    lanes = (
        memory.lane("g", concurrency=3),
        memory.lane("g", way="api", concurrency=3, url="http://api.invalid/v1"),
    )
    order = memory.order(*lanes, selection=Selection(models="all"), repeat=2)
    under_way, at_once, most = {}, [], 0

    def watch(event, _halt):
        nonlocal most
        if isinstance(event, CaseStarted):
            case = event.case
            pair = (case.model.id, case.repeat)
            at_once.append(pair in under_way.values())
            under_way[case.id, case.way] = pair
            most = max(most, len(under_way))
        if isinstance(event, AttemptFinished):
            under_way.pop((event.case.id, event.case.way))

    memory.run(order, executor, on=watch)

    assert len(at_once) == 16
    assert not any(at_once)
    assert most == 3


def test_a_backend_that_is_gone_mid_run_is_not_asked_in_vain(memory):
    def answers(gateway, model_id, number):
        if gateway.name == "h" or model_id in ("m0", "m1"):
            return memory.good(number)
        return memory.unreached(FaultName.REFUSED, Phase.CONNECT, gateway.chat_url)

    executor = memory.Memory([f"m{n}" for n in range(30)], answers)
    lanes = (
        memory.lane("g", concurrency=1, url="http://api.invalid/v1", way="api"),
        memory.lane("h", concurrency=1),
    )
    order = memory.order(*lanes, retries=0, selection=Selection(models="all"))

    seen = memory.run(order, executor)

    of_api = [v for v in seen.verdicts if v.observation.case.way == "api"]
    assert [v.outcome for v in of_api[:5]] == [Outcome.PASSED] * 2 + [Outcome.FAILED] * 3
    assert {v.outcome for v in of_api[5:]} == {Outcome.UNKNOWN}
    assert all("API is unreachable" in v.reason for v in of_api[5:])
    assert len([name for name, *_ in executor.asked if name == "g"]) == 5
    assert sum(v.outcome is Outcome.PASSED for v in seen.verdicts) == 32


def test_fail_fast_sends_nothing_more_and_says_so(memory):
    executor = memory.Memory(["a", "b", "c"], lambda g, m, n: memory.refused(404, n))

    seen = memory.run(memory.order(memory.lane("g", concurrency=1), fail_fast=True), executor)

    assert asked_models(executor) == ["a"]
    assert [v.outcome for v in seen.verdicts] == [Outcome.FAILED, *[Outcome.SKIPPED] * 2]
    assert "--fail-fast" in seen.verdicts[1].reason


def test_after_the_deadline_no_case_is_started_and_none_is_retried(memory):
    executor = memory.Memory(
        ["a", "b", "c"], lambda g, m, n: memory.refused(500, n, wait_s=5), takes_s=0.1
    )
    order = memory.order(memory.lane("g", concurrency=1), deadline_s=0.15, retry_budget_s=60)

    seen = memory.run(order, executor)

    assert len(executor.asked) <= 2
    assert seen.verdicts[-1].outcome is Outcome.UNKNOWN
    assert "deadline" in seen.verdicts[-1].reason
    assert [e.retry_in_s for e in of(seen.events, AttemptFinished)] == [None] * len(executor.asked)


def test_cases_that_wait_for_their_turn_when_the_deadline_passes_are_not_sent(memory):
    executor = memory.Memory([str(n) for n in range(12)])
    # Two may run ahead, then about one a second.
    slow = memory.lane("g", concurrency=4, requests_per_minute=60)
    order = memory.order(slow, deadline_s=0.4, selection=Selection(models="all"))

    seen = memory.run(order, executor)

    assert seen.took_s < 1  # sent at their pace, twelve would take ten seconds
    assert 0 < len(executor.asked) < 12
    assert len(seen.verdicts) == 12
    unsent = [v for v in seen.verdicts if v.outcome is Outcome.UNKNOWN]
    assert len(unsent) == 12 - len(executor.asked)
    assert len(of(seen.events, CaseStarted)) == len(executor.asked)


def test_cases_that_wait_for_their_turn_are_not_sent_after_the_first_failure(memory):
    executor = memory.Memory(["a", "b", "c"], lambda g, m, n: memory.refused(404, n))

    seen = memory.run(memory.order(memory.lane("g", concurrency=4), fail_fast=True), executor)

    assert asked_models(executor) == ["a"]
    assert [v.outcome for v in seen.verdicts] == [Outcome.FAILED, *[Outcome.SKIPPED] * 2]


def test_a_refused_key_ends_its_gateway_and_no_other(memory):
    def answer(gateway, model_id, number):
        return memory.refused(401, number) if gateway.name == "bad" else memory.good(number)

    executor = memory.Memory(["a", "b", "c"], answer)
    lanes = (memory.lane("bad", concurrency=1), memory.lane("fine", concurrency=1))

    seen = memory.run(memory.order(*lanes), executor)

    assert Counter(name for name, _, _ in executor.asked) == {"bad": 1, "fine": 3}
    skipped = [v for v in seen.verdicts if v.outcome is Outcome.SKIPPED]
    assert len(skipped) == 2
    assert "key" in skipped[0].reason


def test_a_key_that_worked_before_has_expired_and_what_was_judged_stands(memory):
    def answer(gateway, model_id, number):
        return memory.good(number) if model_id == "a" else memory.refused(401, number)

    executor = memory.Memory(["a", "b", "c"], answer)

    seen = memory.run(memory.order(memory.lane("g", concurrency=1)), executor)

    assert [v.outcome for v in seen.verdicts] == [Outcome.PASSED, *[Outcome.FAILED] * 2]
    assert seen.verdicts[1].failure.kind == "auth-key-expired-mid-run"


EVERY = Selection(models="all")
OTHERS_KEY = "AuthenticationError: OtherException - Incorrect API key provided"


@pytest.mark.parametrize("at_once", [1, 3])
@pytest.mark.parametrize("bad", ["a", "d"])
@pytest.mark.parametrize(
    ("status", "words"), [(401, OTHERS_KEY), (500, "Upstream provider rejected its API key")]
)
def test_a_key_refused_behind_the_gateway_costs_that_model_only(
    memory, at_once, bad, status, words
):
    def answer(gateway, model_id, number):
        if model_id == bad:
            return memory.refused(status, number, message=words)
        return memory.good(number)

    executor = memory.Memory("abcdef", answer)

    order = memory.order(memory.lane("g", concurrency=at_once), retries=0, selection=EVERY)
    seen = memory.run(order, executor)

    failed = [v for v in seen.verdicts if v.outcome is not Outcome.PASSED]
    assert [v.observation.case.model.id for v in failed] == [bad]
    assert failed[0].failure.kind in ("auth-bad-key", "auth-bad-key-as-400")
    assert failed[0].failure.culprit is Culprit.GATEWAY


def test_a_refused_key_waits_for_the_calls_beside_it_before_it_ends_a_gateway(memory):
    executor = memory.Memory("abcdef")
    original = executor.attempt

    async def attempt(gateway, model_id, request, *, number=1, step=0):
        await asyncio.sleep(0 if model_id == "a" else 0.1)
        found = await original(gateway, model_id, request, number=number)
        return memory.refused(401, number) if model_id == "a" else found

    executor.attempt = attempt

    seen = memory.run(memory.order(memory.lane("g", concurrency=2), selection=EVERY), executor)

    outcomes = Counter(v.outcome for v in seen.verdicts)
    assert outcomes == {Outcome.PASSED: 5, Outcome.FAILED: 1}


def test_a_key_that_every_call_under_way_was_refused_for_ends_its_gateway(memory):
    executor = memory.Memory("abcdef", lambda g, m, n: memory.refused(401, n), takes_s=0.05)

    seen = memory.run(memory.order(memory.lane("g", concurrency=2), selection=EVERY), executor)

    assert len(executor.asked) == 2
    assert [v.outcome for v in seen.verdicts] == [Outcome.FAILED] * 2 + [Outcome.SKIPPED] * 4


def test_a_refusal_that_waits_is_told_when_the_run_is_stopped(memory):
    def answer(gateway, model_id, number):
        return memory.refused(401, number) if model_id == "b" else memory.good(number)

    executor = memory.Memory("abc", answer)
    original = executor.attempt

    async def attempt(gateway, model_id, request, *, number=1, step=0):
        if model_id == "c":
            await asyncio.sleep(30)
        return await original(gateway, model_id, request, number=number)

    executor.attempt = attempt

    def halt_later(event, halt):
        if isinstance(event, RunStarted):
            asyncio.get_running_loop().call_later(0.3, halt.set)

    order = memory.order(memory.lane("g", concurrency=1))
    seen = memory.run(order, executor, stop=asyncio.Event, on=halt_later)

    assert [v.observation.case.model.id for v in seen.verdicts] == ["a", "b"]


def test_a_skipped_lane_is_told_with_its_reason_and_costs_no_call(memory):
    executor = memory.Memory()

    seen = memory.run(memory.order(memory.lane("g", skip="set G_API_KEY")), executor)

    assert (executor.asked, executor.lists) == ([], Counter())
    assert seen.verdicts[0].outcome is Outcome.SKIPPED
    assert seen.verdicts[0].reason == "set G_API_KEY"
    assert of(seen.events, GatewayFinished)


@pytest.mark.parametrize("phase", ["list", "call", "wait"])
def test_stopping_returns_at_once_and_keeps_what_is_judged(memory, phase):
    def answer(gateway, model_id, number):
        if model_id == "b" and phase == "wait":
            return memory.refused(429, number, wait_s=15)
        return memory.good(number)

    executor = memory.Memory(["a", "b", "c"], answer)
    original = executor.attempt, executor.list_models

    async def slow_attempt(gateway, model_id, request, *, number=1, step=0):
        if phase == "call" and model_id == "b":
            executor.takes_s = 30
        return await original[0](gateway, model_id, request, number=number)

    async def slow_list(gateway):
        if phase == "list":
            await asyncio.sleep(30)
        return await original[1](gateway)

    executor.attempt, executor.list_models = slow_attempt, slow_list

    def halt_later(event, halt):
        if isinstance(event, RunStarted):
            asyncio.get_running_loop().call_later(0.3, halt.set)

    order = memory.order(memory.lane("g", concurrency=1))
    seen = memory.run(order, executor, stop=asyncio.Event, on=halt_later)

    assert seen.took_s < 2
    assert seen.run.status is RunStatus.CANCELLED
    assert [v.observation.case.model.id for v in seen.verdicts] == (
        [] if phase == "list" else ["a"]
    )
    (line,) = seen.run.summary.gateways
    assert line.counts.stopped == seen.run.summary.total.stopped == (0 if phase == "list" else 2)
    assert (line.reason == "stopped before anything was judged") is (phase == "list")
    assert executor.cancelled == (phase == "call")


def test_a_listener_that_leaves_ends_the_work(memory):
    executor = memory.Memory(["a"], takes_s=30)

    async def go():
        from gatewayz.runner import roll_call

        events = roll_call(memory.order(memory.lane("g")), executor=executor)
        async for event in events:
            if isinstance(event, CaseStarted):
                await asyncio.sleep(0.1)
                break
        await events.aclose()
        return [t for t in asyncio.all_tasks() if t.get_name() in ("roll call", "stop", "g")]

    assert asyncio.run(asyncio.wait_for(go(), 5)) == []
    assert executor.cancelled == 1


def broken_list(*attempts):
    return Listing(attempts=attempts, complete=False)


def test_when_no_host_can_be_reached_it_is_our_network(memory):
    executor = memory.Memory(lambda gateway: broken_list(memory.unreached()))

    seen = memory.run(memory.order(memory.lane("a"), memory.lane("b")), executor)

    assert {v.outcome for v in seen.verdicts} == {Outcome.UNKNOWN}
    assert {v.failure.culprit for v in seen.verdicts} == {Culprit.NETWORK}
    assert seen.run.summary.total.judged == 0


def test_when_one_host_answers_the_other_is_at_fault(memory):
    def listing(gateway):
        return ["m"] if gateway.name == "up" else broken_list(memory.unreached())

    for lanes in (("up", "down"), ("down", "up")):
        executor = memory.Memory(listing)
        seen = memory.run(memory.order(*map(memory.lane, lanes)), executor)
        by_name = {v.observation.case.gateway: v for v in seen.verdicts}
        assert by_name["up"].outcome is Outcome.PASSED
        assert by_name["down"].outcome is Outcome.FAILED
        assert by_name["down"].failure.culprit is Culprit.GATEWAY


def test_servers_on_this_machine_that_are_down_are_no_network_trouble(memory):
    def listing(gateway):
        url = f"{gateway.base_url}/models"
        return broken_list(memory.unreached(FaultName.REFUSED, Phase.CONNECT, url))

    executor = memory.Memory(listing)
    lanes = [memory.lane(name, url=f"http://127.0.0.1:{n}/v1") for n, name in enumerate("ab", 1)]

    seen = memory.run(memory.order(*lanes), executor)

    assert {v.failure.kind for v in seen.verdicts} == {"connection-refused"}
    assert {v.outcome for v in seen.verdicts} == {Outcome.FAILED}


def test_gateways_behind_one_host_say_nothing_of_the_network(memory):
    executor = memory.Memory(lambda gateway: broken_list(memory.unreached()))
    lanes = [memory.lane(n, url=f"http://one.invalid/{n}/v1") for n in "abc"]

    seen = memory.run(memory.order(*lanes), executor)

    assert {v.outcome for v in seen.verdicts} == {Outcome.FAILED}


def test_a_backend_that_cannot_be_reached_makes_its_gateways_unknown(memory):
    def listing(gateway):
        url = f"{gateway.base_url}/models"
        return broken_list(memory.unreached(FaultName.REFUSED, Phase.CONNECT, url))

    executor = memory.Memory(listing)
    lanes = [memory.lane(n, way="api", url="http://127.0.0.1:9/v1") for n in "ab"]

    seen = memory.run(memory.order(*lanes), executor)

    assert {v.outcome for v in seen.verdicts} == {Outcome.UNKNOWN}
    assert {v.failure.culprit for v in seen.verdicts} == {Culprit.BACKEND}
    assert "API is unreachable at http://127.0.0.1:9/v1" in seen.verdicts[0].reason


@pytest.mark.parametrize(
    ("listing", "kind"),
    [
        (Listing(), "models-empty"),
        (Listing(listed=5, dropped=5), "models-empty"),
        ("refused 401", "auth-bad-key"),
        ("refused 404", "models-endpoint-missing"),
    ],
)
def test_a_list_without_models_is_judged(memory, listing, kind):
    if isinstance(listing, str):
        listing = broken_list(memory.refused(int(listing.split()[1])))
    executor = memory.Memory(lambda gateway: listing)

    seen = memory.run(memory.order(memory.lane("g")), executor)

    (verdict,) = seen.verdicts
    assert verdict.failure.kind == kind
    assert verdict.outcome in (Outcome.FAILED, Outcome.UNKNOWN)
    assert of(seen.events, CatalogRead)[0].verdict == verdict


def test_a_list_of_other_models_only_is_skipped_and_not_called_empty(memory):
    executor = memory.Memory(lambda gateway: Listing(listed=5, dropped=1))

    (verdict,) = memory.run(memory.order(memory.lane("g")), executor).verdicts

    assert (verdict.outcome, verdict.failure.kind) == (Outcome.SKIPPED, "non-chat-listed")
    assert "none of 5 listed entries is a chat model" in verdict.reason


def test_a_named_model_is_tested_though_there_is_no_list(memory):
    executor = memory.Memory(lambda gateway: broken_list(memory.refused(404)))

    seen = memory.run(memory.order(memory.lane("g"), selection=Selection(models="m1")), executor)

    assert [v.outcome for v in seen.verdicts] == [Outcome.PASSED]


def test_a_list_lost_to_one_packet_is_read_once_more(memory):
    answers = [broken_list(memory.unreached(FaultName.RESET, Phase.HEADERS)), ["m"]]
    executor = memory.Memory(lambda gateway: answers.pop(0))

    seen = memory.run(memory.order(memory.lane("g")), executor)

    assert executor.lists["g"] == 2
    assert seen.verdicts[0].outcome is Outcome.PASSED


def test_a_list_that_came_at_a_second_try_keeps_the_first_and_says_so(memory):
    answers = [broken_list(memory.refused(500)), ["m"]]
    executor = memory.Memory(lambda gateway: answers.pop(0))

    seen = memory.run(memory.order(memory.lane("g")), executor)

    of_list = seen.verdicts[0]
    assert [a.status for a in of_list.observation.attempts] == [500, 200]
    assert [a.number for a in of_list.observation.attempts] == [1, 2]
    assert (of_list.first_outcome, of_list.outcome) == (Outcome.FAILED, Outcome.PASSED)
    assert [w.kind for w in of_list.warnings] == ["retry-masked-latency"]
    assert seen.run.summary.total.judged == 1  # the model; a list is no test of one


@pytest.mark.parametrize("retries", [0, 1, 2])
@pytest.mark.parametrize("status", [500, 429, 401])
def test_a_list_is_asked_for_as_often_as_a_case_would_be(memory, monkeypatch, retries, status):
    monkeypatch.setattr("gatewayz.runner.retries.FIRST_WAIT_S", 0.01)
    executor = memory.Memory(lambda gateway: broken_list(memory.refused(status)))

    seen = memory.run(memory.order(memory.lane("g"), retries=retries), executor)

    (verdict,) = seen.verdicts
    assert executor.lists["g"] == (1 if status == 401 else retries + 1)
    assert len(verdict.observation.attempts) == executor.lists["g"]
    assert (verdict.first_outcome, verdict.outcome) == (Outcome.FAILED, Outcome.FAILED)


def test_a_list_lost_with_an_idle_connection_is_asked_for_anew_and_no_retry(memory):
    stale = replace(memory.unreached(FaultName.CLOSED, Phase.HEADERS), reused_connection=True)
    answers = [broken_list(stale), ["m"]]
    executor = memory.Memory(lambda gateway: answers.pop(0))

    seen = memory.run(memory.order(memory.lane("g"), retries=0), executor)

    assert [v.observation.case.probe for v in seen.verdicts] == ["chat"]


def test_a_pause_before_another_reading_ends_with_the_runs_deadline(memory):
    executor = memory.Memory(lambda gateway: broken_list(memory.refused(429, wait_s=9)))

    seen = memory.run(memory.order(memory.lane("g"), deadline_s=1.0), executor)

    assert seen.took_s < 2
    assert executor.lists["g"] == 1


def test_catalogues_read_before_are_not_read_again(memory):
    executor = memory.Memory()
    listings = {("g", "direct"): Listing(models=memory.models("stored"))}

    memory.run(memory.order(memory.lane("g")), executor, listings=listings)

    assert executor.lists == Counter()
    assert asked_models(executor) == ["stored"]


def raises(seen):
    raise ZeroDivisionError("a bug in a check")


def raising_request(ask):
    raise ZeroDivisionError("a bug in a probe")


def no_data(ask):
    return ChatRequest(messages=({"role": "user", "content": object()},))


def test_a_bug_makes_one_case_unknown_with_its_traceback_and_the_run_goes_on(memory):
    ask = memory.PROBE.request
    probes = (
        Probe(name="broken", title="", request=ask, checks=(raises,)),
        Probe(name="bad", title="", request=raising_request, checks=()),
        Probe(name="odd", title="", request=no_data, checks=()),
        memory.PROBE,
    )

    seen = memory.run(memory.order(memory.lane("g"), probes=probes), memory.Memory(["a"]))

    by_probe = {v.observation.case.probe: v for v in seen.verdicts}
    assert by_probe["chat"].outcome is Outcome.PASSED
    for name, bug in (
        ("broken", "a bug in a check"),
        ("bad", "a bug in a probe"),
        ("odd", "object is not data"),
    ):
        assert by_probe[name].outcome is Outcome.UNKNOWN
        assert bug in by_probe[name].reason
        assert "Traceback" in by_probe[name].reason
    dumps(seen.run)  # whatever happened can be kept


@pytest.mark.parametrize("where", ["list", "call"])
def test_a_bug_in_one_gateways_executor_surfaces_and_costs_the_others_nothing(memory, where):
    def listing(gateway):
        return RuntimeError("our bug") if (gateway.name, where) == ("x", "list") else ["a", "b"]

    def answers(gateway, model_id, number):
        return RuntimeError("our bug") if gateway.name == "x" else memory.good(number)

    seen = memory.run(
        memory.order(memory.lane("x"), memory.lane("y")), memory.Memory(listing, answers)
    )

    mine = [v for v in seen.verdicts if v.observation.case.gateway == "x"]
    others = [v for v in seen.verdicts if v.observation.case.gateway == "y"]
    assert mine
    assert {v.outcome for v in mine} == {Outcome.UNKNOWN}
    assert "our bug" in mine[0].reason
    assert [v.outcome for v in others] == [Outcome.PASSED] * 2


def test_what_the_user_set_wrongly_ends_the_run_with_that_error(memory):
    executor = memory.Memory(["a"], lambda g, m, n: ConfigError("cannot read ca.pem"))

    with pytest.raises(ConfigError, match=r"ca\.pem"):
        memory.run(memory.order(memory.lane("x"), memory.lane("y")), executor)


def test_only_the_named_cases_are_planned(memory):
    seen = memory.run(memory.order(memory.lane("g"), only=frozenset({"g-b-chat"})), memory.Memory())

    assert [c.id for c in seen.run.plan] == ["g-b-chat"]


def test_repeats_are_cases_of_their_own(memory):
    order = memory.order(memory.lane("g"), repeat=2, selection=Selection(models="1"))

    seen = memory.run(order, memory.Memory())

    assert sorted(c.id for c in seen.run.plan) == ["g-a-chat", "g-a-chat-2"]


def test_what_its_catalogue_denies_is_not_asked_of_a_model_and_what_it_does_not_speak_of_is(memory):
    vision = Probe(
        name="vision", title="", checks=(), needs=frozenset({"chat", "vision"}),
        request=lambda put: ChatRequest(messages=()),
    )  # fmt: skip
    listed = (Model(id="blind", lacks=frozenset({"vision"})), Model(id="silent"))
    executor = memory.Memory(Listing(models=listed, listed=2))

    seen = memory.run(memory.order(memory.lane("g"), probes=(vision,)), executor)

    assert [asked[1] for asked in executor.asked] == ["silent"]
    assert {v.observation.case.model.id: v.outcome for v in seen.run.verdicts} == {
        "blind": Outcome.SKIPPED, "silent": Outcome.PASSED,
    }  # fmt: skip
    assert "vision" in next(v.reason for v in seen.run.verdicts if v.reason)


@pytest.mark.parametrize("fault", [FaultName.DNS, FaultName.RESET, FaultName.TLS_PROTOCOL])
def test_when_every_host_is_lost_in_mid_run_it_is_our_network(memory, fault):
    def answers(gateway, model_id, number):
        gone = model_id != "a"
        return memory.unreached(fault, Phase.CONNECT) if gone else memory.good(number)

    lanes = (memory.lane("x", concurrency=1), memory.lane("y", concurrency=1))
    seen = memory.run(memory.order(*lanes, retries=0), memory.Memory("abc", answers, takes_s=0.05))

    lost = [v for v in seen.verdicts if v.observation.case.model.id != "a"]
    assert len(lost) == 4
    assert {v.outcome for v in lost} == {Outcome.UNKNOWN}
    assert {v.failure.culprit for v in lost} == {Culprit.NETWORK}
    assert seen.run.summary.total.judged == 2


def test_when_one_host_of_two_is_lost_in_mid_run_it_is_at_fault(memory):
    def answers(gateway, model_id, number):
        gone = gateway.name == "x" and model_id != "a"
        return memory.unreached(FaultName.RESET, Phase.HEADERS) if gone else memory.good(number)

    lanes = (memory.lane("x", concurrency=1), memory.lane("y", concurrency=1))
    seen = memory.run(memory.order(*lanes, retries=0), memory.Memory("abc", answers, takes_s=0.05))

    by_name = Counter((v.observation.case.gateway, v.outcome) for v in seen.verdicts)
    assert by_name[("x", Outcome.FAILED)] == 2
    assert by_name[("y", Outcome.PASSED)] == 3


def test_a_wrong_key_is_not_tried_where_none_is_asked_for(memory):
    import dataclasses

    signed = Probe(
        name="wrong_key", title="", request=memory.PROBE.request, checks=(),
        needs=frozenset({"chat", "key"}),
    )  # fmt: skip
    lane = memory.lane("open")
    lane = dataclasses.replace(lane, gateway=dataclasses.replace(lane.gateway, key_required=False))
    executor = memory.Memory("a")

    seen = memory.run(memory.order(lane, memory.lane("g"), probes=(signed,)), executor)

    by_name = {v.observation.case.gateway: v for v in seen.verdicts}
    assert [name for name, *_ in executor.asked] == ["g"]
    assert by_name["open"].outcome is Outcome.SKIPPED
    assert "no key is asked for" in by_name["open"].reason


@pytest.mark.parametrize(("listing", "is_ready"), [(("a", "b", "c"), True), (("a",), False)])
def test_an_error_is_judged_when_that_holds_nobody_else_up(memory, monkeypatch, listing, is_ready):
    monkeypatch.setattr(LEXICON, "_patterns", {})
    ready = []

    def judged(*given):
        ready.append(LEXICON.concepts.keys() == LEXICON._patterns.keys())
        return judge(*given)

    monkeypatch.setattr(cases, "judge", judged)
    executor = memory.Memory(listing, lambda gateway, model, number: memory.refused(400))
    memory.run(memory.order(memory.lane("g", concurrency=3)), executor)

    assert set(ready) == {is_ready}
