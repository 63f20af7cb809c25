"""Which runs have read a gateway's model list, however many runs of others there were since."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.watched import keep, list_verdict, run_of, verdict

from gatewayz.core import Model
from gatewayz.core.units import utc_now
from gatewayz.store import open_store
from gatewayz.store.list_reads import read_since

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHERS = 25


def minutes(count):
    return NOON + timedelta(minutes=count)


def failing(store):
    """The gateways whose list fails now."""
    return [one.gateway for one in store.past.newest.lists(store.past.newest.all())]


def of_others(store, first):
    """Runs of another gateway alone, one a minute."""
    for number in range(first, first + OTHERS):
        keep(store, run_of(minutes(number), [verdict("xai", "x", "chat", minutes(number))]))


def a_list_that_fails(store):
    keep(store, run_of(NOON, [verdict("groq", "a", "chat", NOON)]))
    keep(store, run_of(minutes(1), [list_verdict("groq", minutes(1), "server-500-json")]))


@pytest.mark.parametrize("how", ["asked", "took over"])
def test_a_list_that_a_run_has_read_stays_read_however_many_runs_of_others_there_are(store, how):
    a_list_that_fails(store)
    again = verdict("groq", "a", "chat", minutes(2))
    if how == "took over":
        again = replace(again, taken_from=run_of(NOON, []).id)
    keep(store, run_of(minutes(2), [again]))
    of_others(store, 3)

    assert failing(store) == []


def test_a_list_that_no_run_has_read_fails_however_many_runs_of_others_there_are(store):
    a_list_that_fails(store)
    through_the_api = verdict("groq", "a", "chat", minutes(2))
    case = replace(through_the_api.observation.case, way="api")
    seen = replace(through_the_api.observation, case=case)
    keep(store, run_of(minutes(2), [replace(through_the_api, observation=seen)]))
    of_others(store, 3)

    assert failing(store) == ["groq"]

    store.catalogues.keep(run_of(minutes(9), []).id, "groq", [Model(id="a")])

    assert failing(store) == []


def test_a_run_that_only_judged_another_one_again_has_read_no_list(store):
    a_list_that_fails(store)
    again = replace(
        run_of(minutes(2), [verdict("groq", "a", "chat", NOON)]),
        settings={"rejudged": run_of(NOON, []).id},
    )
    keep(store, again)
    store.catalogues.keep(again.id, "groq", [Model(id="a")])

    assert failing(store) == ["groq"]
    (told,) = store.past.of("groq").lists
    assert (told.fails_since.started_at, told.last_read.started_at) == (minutes(1), NOON)


def test_a_list_that_was_read_since_is_not_told_as_failing_once_all_but_failures_are_pruned(store):
    a_list_that_fails(store)
    for count in range(2, 7):
        keep(store, run_of(minutes(count), [verdict("groq", "a", "chat", minutes(count))]))
    store.copies.prune(minutes(9), keep_failed=True)

    # Those before and behind it say for which models it stood, and when they were well again.
    assert store.copies.ids() == tuple(run_of(minutes(at), []).id for at in (0, 1, 2, 3, 6))
    assert failing(store) == []
    assert store.past.of("groq").lists == ()


def test_around_a_list_that_failed_the_runs_of_each_model_are_kept_whoever_asks_it(store):
    """Two jobs ask a model each, in turns."""
    for at in range(14):
        asked = verdict("groq", "ab"[at % 2], "chat", minutes(at))
        failed = list_verdict("groq", minutes(at), "server-500-json")
        keep(store, run_of(minutes(at), [failed if at == 6 else asked]))
    store.copies.prune(minutes(99), keep_failed=True, rounds=2)

    kept = {run_of(minutes(at), []).id for at in (4, 5, 6, 7, 8, 9, 10, 13)}
    assert set(store.copies.ids()) == kept


def watching(store, at, *, reads):
    """A watch that asks a model of what was listed last, and may have read the list itself."""
    asked = run_of(at, [verdict("groq", "a", "chat", at)])
    keep(store, replace(asked, settings={"watch": "chat"}))
    store.catalogues.keep(asked.id, "groq", [Model(id="a")])  # as older versions did
    if reads:
        store.save_catalog("groq", [Model(id="a")], at)


def test_what_a_watch_asks_of_an_older_list_is_no_reading_of_it(store):
    a_list_that_fails(store)
    watching(store, minutes(2), reads=False)

    assert failing(store) == ["groq"]
    (told,) = store.past.of("groq").lists
    assert (told.fails_since.started_at, told.failing_runs) == (minutes(1), 1)

    watching(store, minutes(4), reads=True)

    assert failing(store) == []
    assert store.past.of("groq").lists == ()

    keep(store, run_of(minutes(6), [list_verdict("groq", minutes(6), "server-500-json")]))

    assert failing(store) == ["groq"]
    (told,) = store.past.of("groq").lists
    assert told.fails_since.started_at == minutes(6)


def test_a_list_that_was_read_at_a_moment_to_come_hides_no_failure(store):
    """The clock was an hour ahead then."""
    a_list_that_fails(store)
    store.save_catalog("groq", [Model(id="a")], utc_now() + timedelta(hours=1))

    assert failing(store) == ["groq"]
    assert [told.gateway for told in store.past.of("groq").lists] == ["groq"]


def test_whether_a_list_was_read_is_looked_up_in_indexes_alone(file):
    with closing(open_store(file)) as store, store._session.reading() as connection:
        a_list_that_fails(store)
        (found,) = store.past.newest.lists(store.past.newest.all())
        asked = []
        connection.connection.set_trace_callback(asked.append)
        read_since(connection, [found])
        connection.connection.set_trace_callback(None)
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[-1]}")]

    assert any("verdicts_of_run (run_id=? AND gateway=? AND way=?)" in step for step in plan)
    assert not any(step.startswith("SCAN") for step in plan if "CONSTANT" not in step)
