"""Which run somebody sees who watches: the one that goes on, whatever was begun since."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core import RunStatus
from gatewayz.store import under_way


@pytest.fixture
def at(make):
    """So many minutes past noon."""
    return lambda minutes: make.noon + timedelta(minutes=minutes)


@pytest.fixture
def begin(store, make, at):
    """Begins a run of this process; gives it."""

    def begin(name, minutes):
        run = replace(make.run(name), started_at=at(minutes))
        store.holding.begin(run, at(minutes))
        return run

    return begin


@pytest.fixture
def end(store, at):
    """Ends a run that goes on."""

    def end(run, minutes, status=RunStatus.FINISHED):
        store.finish_run(replace(run, status=status, finished_at=at(minutes)))

    return end


@pytest.fixture
def seen(store, at):
    """The run that is seen an hour past noon, and whether it goes on."""

    def seen():
        found = store.past.under_way.current(at(60))
        return found.id, found.goes_on

    return seen


def test_a_run_that_was_resumed_is_seen_though_another_was_begun_since(store, begin, end, seen, at):
    first = begin("first", 0)
    end(first, 1, RunStatus.CANCELLED)
    end(begin("second", 2), 3)
    assert seen() == ("second", False)

    store.holding.go_on(first, at(4))
    assert seen() == ("first", True)

    end(first, 5)
    assert seen() == ("first", False)


def test_a_long_run_is_seen_again_after_each_short_one_beside_it(begin, end, seen):
    long = begin("long", 0)
    for minute in (1, 3):
        short = begin(f"short {minute}", minute)
        assert seen() == (short.id, True)
        end(short, minute + 1)
        assert seen() == ("long", True)

    end(long, 5)
    assert seen() == ("long", False)


def test_a_run_whose_process_was_killed_hides_none_that_goes_on(place, python, begin, end, seen):
    long = begin("long", 0)
    killed = python(
        "import sys; from datetime import timedelta; from conftest import NOON, a_run;"
        "from gatewayz.store import open_store;"
        "store = open_store(sys.argv[1]); at = NOON + timedelta(minutes=1);"
        "store.holding.begin(a_run('killed'), at); store.holding.hold('killed', at + timedelta(minutes=3))",
        place,
    )
    assert killed.wait(60) == 0
    assert seen() == ("long", True)

    # Its last sign was at four minutes past.
    end(long, 3)
    assert seen() == ("killed", False)
    end(begin("later", 4), 5)
    assert seen() == ("later", False)


def test_it_is_not_looked_further_back_than_needs_be(begin, end, seen, monkeypatch):
    monkeypatch.setattr(under_way, "_LATELY", 2)
    long = begin("long", 0)
    for minute in (1, 2):
        end(begin(f"short {minute}", minute), minute + 1)
    assert seen() == ("long", True)

    end(long, 9)
    assert seen() == ("short 2", False)


def test_a_run_that_nobody_says_to_have_is_seen_while_none_goes_on(store, make, begin, seen, at):
    """As an older version began it."""
    store.begin_run(replace(make.run("old"), started_at=at(1)))
    assert seen() == ("old", None)

    begin("new", 2)
    assert seen() == ("new", True)
