"""What was found of one model, over all runs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core import Outcome, StoreError


def later(verdict, moment, *, way="direct"):
    """The same verdict of a question that was put at another moment, on another way."""
    seen = verdict.observation
    attempts = tuple(replace(a, started_at=moment) for a in seen.attempts)
    return replace(
        verdict,
        observation=replace(seen, case=replace(seen.case, way=way), attempts=attempts),
    )


def test_the_verdicts_of_a_model_come_newest_first_over_all_runs(store, make):
    store.begin_run(make.run("one", "a", "b"))
    store.record("one", [make.verdict("a"), make.verdict("b"), make.verdict("a", gateway="xai")])
    store.begin_run(make.run("two", "a"))
    failed = later(make.verdict("a", Outcome.FAILED), make.noon + timedelta(hours=1))
    store.record("two", [failed])

    found = store.verdicts.of("groq", "a")

    assert [(kept.run_id, kept.verdict.outcome) for kept in found] == [
        ("two", Outcome.FAILED), ("one", Outcome.PASSED),
    ]  # fmt: skip
    assert [kept.at - make.noon for kept in found] == [timedelta(hours=1), timedelta(0)]
    assert len(store.verdicts.of("groq", "a", limit=1)) == 1
    assert store.verdicts.of("groq", "nobody") == ()


def test_the_two_ways_to_a_model_are_kept_apart(store, make):
    store.begin_run(make.run("one", "a"))
    store.record("one", [later(make.verdict("a"), make.noon, way="api")])

    assert store.verdicts.of("groq", "a") == ()
    assert len(store.verdicts.of("groq", "a", way="api")) == 1


def test_what_was_judged_again_comes_once_as_it_was_judged_last(store, make):
    for run, outcome in (("first", Outcome.FAILED), ("again", Outcome.PASSED)):
        store.begin_run(make.run(run, "a"))
        store.record(run, [make.verdict("a", outcome)])

    (kept,) = store.verdicts.of("groq", "a")

    assert (kept.run_id, kept.verdict.outcome) == ("again", Outcome.PASSED)


def test_a_run_that_comes_after_the_judgements_of_it_does_not_take_their_place(store, make):
    last, first = "20260303-120000-aaaaaa", "20260302-120000-aaaaaa"
    for run, outcome, settings in (
        (last, Outcome.PASSED, {"rejudged": "run"}),
        (first, Outcome.UNKNOWN, {"rejudged": "run"}),
        ("run", Outcome.FAILED, {}),
    ):
        store.begin_run(replace(make.run(run, "a"), settings=settings))
        store.record(run, [make.verdict("a", outcome)])

    (kept,) = store.verdicts.of("groq", "a")

    assert (kept.run_id, kept.verdict.outcome) == (last, Outcome.PASSED)


def test_a_question_that_was_never_put_has_the_moment_of_its_run(store, make):
    skipped = make.verdict("a", Outcome.SKIPPED)
    skipped = replace(skipped, observation=replace(skipped.observation, attempts=()))
    store.begin_run(make.run("one", "a"))
    store.record("one", [skipped, skipped])

    assert [kept.at for kept in store.verdicts.of("groq", "a")] == [make.noon, make.noon]


def test_a_flipped_bit_is_not_read_as_good(store, make):
    store.begin_run(make.run("one", "a"))
    store.record("one", [make.verdict("a")])
    with store._session.writing() as connection:
        connection.exec_driver_sql("UPDATE verdicts SET outcome = 'failed'")

    with pytest.raises(StoreError, match="damaged"):
        store.verdicts.of("groq", "a")


def test_what_passed_stands_for_a_time(store, make):
    verdict = make.verdict()
    store.begin_run(make.run())
    store.record("run-1", [verdict])
    name = verdict.observation.case.name

    def all_of_them(*_):
        return True

    assert store.verdicts.standing(make.noon, all_of_them) == {name: ("run-1", verdict)}
    assert store.verdicts.standing(make.noon + timedelta(seconds=1), all_of_them) == {}
    assert store.verdicts.standing(make.noon, lambda *_: False) == {}


def test_what_was_taken_over_stands_by_its_own_run_alone(store, make):
    verdict = make.verdict(text='"taken_from":"an answer that says so"')
    name = verdict.observation.case.name
    store.begin_run(make.run("asked"))
    store.record("asked", [verdict])
    store.begin_run(make.run("again"))
    store.record("again", [replace(verdict, taken_from="asked")])

    assert store.verdicts.standing(make.noon, lambda *_: True) == {name: ("asked", verdict)}


def test_what_failed_since_does_not_stand(store, make):
    for run_id, outcome in (("passed", Outcome.PASSED), ("failed", Outcome.FAILED)):
        store.begin_run(make.run(run_id))
        store.record(run_id, [make.verdict(outcome=outcome)])

    assert store.verdicts.standing(make.noon, lambda *_: True) == {}


def test_the_last_word_is_that_of_the_question_that_was_put_last_whichever_run_was_begun_last(
    store, make
):
    """A run that goes on for long, or is taken up again, asks after one that was begun later."""
    hour = timedelta(hours=1)
    name = make.case().name
    for run_id, begun, asked, outcome in (
        ("long", 0, 5, Outcome.FAILED), ("short", 2, 3, Outcome.PASSED),
    ):  # fmt: skip
        store.begin_run(replace(make.run(run_id), started_at=make.noon + begun * hour))
        verdict = later(make.verdict(outcome=outcome), make.noon + asked * hour)
        store.record(run_id, [verdict])

    assert store.verdicts.standing(make.noon, lambda *_: True) == {}
    # Also where that run was begun before the time that is looked at.
    assert store.verdicts.standing(make.noon + hour, lambda *_: True) == {}

    again = later(make.verdict(), make.noon + 6 * hour)
    store.record("long", [again])
    assert store.verdicts.standing(make.noon + 4 * hour, lambda *_: True) == {name: ("long", again)}


def test_the_latest_verdicts_of_a_model_are_those_that_were_asked_last_whoever_brought_them(
    store, make
):
    for run_id, hours in (("newer", 2), ("older", 1)):
        store.begin_run(make.run(run_id))
        store.record(run_id, [later(make.verdict("a"), make.noon + timedelta(hours=hours))])

    assert [kept.run_id for kept in store.verdicts.of("groq", "a", limit=1)] == ["newer"]
