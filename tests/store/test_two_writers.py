"""Several threads, each with a store of its own, write the same things at once, on each database."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from gatewayz.core import ClientKey, ConfigError, Habits, Model, RunStatus, StoreError, Whom
from gatewayz.core.quarantine import Quarantined
from gatewayz.store import open_store
from gatewayz.store.locks import Lock, hold
from gatewayz.store.summing import note_removed

WRITERS, TIMES = 3, 20
WHOM = Whom(gateway="groq", way="direct", host="h", model="m")


@pytest.fixture
def writers(place):
    with ExitStack() as opened:
        yield [opened.enter_context(closing(open_store(place))) for _ in range(WRITERS)]


def wrong_of(write):
    try:
        write()
    except (StoreError, ConfigError) as wrong:
        return wrong


def at_once(writers, write):
    """What `write(store, number)` comes to, or how it fails, of all writers side by side."""

    def tried(store, number):
        found = []
        wrong = wrong_of(lambda: found.append(write(store, number)))
        return wrong or found[0]

    with ThreadPoolExecutor(len(writers)) as threads:
        return list(threads.map(tried, writers, range(len(writers))))


def faults(writers, write):
    def often(store, number):
        for time in range(TIMES):
            write(store, number, time)

    return [one for one in at_once(writers, often) if one is not None]


def test_the_catalogue_of_a_gateway(writers, make):
    def write(store, number, _):
        store.save_catalog("groq", (Model(id=f"m{number}"),), make.noon)

    assert faults(writers, write) == []
    assert writers[0].catalog("groq").models[0].id in {"m0", "m1", "m2"}


def test_the_habits_of_a_model(writers, make):
    def write(store, number, time):
        known = Habits(stream_only=True) if time % 3 else Habits()
        store.save_habits(WHOM, known, make.noon)

    assert faults(writers, write) == []


def test_the_quarantine_of_a_case(writers, make):
    def write(store, number, _):
        store.quarantine.add(
            Quarantined(
                gateway="groq", model="m", probe="chat", reason=f"why {number}", until=make.noon
            )
        )

    assert faults(writers, write) == []
    assert len(writers[0].quarantine.all()) == 1


def test_whose_a_run_is_and_what_it_planned_and_was_offered(writers, make):
    writers[0].begin_run(make.run("run-1"))

    def write(store, number, _):
        store.holding.hold("run-1", make.noon)
        store.holding.planned("run-1", "groq", [make.case("a")])
        store.catalogues.keep("run-1", "groq", [Model(id=f"m{number}")])

    assert faults(writers, write) == []
    assert writers[0].holding.plan_of("run-1") == (make.case("a"),)
    assert len(writers[0].catalogues.of("run-1")["groq"]) == 1


def test_the_same_list_is_offered_to_one_run_while_another_with_it_is_dropped(writers, make):
    def write(store, number, time):
        name = f"run-{number}-{time}"
        store.begin_run(make.run(name))
        store.catalogues.keep(name, "groq", [Model(id="a")])
        assert store.copies.drop_empty(name)

    assert faults(writers, write) == []
    assert writers[0].copies.ids() == ()


def test_up_to_when_something_was_removed_is_the_latest_moment_of_all(writers, make):
    def write(store, number, time):
        with store._session.writing() as connection:
            days = timedelta(days=(number * 7 + time) % TIMES)
            note_removed(connection, "raw", make.noon + days)

    assert faults(writers, write) == []
    assert writers[0].summaries.raw_since() == make.noon + timedelta(days=TIMES - 1)


def test_of_those_that_want_a_free_lease_one_has_it(writers, make):
    found = at_once(
        writers, lambda store, number: store.watch.leases.take(f"w{number}", None, make.noon)
    )

    (lease,) = (one for one in found if one is not None)
    assert writers[0].watch.leases.lease() == lease


def a_key(make, number, of=""):
    return ClientKey(name=f"k{number}", prefix="gz", digest=f"{number} {of}", created_at=make.noon)


def test_of_those_that_want_a_name_for_a_key_one_has_it(writers, make):
    def add(store, number):
        return [wrong_of(lambda n=n: store.keys.add(a_key(make, n, number))) for n in range(TIMES)]

    found = [one for ones in at_once(writers, add) for one in ones if one is not None]

    assert [type(one) for one in found] == [ConfigError] * TIMES * (WRITERS - 1)
    assert len(writers[0].keys.all()) == TIMES


def test_of_those_that_revoke_a_key_the_first_ones_moment_stays(writers, make):
    for number in range(TIMES):
        writers[0].keys.add(a_key(make, number))

    def revoke(store, number):
        at = make.noon + timedelta(days=number)
        return [store.keys.revoke(f"k{n}", at).revoked_at for n in range(TIMES)]

    told = at_once(writers, revoke)

    kept = {key.name: key.revoked_at for key in writers[0].keys.all()}
    assert told == [[kept[f"k{n}"] for n in range(TIMES)]] * WRITERS


def test_hours_are_removed_while_nobody_sums(writers, make):
    mine, other, _ = writers
    mine.add_runs(
        [replace(make.run("run-1"), verdicts=(make.verdict("a"),), status=RunStatus.FINISHED)]
    )
    mine.summaries.roll_up()

    with ThreadPoolExecutor(1) as thread:
        with mine._session.writing() as connection:
            hold(connection, Lock.SUMMING)
            removed = thread.submit(other.summaries.remove_hours, make.noon + timedelta(days=2))
            with pytest.raises(TimeoutError):
                removed.result(0.5)

        assert removed.result() == 1


def test_of_those_that_go_on_with_a_run_one_does(writers, make):
    run = replace(make.run("run-1"), status=RunStatus.CANCELLED)
    writers[0].begin_run(run)
    again = replace(run, status=RunStatus.RUNNING)

    found = at_once(writers, lambda store, _: store.holding.go_on(again, make.noon))

    wrong = [one for one in found if one is not None]
    assert [type(one) for one in wrong] == [ConfigError] * (WRITERS - 1)
    assert all("goes on in another process" in str(one) for one in wrong)


def test_a_run_that_goes_on_again_is_not_removed_by_who_saw_it_before(writers, make):
    mine, other, _ = writers
    old = replace(make.run("run-1"), status=RunStatus.CANCELLED)
    mine.begin_run(old)

    @event.listens_for(mine._session._engine, "checkin", once=True)
    def _seen(*_):
        other.holding.go_on(replace(old, status=RunStatus.RUNNING), make.noon)

    assert mine.copies.prune(make.noon + timedelta(days=1)).runs == 0
    assert mine.copies.ids() == ("run-1",)
