"""What the runs together say of a model, on each database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core import Outcome, RunStatus, UnknownName

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN


@pytest.fixture
def days(store, make):
    """Stores a run a day: each a mapping from model to outcomes; gives the store."""

    def keep(*runs, **settings):
        for outcomes in runs:
            number = len(store.runs(limit=1000)) + 1
            run = make.run(f"run-{number}")
            started = make.noon + timedelta(days=number)
            run = replace(run, started_at=started, status=RunStatus.FINISHED, settings=settings)
            store.begin_run(run)
            verdicts = [make.verdict(m, one) for m, several in outcomes.items() for one in several]
            store.record(run.id, verdicts)
        return store

    return keep


def only(past):
    (question,) = past.questions
    return question


def test_since_when_a_model_fails_is_counted_from_its_last_pass(days):
    past = days({"a": [PASSED]}, {"a": [FAILED]}, {"a": [PASSED]}, {"b": [PASSED]},
                {"a": [FAILED]}, {"a": [UNKNOWN]}, {"a": [FAILED, FAILED]}).past.of("groq", "a")  # fmt: skip

    found = only(past)
    assert (found.first_seen.id, found.last_passed.id) == ("run-1", "run-3")
    assert (found.fails_since.id, found.failing_runs) == ("run-5", 2)
    assert (found.passed, found.failed) == (2, 4)
    assert [run.id for run in past.runs] == ["run-7", "run-6", "run-5", "run-3", "run-2", "run-1"]
    assert [(v.run_id, v.outcome, v.label) for v in past.verdicts[:2]] == [
        ("run-1", PASSED, ""),
        ("run-2", FAILED, "model-not-found"),
    ]


def test_a_model_with_the_signs_of_a_glob_in_its_name_is_found_by_it(days):
    past = days({"chat[beta]": [PASSED], "other": [PASSED]}).past

    assert only(past.of("groq", "chat[beta]")).model == "chat[beta]"
    assert only(past.of("groq", "Chat[Beta]")).model == "chat[beta]"


def test_a_model_that_passed_in_its_last_run_does_not_fail_even_where_a_repeat_did(days):
    found = only(days({"a": [PASSED]}, {"a": [FAILED, PASSED, FAILED]}).past.of("groq"))

    assert found.fails_since is None
    assert found.last_passed.id == "run-2"


def test_a_model_that_never_passed_fails_since_its_first_failure(days):
    found = only(days({"a": [UNKNOWN]}, {"a": [FAILED]}).past.of("groq"))

    assert found.last_passed is None
    assert (found.first_seen.id, found.fails_since.id) == ("run-1", "run-2")


def test_questions_are_told_over_all_runs_and_verdicts_of_the_latest(days):
    past = days(*[{"a": [PASSED]}] * 3).past.of("groq", limit=2)

    assert [run.id for run in past.runs] == ["run-3", "run-2"]
    assert {verdict.run_id for verdict in past.verdicts} == {"run-2", "run-3"}
    assert (only(past).first_seen.id, only(past).passed) == ("run-1", 3)


def test_globs_pick_gateways_and_models_whatever_their_case(days):
    store = days({"Llama-3": [PASSED], "llama-4": [PASSED], "qwen": [PASSED]})

    assert [q.model for q in store.past.of("GR*", "llama*").questions] == ["Llama-3", "llama-4"]
    assert len(store.past.of("*").questions) == 3


def test_a_name_that_was_never_asked_is_told_with_the_nearest(days):
    store = days({"llama-3": [PASSED]})

    with pytest.raises(UnknownName, match="did you mean 'groq'"):
        store.past.of("grok")
    with pytest.raises(UnknownName, match="did you mean 'llama-3'"):
        store.past.of("groq", "llama-33")


def test_a_run_that_only_judged_again_says_nothing_new(days):
    days({"a": [PASSED]}, {"a": [FAILED]})
    store = days({"a": [PASSED]}, rejudged="run-2")
    store = days({"b": [PASSED]}, message='say "rejudged":"no"')

    past = store.past.of("groq")

    assert [run.id for run in past.runs] == ["run-4", "run-2", "run-1"]
    assert past.questions[0].fails_since.id == "run-2"
    assert past.questions[0].passed == 1


def test_what_a_run_took_over_from_an_earlier_one_counts_once_and_where_it_was_asked(days, make):
    store = days({"a": [PASSED]}, {"a": [FAILED]})
    for number in (3, 4):
        started = make.noon + timedelta(days=number)
        store.begin_run(replace(make.run(f"run-{number}"), started_at=started))
        store.record(f"run-{number}", [replace(make.verdict("a"), taken_from="run-1")])
    store = days({"a": [FAILED]})

    past = store.past.of("groq", "a")

    found = only(past)
    assert (found.passed, found.failed) == (1, 2)
    assert (found.last_passed.id, found.fails_since.id, found.failing_runs) == ("run-1", "run-2", 2)
    assert [v.taken_from for v in past.verdicts] == ["", "", "run-1", "run-1", ""]


def test_what_was_only_taken_over_from_runs_that_are_gone_has_no_run_that_saw_it(store, make):
    store.begin_run(make.run("run-2"))
    store.record("run-2", [replace(make.verdict("a"), taken_from="run-1"), make.verdict("b")])

    past = store.past.of("groq")

    assert [(one.model, one.first_seen and one.first_seen.id) for one in past.questions] == [
        ("a", None), ("b", "run-2"),
    ]  # fmt: skip
    assert (past.questions[0].passed, past.questions[1].passed) == (0, 1)


def test_an_answer_that_looks_like_a_verdict_taken_over_is_none(store, make):
    store.begin_run(make.run("run-1"))
    store.record("run-1", [make.verdict("a", text='","taken_from":"run-0"')])

    past = store.past.of("groq", "a")

    assert [v.taken_from for v in past.verdicts] == [""]
    assert only(past).passed == 1
