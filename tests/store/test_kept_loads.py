"""Load runs in the store: kept whole, listed, and found again by the models they were about."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.loads import NOON, a_load, empty_load, failing

from gatewayz.core import ConfigError, StoreError, UnknownName

LLAMA = "llama-3.3-70b-versatile"


def test_a_load_run_is_read_as_it_was_kept(store):
    result = a_load(levels=(4, 8), seconds=3)
    store.loads.keep(result)

    assert store.loads.load("last") == result
    assert store.loads.load("20260301") == result


def test_all_that_is_shown_of_a_failure_is_kept(store):
    result = a_load(seconds=2)
    failure = replace(result.failures[0], examples=(failing(), failing("once more")))
    store.loads.keep(replace(result, failures=(failure,)))

    (kept,) = store.loads.load("last").failures

    assert kept == failure


def test_runs_are_listed_the_newest_first_with_what_came_of_them(store):
    result = a_load(seconds=2)
    store.loads.keep(result)
    store.loads.keep(replace(empty_load(), started_at=NOON + timedelta(hours=1)))

    newest, before = store.loads.latest()

    assert (newest.id, newest.passed, newest.failed, newest.finished_at) == ("nothing", 0, 0, None)
    assert (before.shape, before.targets) == (result.shape.words, 2)
    assert before.passed == sum(line.passed for line in result.lines)
    assert [one.id for one in store.loads.latest(1)] == ["nothing"]


def test_a_models_lines_are_found_by_globs_and_by_way_the_newest_run_first(store):
    first = a_load(seconds=2)
    again = replace(first, id="20260302-120000-abcdef", started_at=NOON + timedelta(days=1))
    for result in (again, first):
        store.loads.keep(result)

    found = store.loads.of("GROQ", "llama*")

    assert [(one.run_id, one.model, one.at) for one in found] == [
        (again.id, LLAMA, again.started_at),
        (first.id, LLAMA, NOON),
    ]
    assert found[0].line == first.lines[0]
    assert len(store.loads.of("groq", LLAMA, limit=1)) == 1
    assert store.loads.of("groq", LLAMA, way="api") == ()
    assert store.loads.of("xai") == ()


def test_a_name_that_nobody_or_several_have_is_told(store):
    with pytest.raises(UnknownName, match="unknown load run 'last'; known: none"):
        store.loads.find("last")
    result = a_load(seconds=2)
    for number in (1, 2):
        store.loads.keep(replace(result, id=f"20260301-12000{number}-abcdef"))

    with pytest.raises(ConfigError, match="several load runs begin with '20260301'"):
        store.loads.find("20260301")
    assert store.loads.find("20260301-120002") == "20260301-120002-abcdef"


def test_old_ones_are_removed_with_their_lines_and_failed_ones_stay_if_wanted(store):
    store.loads.keep(a_load(seconds=8))  # one target fails now and then
    store.loads.keep(replace(empty_load(), id="well"))
    later = NOON + timedelta(days=1)

    assert store.loads.prune(later, dry_run=True) == 2
    assert store.loads.prune(later, keep_failed=True) == 1
    assert [one.id for one in store.loads.latest()] == ["20260301-120000-abcdef"]
    assert store.loads.prune(later) == 1
    assert (store.loads.latest(), store.loads.of("groq")) == ([], ())
    assert store.loads.prune(later) == 0


def test_a_flipped_bit_is_not_read_as_good(store):
    store.loads.keep(a_load(seconds=2))
    with store._session.writing() as connection:
        connection.exec_driver_sql("UPDATE load_lines SET model = 'another'")

    with pytest.raises(StoreError, match="line 0 of load run"):
        store.loads.load("last")


def test_an_older_store_gets_room_for_load_runs(tmp_path, monkeypatch, make):
    from gatewayz.store import migrations, open_store, opening, store
    from gatewayz.store.tables import RUNS

    file = tmp_path / "gatewayz.db"
    steps = migrations.MIGRATIONS
    before = steps[: [step.__name__ for step in steps].index("load_runs")]
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", before)
        # Where a run stands among the others was not kept then.
        older.setattr(
            store, "add_run", lambda connection, row: connection.execute(RUNS.insert(), row)
        )
        kept = open_store(file)
        kept.begin_run(make.run("one"))
        kept.close()

    brought_up = open_store(file)
    brought_up.loads.keep(a_load(seconds=2))

    assert [one.id for one in brought_up.runs()] == ["one"]
    assert len(brought_up.loads.latest()) == 1
    brought_up.close()
