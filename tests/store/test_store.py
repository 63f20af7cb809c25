"""The same scenario on each database."""

from dataclasses import replace

import pytest

from gatewayz.core import (
    ConfigError,
    Counts,
    GatewaySummary,
    Habits,
    Model,
    Outcome,
    Price,
    RunStatus,
    StoreError,
    Summary,
    UnknownName,
    Whom,
)
from gatewayz.store import open_store

HOSTILE = "a\ud800b\x00c\x1b[31m '; DROP TABLE runs; -- \u202e \U0001f600 %s %(x)s {x} \\ \" \r\n"


def test_a_run_comes_back_whole_after_the_store_was_closed(place, make):
    run = make.run("run-1", "a", "b")
    verdicts = (make.verdict("a"), make.verdict("b", Outcome.FAILED))
    total = Counts(passed=1, failed=1, warned=1)
    summary = Summary(
        gateways=(GatewaySummary(gateway="groq", way="direct", counts=total),), total=total
    )
    done = replace(run, status=RunStatus.FINISHED, finished_at=make.noon, summary=summary)
    store = open_store(place)
    store.begin_run(run)
    store.record(run.id, verdicts)
    store.finish_run(done)
    store.close()

    again = open_store(place)
    kept = again.run("last")
    again.close()

    assert kept == replace(done, verdicts=verdicts)


def test_runs_are_listed_newest_first_whatever_the_clock_said(store, make):
    earlier = make.noon.replace(year=2020)
    store.begin_run(make.run("first"))
    store.begin_run(replace(make.run("second", "a", "b", "c"), started_at=earlier))
    store.record("second", [make.verdict("a"), make.verdict("b", Outcome.FAILED)])

    newest, oldest = store.runs()

    assert (newest.id, oldest.id) == ("second", "first")
    assert (newest.planned, newest.recorded) == (3, 2)
    assert newest.counts == Counts(passed=1, failed=1, warned=1)
    assert newest.status is RunStatus.RUNNING
    assert [line.id for line in store.runs(limit=1)] == ["second"]


def test_a_run_is_found_by_the_beginning_of_its_id(store, make):
    for name in ("2026-a1", "2026-b2", "100%_sure"):
        store.begin_run(make.run(name))

    assert store.run("2026-b").id == "2026-b2"
    assert store.run("100%").id == "100%_sure"
    with pytest.raises(ConfigError, match="several runs"):
        store.run("2026-")
    with pytest.raises(UnknownName, match="did you mean '2026-"):
        store.run("2026-a2")
    for other in ("_", "2026-A", ""):
        with pytest.raises(ConfigError):
            store.run(other)


def test_an_empty_store_has_no_last_run_and_nothing_failed(store):
    assert store.runs() == []
    assert store.failed_cases() == ()
    assert store.catalog("groq") is None
    with pytest.raises(UnknownName, match="known: none"):
        store.run("last")


def test_what_failed_last_is_of_the_last_run_that_has_a_verdict(store, make):
    store.begin_run(make.run("old", "a", "b"))
    store.record("old", [make.verdict("a", Outcome.FAILED), make.verdict("b")])
    store.begin_run(make.run("killed at once"))

    assert store.failed_cases() == (make.case("a"),)
    assert store.failed_cases("killed") == ()
    assert store.failed_cases("old") == (make.case("a"),)


def test_what_failed_last_is_not_of_a_round_of_a_watch(store, make):
    store.begin_run(make.run("test", "a", "b"))
    store.record("test", [make.verdict("a"), make.verdict("b", Outcome.FAILED)])
    store.begin_run(replace(make.run("round"), settings={"watch": "chat"}))
    store.record("round", [make.verdict("a", Outcome.FAILED)])

    assert store.failed_cases() == (make.case("b"),)
    assert store.failed_cases("round") == (make.case("a"),)


def judge_again(store, make, name, run_id, *verdicts):
    store.begin_run(replace(make.run(name), settings={"rejudged": run_id}))
    store.record(name, verdicts)


def test_what_failed_last_is_not_of_an_older_run_that_was_judged_again(store, make):
    for name, outcome in (("old", Outcome.FAILED), ("new", Outcome.PASSED)):
        store.begin_run(make.run(name))
        store.record(name, [make.verdict("a", outcome)])
    judge_again(store, make, "old again", "old", make.verdict("a", Outcome.FAILED))

    assert store.failed_cases() == ()
    assert store.failed_cases("old again") == (make.case("a"),)


def test_what_failed_last_is_as_the_last_run_was_judged_last(store, make):
    store.begin_run(make.run("run"))
    store.record("run", [make.verdict("a", Outcome.FAILED), make.verdict("b")])
    judge_again(store, make, "once", "run", make.verdict("a"), make.verdict("b", Outcome.FAILED))

    assert store.failed_cases() == (make.case("b"),)
    judge_again(store, make, "twice", "once", make.verdict("a", Outcome.FAILED), make.verdict("b"))
    assert store.failed_cases() == (make.case("a"),)
    judge_again(store, make, "killed at once", "twice")
    assert store.failed_cases() == (make.case("a"),)


