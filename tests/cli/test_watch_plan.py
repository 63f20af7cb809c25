"""Settings to tiers, and what is printed of them."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gatewayz.cli.watch_asking import Asking
from gatewayz.cli.watch_plan import Occasions, caps_of_a_day, tiers_of
from gatewayz.cli.watch_shown import as_json, as_lines, folded
from gatewayz.config import load_settings
from gatewayz.core import Case, ConfigError, Model, Observation, Outcome, Run, Verdict
from gatewayz.core.watching import (
    Alarm,
    Condition,
    Level,
    Sighting,
    State,
    StateChange,
    Target,
    TierMark,
    WatchRecord,
    asked_of,
)
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


def test_an_alarm_that_is_open_is_shown_though_all_is_well_for_now(store):
    now = datetime.now(UTC)
    lease = store.watch.leases.take("myhost 7 w", None, now)
    well = Condition(target=Target(gateway="groq"), state=State.UP, since=now, last_at=now)
    alarm = Alarm(id="one", gateway="groq", way="direct", state=State.DOWN, opened_at=now,
                  whole=True, flapping=True, is_well=True)  # fmt: skip
    store.watch.keep(lease, WatchRecord(conditions=(well,), alarms=(alarm,)))
    lines = [line.strip() for line in as_lines(store, now)]
    found = json.loads(as_json(store, now))

    told = lines[lines.index("Open alarms") + 1]
    assert told.startswith("groq: down since ")
    assert told.endswith("it goes up and down, and nothing is told of it until it has settled")
    assert [(one["gateway"], one["flapping"]) for one in found["alarms"]] == [("groq", True)]


def test_whom_the_newest_round_does_not_cover_is_shown_as_not_watched(store):
    """Though a tier that is seldom due asked it a while ago."""
    now = datetime.now(UTC)
    lease = store.watch.leases.take("myhost 7 w", None, now)
    before, asked = now - timedelta(hours=10), {"groq": 10, "xai": 0}
    conditions = tuple(
        Condition(target=Target(gateway=name), state=State.UP, last_at=now - timedelta(hours=ago))
        for name, ago in asked.items()
    )
    both = frozenset(asked_of((name, "direct")) for name in asked)
    marks = (
        TierMark(tier="features", at=before, covers=both),
        TierMark(tier="chat", at=now, covers=frozenset([asked_of(("xai", "direct"))])),
    )
    store.watch.keep(lease, WatchRecord(conditions=conditions, marks=marks))
    lines = list(as_lines(store, now))

    assert "up        groq: 0 of 0 models up, not watched for 10 hours" in lines
    assert "up        xai: 0 of 0 models up" in lines


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
    asking = Asking(
        settings=None, order=None, client=None, store=None, now=lambda: MIDNIGHT,
        budget=SimpleNamespace(spent=None), models=SimpleNamespace(ids={}),
    )  # fmt: skip
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
