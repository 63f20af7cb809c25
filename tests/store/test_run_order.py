"""A store that was put together of two says the same as one that saw all of it itself."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatewayz.core import Model, Outcome, RunStatus
from gatewayz.store import migrations, open_store, opening
from gatewayz.store.copies import read_lines
from gatewayz.store.noun_rows import run_row
from gatewayz.store.run_order import NEWEST_FIRST, add_run, comes_before
from gatewayz.store.tables import RUNS

LETTERS = {"P": Outcome.PASSED, "F": Outcome.FAILED}


@pytest.fixture
def other(tmp_path):
    """A second, empty store."""
    opened = open_store(tmp_path / "other.db")
    yield opened
    opened.close()


def keep(store, make, day, letter, *, model="a", gateway="groq"):
    started = make.noon + timedelta(days=day)
    run = replace(make.run(f"run-{day}"), started_at=started, status=RunStatus.FINISHED)
    verdict = make.verdict(model, LETTERS[letter], gateway=gateway)
    seen = verdict.observation
    asked = tuple(replace(attempt, started_at=started) for attempt in seen.attempts)
    store.begin_run(run)
    store.record(run.id, [replace(verdict, observation=replace(seen, attempts=asked))])
    store.catalogues.keep(run.id, "groq", [Model(id=f"of day {day}")])


def bring(source, store, *ids):
    """Imports runs one by one, in this order."""
    for run_id in ids:
        lines = [line.encode() for line in source.copies.lines([run_id])]
        store.copies.take(lambda lines=lines: read_lines(lines, "runs.jsonl"))


@pytest.fixture
def merged(store, other, make):
    """Runs of seven days: the odd ones were begun here, the others came one by one."""
    for day, letter in ((1, "F"), (3, "P"), (5, "F"), (7, "F")):
        keep(store, make, day, letter)
    for day, letter in ((2, "P"), (4, "P"), (6, "F")):
        keep(other, make, day, letter)
    bring(other, store, "run-2", "run-4", "run-6")
    return store


def test_a_run_that_comes_in_after_the_clock_was_put_back_is_not_the_last(store, other, make):
    for day in (5, 1):  # the second was begun after the first, by a clock that was put back
        keep(store, make, day, "P")
    keep(other, make, 3, "F")
    bring(other, store, "run-3")

    assert names(store.runs()) == ["run-1", "run-5", "run-3"]
    assert store.copies.find("last") == "run-1"


def names(runs):
    return [run.id for run in runs]


def test_runs_of_two_stores_stand_in_the_order_of_time(merged):
    in_order = [f"run-{day}" for day in range(1, 8)]

    assert merged.copies.ids() == tuple(in_order)
    assert names(merged.runs()) == in_order[::-1]
    assert names(merged.runs(2, 1)) == ["run-6", "run-5"]
    assert merged.run("last").id == merged.baselines.newest() == "run-7"


def test_the_past_of_a_model_is_told_in_the_order_of_time(merged):
    past = merged.past.of("groq", "a", limit=4)

    (found,) = past.questions
    assert names(past.runs) == ["run-7", "run-6", "run-5", "run-4"]
    assert (found.first_seen.id, found.last_passed.id) == ("run-1", "run-4")
    assert (found.fails_since.id, found.failing_runs) == ("run-5", 3)


def test_a_run_is_compared_with_those_that_were_before_it_in_time(merged):
    last, middle = merged.run("run-7"), merged.run("run-4")

    assert names(merged.baselines.last_good(last)) == ["run-4"]
    assert names(merged.baselines.last_good(last, most=3)) == ["run-4"]
    assert names(merged.baselines.last_good(middle)) == ["run-3"]
    assert names(merged.baselines.within(last, 3 * 86400)) == ["run-4", "run-5", "run-6"]


def test_the_catalogue_before_is_the_one_before_in_time(merged):
    # An export has no catalogues, so those that came have none of their own.
    assert merged.catalogues.before(merged.run("run-6")) == {"groq": (Model(id="of day 5"),)}
    assert merged.catalogues.before(merged.run("run-2")) == {"groq": (Model(id="of day 1"),)}


def test_what_failed_in_another_store_meanwhile_does_not_stand(store, other, make):
    keep(store, make, 1, "P")
    keep(other, make, 2, "F")
    keep(store, make, 3, "P", model="b")
    bring(other, store, "run-2")

    standing = store.verdicts.standing(make.noon, lambda *_: True)

    assert [name[2] for name in standing] == ["b"]


def test_a_gateway_was_last_called_in_the_run_that_was_last_in_time(store, other, make):
    keep(store, make, 9, "P")
    for day in (2, 4):
        keep(other, make, day, "P", gateway="xai")

    bring(other, store, "run-2", "run-4")

    assert {name: one.run_id for name, one in store.last_probes().items()} == {
        "groq": "run-9", "xai": "run-4",
    }  # fmt: skip


def test_a_run_that_only_judged_another_one_again_called_no_gateway(store, make):
    keep(store, make, 1, "F")
    keep(store, make, 2, "P")
    store.begin_run(replace(make.run("again"), settings={"rejudged": "run-1"}))
    store.record("again", [make.verdict("a", LETTERS["F"])])

    (found,) = store.last_probes().values()

    assert (found.run_id, found.counted(lambda model: True)) == ("run-2", {LETTERS["P"]: 1})


def test_what_a_round_of_a_watch_found_is_not_what_a_test_found_last(store, make):
    keep(store, make, 1, "P")
    store.begin_run(replace(make.run("round"), settings={"watch": "features"}))
    store.record("round", [make.verdict("a", LETTERS["F"])])

    (found,) = store.last_probes().values()

    assert (found.run_id, found.counted(lambda model: True)) == ("run-1", {LETTERS["P"]: 1})


def test_runs_of_one_moment_stand_by_their_numbers(store, make):
    for number in range(12):
        store.begin_run(make.run(f"run-{number}"))
        store.record(f"run-{number}", [make.verdict("a", LETTERS["FP"[number == 9]])])

    (found,) = store.past.of("groq", "a").questions

    assert (found.first_seen.id, found.last_passed.id) == ("run-0", "run-9")
    assert (found.fails_since.id, found.failing_runs) == ("run-10", 2)


def test_a_store_of_before_gets_its_runs_in_order(place, make, monkeypatch):
    """Imported ones by time; those that were begun here as they were, also by a clock put back."""
    days = {-1: 4, 0: 2, 1: 1, 2: 3, 3: -400, 4: 5}  # the day of each number
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:17])
        with closing(open_store(place)) as store, store._session.writing() as connection:
            over = "OVERRIDING SYSTEM VALUE" if connection.dialect.name == "postgresql" else ""
            for number, day in days.items():
                started = f"{make.noon + timedelta(days=day):%Y-%m-%dT%H:%M:%S.000000Z}"
                connection.exec_driver_sql(
                    "INSERT INTO runs (number, id, started_at, status, planned, plan, settings, "
                    f"environment, checksum) {over} VALUES ({number}, 'day {day}', '{started}', "
                    "'finished', 0, '[]', '{}', '{}', 0)"
                )

    with closing(open_store(place)) as store:
        assert store.copies.ids() == ("day 1", "day 2", "day 3", "day -400", "day 4", "day 5")


def test_the_order_costs_no_sorting_however_many_runs_there_are(file, make):
    with closing(open_store(file)) as store, store._session.writing() as connection:
        add_run(connection, run_row(make.run("run-1")))
        before = select(RUNS.c.id).where(comes_before(connection, "run-1")).order_by(*NEWEST_FIRST)
        told = before.compile(connection, compile_kwargs={"literal_binds": True})
        (step,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}").all()

    assert "SEARCH runs USING INDEX runs_in_order" in step[-1]
