"""Which alerts a course of events is worth, and when."""

from datetime import timedelta

import pytest

from gatewayz.core.watching import State
from gatewayz.watch import Quietness, Tier

HOUR = 60


def kinds(playing):
    return [(playing.minutes(one.at), one.kind, one.title) for one in playing.notices]


def test_a_gateway_that_falls_with_all_its_models_is_one_message(watching):
    script = {f"groq/m{n} chat": "ggbbb" for n in range(5)} | {"groq reachable": "ggbbb"}
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="reachable", every_s=3600, probes=("reachable",)),
    ]
    playing = watching.playing(script, tiers, recheck_s=1e9).play(7)

    told = [one for one in playing.notices if one.kind == "down"]
    assert len(told) == 1
    assert told[0].title == "DOWN: groq (5 models)"
    assert told[0].details["whole_gateway"] is True
    assert len(playing.notices) == 1, "that its models follow is no news"
    assert "HTTP 503" in told[0].text


def test_a_single_bad_answer_is_told_to_nobody(watching):
    playing = watching.playing({"groq/a chat": "gbgggbg", "groq/b chat": "g"}).play(8)

    assert playing.notices == []
    assert playing.changes == []


def test_trouble_is_told_once_reminded_of_and_ended(watching):
    script = {"groq/a chat": "g" + "b" * 9 + "g", "groq/b chat": "g"}
    quiet = Quietness(remind_s=3 * 3600)
    playing = watching.playing(script, recheck_s=1e9, quietness=quiet).play(13)

    # First bad at 60 minutes, confirmed at 120, good again at 600, confirmed at 660.
    assert kinds(playing) == [
        (120, "down", "DOWN: groq/a"),
        (300, "reminder", "STILL: groq/a"),
        (480, "reminder", "STILL: groq/a"),
        (660, "recovered", "RECOVERED: groq, after 9h00m"),
    ]
    ids = [one.id for one in playing.notices]
    assert len(set(ids)) == 4
    assert len({one.details["alarm"] for one in playing.notices}) == 1


@pytest.mark.parametrize(
    ("which", "reminded"),
    [
        ("", [780]),
        ("a", [780]),
        ("b", [240, 360, 480, 600, 720, 840]),
    ],
    ids=["the gateway", "its models in trouble", "another model"],
)
def test_within_announced_maintenance_nobody_is_reminded(watching, which, reminded):
    def excused(gateway, model, at):
        hours = (at - watching.noon).total_seconds() / 3600
        return 3 <= hours < 13 and which in ("", model)

    script = {"groq/a chat": "gb", "groq/b chat": "g"}
    quiet = Quietness(remind_s=2 * 3600)
    playing = watching.playing(script, recheck_s=1e9, quietness=quiet, excused=excused).play(15)

    told = [playing.minutes(one.at) for one in playing.notices if one.kind == "reminder"]
    assert told == reminded
    assert [one.kind for one in playing.notices if one.kind != "reminder"] == ["down"]


def test_a_gateway_is_in_maintenance_when_all_of_its_models_are(watching):
    script = {f"groq/{name} chat": "gb" for name in "ab"}
    playing = watching.playing(
        script, recheck_s=1e9, quietness=Quietness(remind_s=3600),
        excused=lambda _gateway, model, at: bool(model) and at > watching.noon + timedelta(minutes=150),
    ).play(9)  # fmt: skip

    assert [(one.kind, one.details["whole_gateway"]) for one in playing.notices] == [("down", True)]


def test_doubts_are_settled_within_minutes_of_an_hourly_tier(watching):
    script = {"groq/a chat": "gbbgg", "groq/b chat": "g"}
    playing = watching.playing(script, recheck_s=60).play(4)

    assert [(at, kind) for at, kind, _ in kinds(playing)] == [(61, "down"), (121, "recovered")]


def test_no_reminders_where_none_are_wanted(watching):
    script = {"groq/a chat": "gb", "groq/b chat": "g"}
    playing = watching.playing(script, quietness=Quietness(remind_s=None)).play(60)

    assert [one.kind for one in playing.notices] == ["down"]


def test_what_grows_is_told_again(watching):
    script = {"groq/a chat": "gb", "groq/b chat": "gggb", "groq/c chat": "ggggggb"}
    playing = watching.playing(script, recheck_s=1e9).play(10)

    assert [(kind, title) for _, kind, title in kinds(playing)] == [
        ("down", "DOWN: groq/a"),
        ("worse", "WORSE: 2 of 3 models of groq"),
        ("worse", "WORSE: groq (3 models)"),
    ]


def test_models_that_follow_within_minutes_wait_for_the_next_word(watching):
    tiers = [Tier(name="chat", every_s=60, probes=("chat",))]
    script = {f"groq/m{n} chat": "g" * (n + 2) + "b" for n in range(4)} | {"groq/x chat": "g"}
    playing = watching.playing(script, tiers, recheck_s=1e9).play(1)

    assert [one.kind for one in playing.notices] == ["down", "worse"]
    assert playing.notices[1].title == "WORSE: 4 of 5 models of groq"


def test_a_refused_key_is_told_as_what_it_is(watching):
    playing = watching.playing({"groq/a chat": "gxx", "groq/b chat": "gxx"}, recheck_s=1e9).play(4)

    assert [one.kind for one in playing.notices] == ["unknown"]
    assert playing.notices[0].text.startswith("Not to be watched since")


@pytest.mark.parametrize(("on", "told"), [({"down"}, []), ({"down", "degraded"}, ["degraded"])])
def test_what_is_degraded_is_told_only_to_those_who_ask(watching, on, told):
    quiet = Quietness(on=frozenset(map(State, on)))
    script = {"groq/a chat": "gpp", "groq/b chat": "g"}
    playing = watching.playing(script, recheck_s=1e9, quietness=quiet).play(4)

    assert [one.kind for one in playing.notices] == told


def test_a_gateways_name_for_its_models_moves_no_terminal(watching):
    playing = watching.playing({"groq/a\x1b[2Jb chat": "gb", "groq/b chat": "g"}).play(4)

    assert "\x1b" not in playing.notices[0].title + playing.notices[0].text


def test_each_alert_lies_in_the_record_with_the_change_that_it_tells_of(watching):
    script = {"groq/a chat": "gbb", "groq/b chat": "g"}
    playing = watching.playing(script, recheck_s=1e9, channels=("webhook x",)).play(4)

    (record,) = [one for one in playing.room.records if one.notices]
    assert {change.target.told for change in record.changes} >= {"groq/a", "groq"}
    assert record.alarms[0].state is State.DOWN
    assert record.channels == ("webhook x",)
    assert record.marks[0].at == watching.noon + timedelta(hours=2)


def test_a_list_that_fails_while_the_models_answer_wakes_nobody(watching):
    tiers = [
        Tier(name="reachable", every_s=300, probes=("reachable",)),
        Tier(name="chat", every_s=3600, probes=("chat",)),
    ]
    script = {"groq/a chat": "g", "groq/b chat": "g", "groq reachable": "ggb"}
    playing = watching.playing(script, tiers, recheck_s=60).play(5)

    assert playing.notices == []
    assert [c.after for c in playing.changes if not c.target.model and not c.target.probe] == [
        State.DEGRADED
    ]