def test_a_catalogue_replaces_the_one_before(store, make):
    models = (
        Model(id="a", context_tokens=8192, price=Price(0.1, 0.25)),
        Model(id=f"b{chr(10)}", capabilities=frozenset({"chat", "tools"})),
    )
    store.save_catalog("groq", [Model(id="gone")], make.noon)
    store.save_catalog("groq", models, make.noon.replace(hour=13))
    store.save_catalog("xai", [], make.noon)

    kept = store.catalog("groq")

    assert kept.models == models
    assert kept.fetched_at == make.noon.replace(hour=13)
    assert store.catalog("xai").models == ()


def test_hostile_text_is_kept_as_valid_text_and_obeyed_by_nobody(store, make):
    verdict = make.verdict(HOSTILE, gateway=HOSTILE, text=HOSTILE)
    run = replace(make.run(HOSTILE), settings={HOSTILE: [HOSTILE]})
    store.begin_run(run)
    store.record(run.id, [verdict])
    store.save_catalog(HOSTILE, [Model(id=HOSTILE)], make.noon)

    kept = store.run("last").verdicts[0].observation

    assert kept.case.model.id == HOSTILE.replace("\ud800", "\ufffd").replace("\x00", "\\x00")
    assert kept.reply.text == kept.case.model.id
    assert len(store.runs()) == 1


def test_many_verdicts_are_recorded_all_or_none(store, make):
    store.begin_run(make.run())
    store.record("run-1", [make.verdict(str(n)) for n in range(300)])
    store.record("run-1", [])
    with pytest.raises(StoreError):
        store.record("no such run", [make.verdict("x"), make.verdict("y")])

    kept = store.run("run-1").verdicts

    assert [v.observation.case.model.id for v in kept] == [str(n) for n in range(300)]
    assert store.runs()[0].recorded == 300


def test_a_run_that_was_never_begun_cannot_be_finished(store, make):
    with pytest.raises(StoreError, match="no run 'run-9'"):
        store.finish_run(make.run("run-9"))


def test_the_same_run_cannot_be_begun_twice(store, make):
    store.begin_run(make.run())
    with pytest.raises(StoreError):
        store.begin_run(make.run())

    assert len(store.runs()) == 1


def test_a_store_may_be_used_from_several_threads(store, make):
    from concurrent.futures import ThreadPoolExecutor

    store.begin_run(make.run())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.record("run-1", [make.verdict(str(n))]), range(40)))

    assert {v.observation.case.model.id for v in store.run().verdicts} == set(map(str, range(40)))


def test_messages_are_one_line_and_name_the_store(store, make):
    with pytest.raises(StoreError) as told:
        store.record("no such run", [make.verdict()])

    assert "\n" not in str(told.value)
    assert store.where in str(told.value)


def whom(gateway, *, way="direct", host="far.invalid", model="m"):
    return Whom(gateway=gateway, way=way, host=host, model=model)


def test_how_a_model_wants_to_be_asked_is_kept_replaced_and_forgotten(place, make):
    renamed = Habits(max_tokens_field="max_completion_tokens", never_send=frozenset({"a", "b"}))
    store = open_store(place)
    store.save_habits(whom("groq"), Habits(stream_only=True), make.noon)
    store.save_habits(whom("groq"), renamed, make.noon)
    store.save_habits(whom("groq", way="api"), Habits(least_tokens=400), make.noon)
    store.save_habits(whom("xai", model=HOSTILE), Habits(stream_only=True), make.noon)
    store.close()

    again = open_store(place)
    of_groq = again.habits("groq")

    assert [(kept.whom.way, kept.habits) for kept in of_groq] == [
        ("api", Habits(least_tokens=400)),
        ("direct", renamed),
    ]
    assert {kept.learned_at for kept in of_groq} == {make.noon}
    assert len(again.habits()) == 3
    again.save_habits(whom("groq"), Habits(), make.noon)
    assert len(again.habits("groq")) == 1
    assert again.forget_habits("groq") == 1
    assert [kept.whom.gateway for kept in again.habits()] == ["xai"]
    again.close()


def test_a_list_that_was_read_is_recorded_and_counts_for_no_model(store, make):
    store.begin_run(make.run("run-1", "a"))
    of_list = make.verdict("a")
    case = replace(of_list.observation.case, model=None)
    of_list = replace(of_list, observation=replace(of_list.observation, case=case))
    store.record("run-1", [of_list, make.verdict("a")])

    (line,) = store.runs()

    assert line.recorded == 2
    assert line.counts == Counts(passed=1, warned=1, warned_lists=1)


def test_one_name_at_two_hosts_has_the_habits_of_each(store, make):
    here, there = whom("groq", host="127.0.0.1:8100"), whom("groq", host="api.groq.com")
    store.save_habits(here, Habits(stream_only=True), make.noon)
    store.save_habits(there, Habits(least_tokens=400), make.noon)
    store.save_habits(here, Habits(), make.noon)

    assert [(kept.whom, kept.habits) for kept in store.habits("groq")] == [
        (there, Habits(least_tokens=400))
    ]
    assert store.forget_habits("groq") == 1
