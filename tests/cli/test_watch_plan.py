"""Settings to tiers, and what is printed of them."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gatewayz.cli.watch_asking import Asking
from gatewayz.cli.watch_plan import Occasions, caps_of_a_day, tiers_of
from gatewayz.cli.watch_shown import as_json, as_lines, folded
from gatewayz.config import load_settings
from gatewayz.core import Case, ConfigError, Model, Observation, Outcome, Price, Run, Verdict
from gatewayz.core.watching import (
    Condition,
    Level,
    Sighting,
    State,
    StateChange,
    Target,
    WatchRecord,
)
from gatewayz.runner import Selection
from gatewayz.store import open_store
from gatewayz.watch import Watched

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    """Settings out of a gatewayz.toml of these lines."""

    def load(*lines, **flags):
        (tmp_path / "gatewayz.toml").write_text("\n".join(lines) + "\n")
        return load_settings(folder=tmp_path, environ={"HOME": str(tmp_path)}, flags=flags)

    return load


def test_the_defaults_ask_the_cheap_things_often(settings):
    assert Occasions(tiers=tiers_of(settings())).told() == (
        "reachable every 5m, listed every 1h, chat every 1h, streaming every 6h, features every 1d"
    )


def test_file_and_options_change_tiers_and_add_some(settings):
    found = settings(
        "[watch.tiers.streaming]", 'every = "off"', "[watch.tiers.vip]", 'every = "5m"',
        'probes = ["chat"]', 'models = ["groq/*"]',
    )  # fmt: skip
    tiers = {tier.name: tier for tier in tiers_of(found, ["chat=90s", "features=off"])}

    assert set(tiers) == {"reachable", "listed", "chat", "vip"}
    assert tiers["chat"].every_s == 90
    assert tiers["vip"].targets == ("groq/*",)


@pytest.mark.parametrize(
    ("lines", "every", "said"),
    [
        ([], ["chta=5m"], "did you mean 'chat'"),
        (["[watch.tiers.vip]", 'every = "5m"'], [], "'vip' needs `every` and `probes`"),
        (["[watch.tiers.chat]", 'probes = ["chat", "listed"]'], [], "make it two tiers"),
        ([], [f"{name}=off" for name in ("reachable", "listed", "chat", "streaming", "features")],
         "nothing to watch"),
    ],
)  # fmt: skip
def test_a_mistake_in_tiers_is_told(settings, lines, every, said):
    with pytest.raises(ConfigError, match=said):
        tiers_of(settings(*lines), every)


def test_a_days_caps_are_those_of_the_options_else_of_the_table(settings):
    assert caps_of_a_day(settings()).tokens == 200_000
    # What a run may cost is not what a day may.
    assert caps_of_a_day(settings("max_cost = 5")).usd is None
    assert caps_of_a_day(settings("[watch]", "max_cost = 5")).usd == 5
    assert caps_of_a_day(settings("[watch]", "max_cost = 5", max_cost_usd="0.5")).usd == 0.5


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "s.db")
    yield opened
    opened.close()


def kept(store, now):
    """A gateway with one of two models down, and how that came."""

    def one(model, state):
        return Condition(target=Target(gateway="groq", model=model), state=state, since=now,
                         last_at=now, reason="HTTP 503 x" if state is State.DOWN else "")  # fmt: skip

    change = StateChange(target=Target(gateway="groq", model="b\x1b[2J"), at=now, since=now,
                         before=State.UP, after=State.DOWN, reason="HTTP 503 x")  # fmt: skip
    lease = store.watch.leases.take("myhost 7 w", None, now)
    conditions = (one("", State.DEGRADED), one("a", State.UP), one("b\x1b[2J", State.DOWN))
    store.watch.keep(lease, WatchRecord(conditions=conditions, changes=(change,)))


def test_how_all_stands_fits_a_terminal_and_moves_none(store):
    from gatewayz.core.units import utc_now

    now = utc_now()
    assert list(as_lines(store, now)) == [
        "Nothing has been watched yet; start with: gatewayz watch"
    ]
    kept(store, now)
    lines = list(as_lines(store, now))

    assert lines[0].startswith(
        "Watch: led by process 7 on myhost, last sign less than a minute ago"
    )
    assert "degraded  groq: 1 of 2 models up" in lines
    assert any(line.startswith("  down      b") for line in lines)
    assert any("up -> down: HTTP 503 x" in line for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_how_all_stands_as_json(store):
    from gatewayz.core.units import utc_now

    now = utc_now()
    kept(store, now)
    found = json.loads(as_json(store, now))

    assert found["schema"] == "gatewayz/watch/1"
    assert found["leader"] == ["myhost", "7"]
    assert [(c["gateway"], c["model"], c["state"]) for c in found["conditions"]][:2] == [
        ("groq", None, "degraded"), ("groq", "a", "up"),
    ]  # fmt: skip
    assert found["changes"][0]["after"] == "down"


def asking_at(now):
    """What reads lists and asks, of which only the lists are of interest here."""
    order = SimpleNamespace(selection=Selection(models="all"), lanes=())
    return Asking(
        settings=None, order=order, client=None, store=None, budget=None, now=lambda: now[0]
    )  # fmt: skip


def test_the_day_of_a_model_that_leaves_its_list_begins_anew_each_time():
    now = [MIDNIGHT]
    asking = asking_at(now)

    def read(hours, *ids):
        now[0] += timedelta(hours=hours)
        models = tuple(Model(id=one, capabilities=frozenset({"chat"})) for one in ids)
        event = SimpleNamespace(gateway="groq", way="direct", models=models)
        asyncio.run(asking._list_read(event))
        return [model.id for model in asking.watched["groq", "direct"]]

    assert read(0, "a", "b") == ["a", "b"]
    assert read(1, "a") == ["a", "b"], "for a day yet"
    assert read(1, "a", "b") == ["a", "b"]
    assert read(7 * 24, "a") == ["a", "b"], "for a day yet, as the first time"
    assert read(23, "a") == ["a", "b"]
    assert read(2, "a") == ["a"]


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


def test_a_model_that_left_its_list_before_a_restart_has_the_rest_of_its_day(store):
    """As with `watch --once`, where each round is a process of its own."""
    keep_asked(store, Model(id="gone"))
    left = MIDNIGHT - timedelta(hours=20)
    models = tuple(Model(id=one, capabilities=frozenset({"chat"})) for one in ("a", "b"))
    event = SimpleNamespace(gateway="groq", way="direct", models=models)

    def watched_after(hours, **known):
        asking = asking_at([MIDNIGHT + timedelta(hours=hours)])
        asking.known, asking.store = (lambda _place: known), store
        asyncio.run(asking._list_read(event))
        return [model.id for model in asking.watched["groq", "direct"]]

    assert watched_after(0, a=None, gone=None) == ["a", "b", "gone"], "it leaves now"
    assert watched_after(3, a=None, gone=left) == ["a", "b", "gone"]
    assert watched_after(5, a=None, gone=left) == ["a", "b"]


def test_who_left_its_list_is_watched_on_only_as_far_as_the_selection_means_it(store):
    was = Model(id="a", lacks=frozenset({"tools"}), price=Price(1.0, 2.0), listed=True)
    keep_asked(store, was)
    models = (Model(id="x", capabilities=frozenset({"chat"})),)
    event = SimpleNamespace(gateway="groq", way="direct", models=models)

    def watched(selection, **known):
        asking = asking_at([MIDNIGHT])
        asking.order.selection, asking.known = selection, lambda _place: known
        asking.store = store
        asyncio.run(asking._list_read(event))
        return list(asking.watched["groq", "direct"])

    def ids(selection, **known):
        return [model.id for model in watched(selection, **known)]

    assert ids(Selection(models="*a"), a=None) == ["a"], "though the list has nothing it means"
    assert ids(Selection(models="all", exclude=("a",)), a=None) == ["x"]
    assert ids(Selection(models="x"), a=None) == ["x"]
    assert ids(Selection(models="a"), a=None) == ["a"]
    assert ids(Selection(models="*a"), a=datetime.min.replace(tzinfo=UTC)) == []
    (named,) = watched(Selection(models="a"), a=None)
    (left,) = watched(Selection(models="*a"), a=None)
    assert named.lacks == frozenset(), "all of it is asked"
    assert left == replace(was, listed=False), (
        "what it offers and costs is known of when it was asked"
    )
    assert ids(Selection(models="all"), nobody=None) == ["x"], "of whom nothing is kept"


def test_since_when_a_list_leaves_a_model_out_is_known_from_its_first_look():
    def on_list(*levels):
        watched = Watched()
        for hour, level in enumerate(levels):
            target = Target(gateway="groq", model="a", probe="listed")
            at = MIDNIGHT + timedelta(hours=hour)
            watched.take([Sighting(target=target, at=at, level=level)], at)
        return watched.listed_until(("groq", "direct"))["a"]

    assert on_list(Level.GOOD) is None
    assert on_list(Level.GOOD, Level.POOR) == MIDNIGHT + timedelta(hours=1)
    assert on_list(Level.GOOD, Level.POOR, Level.POOR, Level.POOR) == MIDNIGHT + timedelta(hours=1)
    assert on_list(Level.GOOD, Level.POOR, Level.POOR, Level.GOOD, Level.GOOD) is None


def test_a_selection_that_means_no_model_of_a_list_is_told_once():
    asking, told = asking_at([MIDNIGHT]), []
    asking.warn = told.append
    asking.order.selection = Selection(models="*nosuch*", exclude=("*embed*",))
    event = SimpleNamespace(gateway="groq", way="direct", models=(Model(id="a"), Model(id="b")))
    for _ in range(3):
        asyncio.run(asking._list_read(event))

    assert told == [
        (
            "groq: of the 2 models on its list the selection (--models '*nosuch*' --exclude '*embed*') "
            "means none, so none of them is watched"
        )
    ]


def test_a_question_that_is_not_offered_any_more_is_none_that_is_asked():
    def verdict(probe, outcome, reason=""):
        case = Case(gateway="groq", probe=probe, model=Model(id="a"))
        return Verdict(observation=Observation(case=case), outcome=outcome, reason=reason)

    verdicts = (
        verdict("chat", Outcome.PASSED),
        verdict("tool_call", Outcome.SKIPPED, "not offered: its catalogue lists no tools"),
        verdict("json_object", Outcome.SKIPPED, "not sent: --max-calls 3 is used up"),
    )
    plan = tuple(one.observation.case for one in verdicts)
    run = Run(id="r", started_at=MIDNIGHT, plan=plan, verdicts=verdicts)
    asking = asking_at([MIDNIGHT])
    asking.budget = SimpleNamespace(spent=None)
    seen = asking._seen(run)

    assert {one.probe for one in seen.planned} == {"chat", "json_object"}
    assert {one.target.probe for one in seen.sightings} == {"chat", "json_object"}


def test_a_long_line_fits_a_terminal_and_goes_whole_into_a_pipe(monkeypatch):
    line = "  2026-03-01 00:00  groq/a (chat): up -> down since 00:00, HTTP 500 " + "words " * 30

    assert folded(line) == line
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    lines = folded(line).splitlines()

    assert max(map(len, lines)) <= 78
    assert lines[0].startswith("  2026-03-01")
    assert all(one.startswith("    ") for one in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(line.split())


def test_of_a_number_of_models_those_that_are_watched_stay_wherever_they_stand_on_the_list():
    now = [MIDNIGHT]
    asking = asking_at(now)
    asking.order.selection = Selection(models="2")

    def read(*ids):
        models = tuple(Model(id=one, capabilities=frozenset({"chat"})) for one in ids)
        event = SimpleNamespace(gateway="groq", way="direct", models=models)
        asyncio.run(asking._list_read(event))
        return [model.id for model in asking.watched["groq", "direct"]]

    assert read("a", "b", "c") == ["a", "b"]
    assert read("new", "a", "b", "c") == ["a", "b"]
    assert read("c", "b", "new", "a") == ["b", "a"]
    assert read("c", "b", "new") == ["b", "a"], "who has left keeps its place for a day"
    assert read("c", "b", "a", "new") == ["b", "a"]
    assert read("c", "new") == ["b", "a"]
    now[0] += timedelta(days=1)
    assert read("c", "new") == ["c", "new"], "then others have the places"
    after = asking_at(now)
    after.order.selection = Selection(models="2")
    after.known = lambda _place: dict.fromkeys(("b", "c"))
    asking = after

    assert read("new", "a", "c", "b") == ["c", "b"], "also in the next process"
