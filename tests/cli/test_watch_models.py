"""Who is watched, from one reading of a list to the next, and from one process to the next."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.cli.watch_models import WatchedModels
from gatewayz.core import Case, Model, Observation, Outcome, Price, Run, Verdict
from gatewayz.runner import Selection
from gatewayz.store import open_store

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
GROQ = ("groq", "direct")


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "s.db")
    yield opened
    opened.close()


class Reading:
    """Lists that are read at moments; `known` is what the process before knew."""

    def __init__(self, selection="all", *, exclude=(), at=MIDNIGHT, store=None, **known):
        self.at = at
        self.models = WatchedModels(
            selection=Selection(models=selection, exclude=exclude), store=store,
            now=lambda: self.at, known=lambda _place: known,
        )  # fmt: skip

    def take(self, *ids, hours=0):
        """So many hours on a list has these; what is said."""
        self.at += timedelta(hours=hours)
        return asyncio.run(self.models.take(GROQ, tuple(map(named, ids))))

    def read(self, *ids, hours=0):
        """Likewise; who is watched."""
        self.take(*ids, hours=hours)
        return [model.id for model in self.models.of(GROQ)]


def named(name):
    return Model(id=name, capabilities=frozenset({"chat"}))


def keep_asked(store, *models):
    """A run in which these models were asked, as their list had them then."""
    cases = [Case(gateway="groq", model=model, probe="chat") for model in models]
    verdicts = [
        Verdict(
            observation=Observation(case=case),
            outcome=Outcome.FAILED,
            reason="HTTP 500",
        )
        for case in cases
    ]
    run = Run(id="r", started_at=MIDNIGHT, plan=tuple(cases), verdicts=tuple(verdicts))
    store.add_runs([run])


def test_the_day_of_a_model_that_leaves_its_list_begins_anew_each_time():
    reading = Reading()

    assert reading.read("a", "b") == ["a", "b"]
    assert reading.read("a", hours=1) == ["a", "b"], "for a day yet"
    assert reading.read("a", "b", hours=1) == ["a", "b"]
    assert reading.read("a", hours=7 * 24) == ["a", "b"], "for a day yet, as the first time"
    assert reading.read("a", hours=23) == ["a", "b"]
    assert reading.read("a", hours=2) == ["a"]


def test_a_model_that_left_its_list_before_a_restart_has_the_rest_of_its_day(store):
    """As with `watch --once`, where each round is a process of its own."""
    keep_asked(store, Model(id="gone"))
    left = MIDNIGHT - timedelta(hours=20)

    def watched_after(hours, **known):
        return Reading(store=store, **known).read("a", "b", hours=hours)

    assert watched_after(0, a=None, gone=None) == ["a", "b", "gone"], "it leaves now"
    assert watched_after(3, a=None, gone=left) == ["a", "b", "gone"]
    assert watched_after(5, a=None, gone=left) == ["a", "b"]


def test_who_left_its_list_is_watched_on_only_as_far_as_the_selection_means_it(store):
    was = Model(id="a", lacks=frozenset({"tools"}), price=Price(1.0, 2.0), listed=True)
    keep_asked(store, was)

    def ids(selection, *, exclude=(), **known):
        return Reading(selection, exclude=exclude, store=store, **known).read("x")

    assert ids("*a", a=None) == ["a"], "though the list has nothing it means"
    assert ids("all", exclude=("a",), a=None) == ["x"]
    assert ids("x", a=None) == ["x"]
    assert ids("a", a=None) == ["a"]
    assert ids("*a", a=datetime.min.replace(tzinfo=UTC)) == []
    assert ids("all", nobody=None) == ["x"], "of whom nothing is kept"


def test_a_number_after_a_wider_watch_means_those_that_are_listed_first(store):
    keep_asked(store, *map(named, "abcdef"))
    known = dict.fromkeys("abcdef")

    assert Reading("2", store=store, **known).read("a", "b", "c") == ["a", "b"]
    assert Reading("2", store=store, **known).read("x", "c") == ["c", "a"]
    assert Reading("2", store=store, **known).read("x", "y") == ["a", "b"]
    assert Reading("2", store=store, a=None).read("x", "y") == ["x", "a"]


@pytest.mark.parametrize("name", ["Acme/A", "Acme: A"])
def test_one_that_is_named_is_the_one_that_left_its_list_and_no_other(name):
    reading = Reading(name)
    model = Model(id="acme/a", name="Acme: A")
    asyncio.run(reading.models.take(GROQ, (model, named("b"))))

    assert reading.read("b", hours=1) == ["acme/a"]
    assert reading.read("b", hours=48) == ["acme/a"], "for as long as it is named"
    asyncio.run(reading.models.take(GROQ, (replace(model, id="acme/A"), named("b"))))
    assert [one.id for one in reading.models.of(GROQ)] == ["acme/A"], "who is listed has the name"


def test_of_who_left_before_a_restart_it_is_known_what_it_offers_and_costs(store):
    was = Model(id="a", lacks=frozenset({"tools"}), price=Price(1.0, 2.0), listed=True)
    keep_asked(store, was)
    reading = Reading("*a", store=store, a=None)
    reading.take("x")

    assert reading.models.of(GROQ) == (replace(was, listed=False),)


def test_a_selection_that_means_no_model_of_a_list_is_told_once():
    reading = Reading("*nosuch*", exclude=("*embed*",))

    assert [reading.take("a", "b") for _ in range(3)] == [
        (
            "groq: of the 2 models on its list the selection (--models '*nosuch*' --exclude '*embed*') "
            "means none, so none of them is watched"
        ), "", "",
    ]  # fmt: skip


def test_of_a_number_of_models_those_that_are_watched_stay_wherever_they_stand_on_the_list():
    reading = Reading("2")

    assert reading.read("a", "b", "c") == ["a", "b"]
    assert reading.read("new", "a", "b", "c") == ["a", "b"]
    assert reading.read("c", "b", "new", "a") == ["b", "a"]
    assert reading.read("c", "b", "new") == ["b", "a"], "who has left keeps its place for a day"
    assert reading.read("c", "b", "a", "new") == ["b", "a"]
    assert reading.read("c", "new") == ["b", "a"]
    assert reading.read("c", "new", hours=24) == ["c", "new"], "then others have the places"
    after = Reading("2", b=None, c=None)
    assert after.read("new", "a", "c", "b") == ["c", "b"], "also in the next process"


def test_where_no_list_was_ever_read_it_is_the_last_one_that_the_store_has(store):
    reading = Reading(store=store)
    assert reading.read() == []
    assert GROQ not in reading.models

    store.save_catalog("groq", [named("a")], MIDNIGHT)

    assert reading.read() == ["a"]
    assert reading.read("b") == ["b", "a"]
    assert reading.read() == ["b", "a"], "that a list cannot be read changes nothing"
