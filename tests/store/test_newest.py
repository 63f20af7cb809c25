"""How each question came out last, and how far the run is that goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import CursorResult
from tests.watched import keep, run_of, verdict

from gatewayz.core import Case, Observation, Outcome, RunStatus
from gatewayz.store import newest, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    it = open_store(str(tmp_path / "runs.db"))
    yield it
    it.close()


def asked(store, at, *questions, status=RunStatus.FINISHED):
    found = [
        verdict(gateway, model, probe, at, bad=bad) for gateway, model, probe, bad in questions
    ]
    run = run_of(at, found, status=status)
    keep(store, run)
    return run


def test_the_newest_run_that_asked_tells_whatever_others_asked_since(store):
    asked(store, NOON, ("groq", "a", "chat", True), ("groq", "b", "chat", False))
    last = asked(store, NOON + timedelta(hours=1), ("groq", "a", "chat", False))
    for minute in range(5):
        asked(store, NOON + timedelta(hours=2, minutes=minute), ("xai", "c", "chat", False))
    found = {(one.gateway, one.model): one for one in store.past.newest.all()}

    assert found["groq", "a"].outcomes == (Outcome.PASSED,)
    assert found["groq", "a"].run_id == last.id
    assert found["groq", "b"].at == NOON
    assert found["groq", "a"].label == ""


def test_repeats_of_one_run_count_together_and_those_of_older_ones_do_not(store):
    asked(store, NOON, *[("groq", "a", "chat", True)] * 3)
    asked(
        store, NOON + timedelta(hours=1), ("groq", "a", "chat", True), ("groq", "a", "chat", False)
    )
    (one,) = store.past.newest.all()

    assert one.outcomes == (Outcome.FAILED, Outcome.PASSED)
    assert one.label == "server-500-json"
    assert one.latency_s == pytest.approx(1.0)


def test_what_was_asked_long_ago_says_nothing_of_now(store):
    asked(store, NOON, ("groq", "a", "chat", False))

    assert store.past.newest.all(since=NOON + timedelta(seconds=1)) == ()
    assert store.past.newest.all(way="api") == ()


def test_a_run_is_told_as_far_as_it_is(store):
    questions = [
        ("groq", "a", "chat", False),
        ("groq", "b", "chat", True),
        ("xai", "c", "chat", False),
    ]
    run = asked(store, NOON, *questions, status=RunStatus.RUNNING)
    seen = store.past.under_way.current(NOON, latest=2)

    assert (seen.id, seen.status, seen.recorded) == (run.id, RunStatus.RUNNING, 3)
    assert seen.ended["groq"] == {Outcome.PASSED: 1, Outcome.FAILED: 1}
    assert [one.model for one in seen.latest] == ["c", "b"]
    assert seen.latest[1].label == "server-500-json"


def test_a_run_that_goes_on_has_planned_what_it_has_planned_by_now(store):
    run = asked(store, NOON, ("groq", "a", "chat", False), status=RunStatus.RUNNING)
    case = run.verdicts[0].observation.case
    store.holding.planned(run.id, "groq", [case] * 5)
    store.holding.planned(run.id, "xai", [case] * 2)

    assert store.past.under_way.current(NOON).planned == 7
    assert [(line.planned, line.recorded) for line in store.runs()] == [(7, 1)]


def test_how_far_a_run_is_counts_what_is_put_to_models_and_tells_lists_apart(store):
    """A gateway without a key is no part of the plan, and what a list has to tell is no case."""
    cases = [verdict("groq", model, "chat", NOON) for model in "ab"]
    told = [
        replace(cases[0], observation=Observation(case=Case(gateway=name, probe="models", way=way)), outcome=outcome)
        for name, way, outcome in (
            ("groq", "direct", Outcome.PASSED), ("xai", "direct", Outcome.SKIPPED),
            ("near", "direct", Outcome.SKIPPED), ("near", "api", Outcome.FAILED),
        )
    ]  # fmt: skip
    for minute, status in enumerate((RunStatus.RUNNING, RunStatus.FINISHED)):
        run = run_of(NOON + timedelta(minutes=minute), [*cases, *told], status=status)
        keep(store, replace(run, plan=run.plan[:3]))
        seen = store.past.under_way.current(NOON)

        assert (seen.planned, seen.recorded) == (2, 2)
        assert seen.ended == {"groq": {Outcome.PASSED: 2}, "xai": {}, "near": {}}
        assert seen.lists == {
            "groq": Outcome.PASSED,
            "xai": Outcome.SKIPPED,
            "near": Outcome.FAILED,
        }


def test_a_store_without_a_run_has_no_newest(store):
    assert store.past.under_way.current(NOON) is None
    assert store.past.newest.all() == ()


def test_a_question_that_is_put_seldom_is_found_behind_all_that_were_put_since(store, monkeypatch):
    monkeypatch.setattr(newest, "_AT_ONCE", 2)
    asked(store, NOON, ("groq", "a", "tools", True), ("groq", "gone", "chat", False))
    for hour in range(1, 9):
        asked(store, NOON + timedelta(hours=hour), ("groq", "a", "chat", False))
    store.summaries.roll_up()
    found = {(one.model, one.probe): one for one in store.past.newest.all()}

    assert found.keys() == {("a", "tools"), ("a", "chat"), ("gone", "chat")}
    assert found["a", "tools"].outcomes == (Outcome.FAILED,)
    assert found["a", "chat"].at == NOON + timedelta(hours=8)


def test_what_no_sum_knows_of_yet_is_found_too(store, monkeypatch):
    monkeypatch.setattr(newest, "_AT_ONCE", 1)
    asked(store, NOON + timedelta(hours=1), ("groq", "a", "chat", False))
    asked(store, NOON + timedelta(hours=2), ("groq", "a", "chat", False))
    store.summaries.roll_up()
    asked(store, NOON, ("xai", "older", "chat", True))

    assert {one.model for one in store.past.newest.all()} == {"a", "older"}


def test_it_goes_back_no_further_than_it_has_to(store, monkeypatch):
    monkeypatch.setattr(newest, "_AT_ONCE", 2)
    for hour in range(30):
        asked(store, NOON + timedelta(hours=hour), ("groq", "a", "chat", False))
    asked(store, NOON - timedelta(days=90), ("groq", "gone", "chat", False))
    store.summaries.roll_up()
    read = []
    monkeypatch.setattr(CursorResult, "partitions", parts_told(read))
    (one,) = store.past.newest.all(since=NOON)

    assert one.at == NOON + timedelta(hours=29)
    assert len(read) == 1


def parts_told(read, real=CursorResult.partitions):
    def partitions(self, size=None):
        for part in real(self, size):
            read.append(part)
            yield part

    return partitions
