"""Probe results: written with their verdicts, read in a window, gone with their run."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from gatewayz.core import Culprit, Outcome, StoreError, Timing
from gatewayz.core.judge import skipped
from gatewayz.store import open_store

HOUR = timedelta(hours=1)


def at(verdict, moment, **changes):
    """The verdict as of another moment, its answer streamed in the given way."""
    (attempt,) = verdict.observation.attempts
    attempt = replace(attempt, started_at=moment, **changes)
    return replace(verdict, observation=replace(verdict.observation, attempts=(attempt,)))


def test_a_window_holds_what_was_asked_in_it_in_the_order_of_time(store, make):
    store.begin_run(make.run())
    moments = [make.noon + hours * HOUR for hours in (3, 0, 2, 1)]
    store.record("run-1", [at(make.verdict(), moment) for moment in moments])

    found = list(store.results.within(make.noon + HOUR, make.noon + 3 * HOUR))

    assert [one.at for one in found] == [make.noon + HOUR, make.noon + 2 * HOUR]


def test_how_many_there_are_at_most_is_known_without_counting(store, make):
    assert store.results.at_most() == 0

    store.begin_run(make.run())
    store.record("run-1", [at(make.verdict(), make.noon + hours * HOUR) for hours in range(4)])

    assert store.results.at_most() == 4


def test_to_know_how_many_there_are_at_most_takes_no_longer_of_more_of_them(file, make):
    steps = 0

    def step():
        nonlocal steps
        steps += 1

    def connected(raw, _record):
        raw.set_progress_handler(step, 1)

    def steps_to_know(store):
        nonlocal steps
        steps = 0
        store.results.at_most()
        return steps

    event.listen(Engine, "connect", connected)
    try:
        with closing(open_store(str(file))) as store:
            store.begin_run(make.run())
            store.record("run-1", [make.verdict()] * 10)
            of_few = steps_to_know(store)
            store.record("run-1", [make.verdict()] * 500)
            of_many = steps_to_know(store)
    finally:
        event.remove(Engine, "connect", connected)

    assert 0 < of_many <= 2 * of_few


def test_a_result_says_whose_fault_it_was_and_how_fast_an_answer_came(store, make):
    store.begin_run(make.run())
    streamed = {
        "streamed": True,
        "timing": Timing(
            sent_s=0.25, first_token_s=0.75, last_content_s=2.25, total_s=3, chunk_count=3
        ),
    }
    store.record(
        "run-1",
        [
            at(make.verdict("up"), make.noon, **streamed),
            at(make.verdict("gone", Outcome.FAILED), make.noon, **streamed),
            skipped(make.case("none"), "no key: set GROQ_API_KEY"),
        ],
    )

    up, gone, none = store.results.within(make.noon, make.noon + HOUR)

    assert (up.outcome, up.culprit, up.label) == (Outcome.PASSED, None, "")
    assert (up.ttft_s, up.latency_s) == (0.5, 2.0)
    assert (gone.culprit, gone.label) == (Culprit.MODEL, "model-not-found")
    assert (gone.ttft_s, gone.latency_s, gone.decode_rate) == (None, None, None)
    assert (none.outcome, none.reason) == (Outcome.SKIPPED, "no key: set GROQ_API_KEY")
    assert none.at == make.noon  # nothing was sent: when its run began


def test_a_gateway_and_a_model_can_be_asked_for_by_their_exact_names(store, make):
    store.begin_run(make.run())
    store.record("run-1", [make.verdict("a"), make.verdict("a", gateway="xai"), make.verdict("b")])
    window = (make.noon, make.noon + HOUR)

    found = list(store.results.within(*window, gateway="groq", model="a"))

    assert [(one.gateway, one.model) for one in found] == [("groq", "a")]
    assert len(list(store.results.within(*window))) == 3


def test_what_was_judged_again_comes_once_as_it_was_judged_last(store, make):
    store.begin_run(make.run())
    store.record("run-1", [make.verdict("a", Outcome.FAILED), make.verdict("b")])
    for again, outcome in (("again-1", Outcome.UNKNOWN), ("again-2", Outcome.PASSED)):
        store.begin_run(replace(make.run(again), settings={"rejudged": "run-1"}))
        store.record(again, [make.verdict("a", outcome)])

    found = list(store.results.within(make.noon, make.noon + HOUR))

    assert [(one.model, one.outcome, one.run_id) for one in found] == [
        ("a", Outcome.PASSED, "run-1"),
        ("b", Outcome.PASSED, "run-1"),
    ]


def test_what_a_later_run_took_over_is_the_result_of_the_run_that_asked(store, make):
    store.add_runs([replace(make.run("run-1"), verdicts=(make.verdict("a"),))])
    store.begin_run(make.run("run-2"))
    store.record("run-2", [replace(make.verdict("a"), taken_from="run-1"), make.verdict("b")])

    found = list(store.results.within(make.noon, make.noon + HOUR))

    assert [(one.model, one.run_id) for one in found] == [("a", "run-1"), ("b", "run-2")]


def test_whole_runs_are_added_at_once_or_not_at_all(store, make):
    runs = [replace(make.run(name), verdicts=(make.verdict(name),)) for name in ("a", "b")]
    store.add_runs(runs)
    with pytest.raises(StoreError):
        store.add_runs([replace(make.run("c"), verdicts=(make.verdict("c"),)), runs[0]])

    assert [line.id for line in store.runs()] == ["b", "a"]
    assert store.run("a").verdicts == runs[0].verdicts
    assert len(list(store.results.within(make.noon, make.noon + HOUR))) == 2


def test_results_are_gone_with_their_run(store, make):
    store.begin_run(make.run())
    store.record("run-1", [make.verdict()])

    store.copies.prune(make.noon + HOUR)

    assert list(store.results.within(make.noon, make.noon + HOUR)) == []


def test_a_result_that_was_changed_behind_our_back_is_named_as_damage(tmp_path, make):
    import sqlite3

    store = open_store(tmp_path / "gatewayz.db")
    store.begin_run(make.run())
    store.record("run-1", [make.verdict("a", Outcome.FAILED)])
    with sqlite3.connect(tmp_path / "gatewayz.db") as raw:
        raw.execute("UPDATE results SET outcome = 'passed'")
    raw.close()

    with pytest.raises(StoreError, match="is damaged"):
        list(store.results.within(make.noon, make.noon + HOUR))
    store.close()
