"""When an alarm ends: only with all of a gateway well again, and at the moment when that began."""

import pytest

from gatewayz.core.objectives import Confirmation
from gatewayz.core.watching import State
from gatewayz.watch import Quietness, Tier


def told(playing):
    return [(playing.minutes(one.at), one.kind) for one in playing.notices]


def test_who_answers_slowly_after_being_down_has_not_recovered(watching):
    script = {f"xai/{name} chat": "gbbpggg" for name in "abc"}
    playing = watching.playing(script, recheck_s=1e9).play(5)

    gateway = [one for one in playing.changes if not one.target.model]
    assert [one.after for one in gateway] == [State.DOWN, State.DEGRADED]
    assert playing.minutes(gateway[1].since) == 180, "what was seen while it was down is not of it"
    assert told(playing) == [(120, "down")]

    playing.play(1)
    assert told(playing) == [(120, "down"), (300, "recovered")]
    (recovered,) = playing.notices[1:]
    closed = playing.room.records[-1].alarms[0].closed_at
    assert playing.minutes(closed) == 240, "the first good sighting"
    assert recovered.details["state"] == "up"


def test_an_alarm_that_eased_and_falls_again_is_told_as_worse(watching):
    script = {f"xai/{name} chat": "gbbpppbbb" for name in "abc"}
    playing = watching.playing(script, recheck_s=1e9).play(9)

    assert told(playing) == [(120, "down"), (420, "worse")]


def test_who_falls_again_within_minutes_is_still_the_trouble_that_was_told(watching):
    script = {f"xai/{name} chat": "gbbppbbppbb" for name in "abc"}
    playing = watching.playing(script, recheck_s=1e9, quietness=Quietness(group_s=1e9)).play(11)

    assert told(playing) == [(120, "down"), (480, "reminder")]


@pytest.mark.parametrize("before", ["ppp", "gpp"])
def test_what_was_poor_before_an_alarm_keeps_none_open(watching, before):
    script = {
        "xai/a chat": before + "p",
        "xai/b chat": "gggbbgg",
        "xai/c chat": "g",
    }
    playing = watching.playing(script, recheck_s=1e9).play(8)

    assert told(playing) == [(240, "down"), (360, "recovered")]


ALL = [Tier(name="all", every_s=3600, probes=("chat", "streaming", "json_object"))]


@pytest.mark.parametrize("order", [("streaming", "json_object"), ("json_object", "streaming")])
def test_an_alarm_ends_with_the_last_of_what_fell_and_not_with_what_was_off_before(watching, order):
    of = {"chat": "gggbbbggg", "streaming": "gggbbbbbgg", "json_object": "gbb"}
    script = {f"xai/{name} {probe}": of[probe] for name in "ab" for probe in ("chat", *order)}
    quiet = Quietness(remind_s=6 * 3600)
    playing = watching.playing(script, ALL, recheck_s=1e9, quietness=quiet).play(24)

    # The chat is good again from 360 minutes on, streaming from 480; json_object never.
    assert told(playing) == [(240, "down"), (540, "recovered")]
    (alarm,) = playing.room.records[9].alarms
    assert playing.minutes(alarm.closed_at) == 480


def test_a_feature_that_fell_with_its_model_keeps_the_alarm_open_until_it_is_well(watching):
    of = {"chat": "ggbbgg", "json_object": "ggbbbbbbgg"}
    script = {f"xai/{name} {probe}": of[probe] for name in "ab" for probe in of}
    playing = watching.playing(script, ALL, recheck_s=1e9).play(14)

    assert told(playing) == [(180, "down"), (540, "recovered")]


@pytest.mark.parametrize("asked_meanwhile", [True, False])
@pytest.mark.parametrize("letter", ["b", "x"])
def test_what_was_off_before_a_gateway_fell_or_refused_the_key_keeps_no_alarm_open(
    watching, letter, asked_meanwhile
):
    script = {f"xai/{name} chat": "g" * 5 + letter * 3 + "g" for name in "ab"}
    script["xai/a json_object"] = "gbbbb" + letter * 3 + "b" if asked_meanwhile else "gb"
    hours = 1 if asked_meanwhile else 2
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="features", every_s=hours * 3600, probes=("json_object",)),
    ]
    playing = watching.playing(script, tiers, recheck_s=1e9).play(24)

    assert [kind for _, kind in told(playing)][1:] == ["recovered"]
    assert playing.watch.open_alarms == ()


def test_another_models_feature_is_not_of_the_alarm(watching):
    script = {
        "xai/a chat": "gbbbbgg", "xai/b chat": "g", "xai/b json_object": "gggbb",
    }  # fmt: skip
    playing = watching.playing(script, ALL, recheck_s=1e9).play(12)

    assert told(playing) == [(120, "down"), (360, "recovered")]


def test_a_model_that_joins_an_alarm_brings_along_what_was_off_of_it_before(watching):
    script = {
        "xai/a chat": "gbbbbbbgg", "xai/b chat": "gggbbbbgg", "xai/b json_object": "gbb",
        "xai/c chat": "g",
    }  # fmt: skip
    playing = watching.playing(script, ALL, recheck_s=1e9).play(12)

    assert told(playing) == [(120, "down"), (240, "worse"), (480, "recovered")]


def test_what_fell_with_its_model_is_asked_again_once_the_model_answers(watching):
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="streaming", every_s=24 * 3600, probes=("streaming",)),
    ]
    of = {"chat": "bbbbbg", "streaming": "bbg"}
    script = {f"xai/{name} {probe}": of[probe] for name in "ab" for probe in of}
    playing = watching.playing(script, tiers).play(6)

    # Chat: bad at 0, again at 1 minute, then each hour until 240 it is good, and a minute later.
    kinds = told(playing)
    assert [kind for _, kind in kinds] == ["down", "recovered"]
    assert kinds[1][0] < 300, "not a day later"


def test_a_model_that_fails_every_other_time_has_an_alarm_of_its_own_failing(watching):
    script = {"xai/a chat": "g" + "bgb" + "gg", "xai/b chat": "g"}
    playing = watching.playing(script, recheck_s=1e9).play(8)

    assert told(playing) == [(180, "down"), (300, "recovered")]
    (alarm,) = playing.room.records[5].alarms
    assert playing.minutes(alarm.closed_at) == 240


def test_an_alarm_of_a_whole_gateway_waits_for_a_feature_of_the_model_that_was_well_first(watching):
    script = {
        "xai/a chat": "ggbbbg", "xai/a json_object": "ggbbbbbbbbgg", "xai/b chat": "ggbbbbbgg",
    }  # fmt: skip
    playing = watching.playing(script, ALL, recheck_s=1e9).play(14)

    assert told(playing) == [(180, "down"), (540, "reminder"), (660, "recovered")]


def test_what_settles_after_flapping_is_ended_by_its_own_recovery(watching):
    quick = [Tier(name="all", every_s=60, probes=("chat", "json_object"))]
    script = {
        "xai/a chat": "g" + "bbgg" * 4 + "g", "xai/b chat": "g" * 19 + "b" * 40 + "g",
        "xai/b json_object": "gbb",
    }  # fmt: skip
    playing = watching.playing(script, quick, recheck_s=1e9).play(3)

    assert [kind for _, kind in told(playing)][-2:] == ["down", "recovered"]
    assert playing.watch.open_alarms == ()


def test_an_alarm_ends_when_the_last_model_is_well_also_one_that_was_not_told_of(watching):
    script = {"xai/a chat": "gbbbgg", "xai/b chat": "gggxxxxxxgg", "xai/c chat": "g"}
    playing = watching.playing(script, recheck_s=1e9).play(14)

    assert told(playing)[-1] == (600, "recovered")
    (closed,) = [a for r in playing.room.records for a in r.alarms if a.closed_at is not None]
    assert playing.minutes(closed.closed_at) == 540


def test_a_feature_that_breaks_by_itself_while_an_alarm_is_open_is_not_of_it(watching):
    script = {
        "xai/a chat": "gbbgg", "xai/a json_object": "ggggggbb", "xai/b chat": "gbbbbbbbbgg",
        "xai/c chat": "g",
    }  # fmt: skip
    playing = watching.playing(script, ALL, recheck_s=1e9).play(16)

    assert told(playing)[-1] == (600, "recovered")


def test_a_question_that_was_looked_at_again_often_is_asked_anew_after_each_change(watching):
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="features", every_s=24 * 3600, probes=("json_object",)),
    ]
    of = {"chat": "bbbg", "json_object": "bbbg"}
    script = {f"xai/{name} {probe}": of[probe] for name in "ab" for probe in of}
    rule = Confirmation(bad=3, of=3, good=2)
    playing = watching.playing(script, tiers, rule=rule).play(6)

    assert [kind for _, kind in told(playing)] == ["down", "recovered"]


def played(watching, script, hours=24, **more):
    return watching.playing(script, ALL, recheck_s=1e9, **more).play(hours)


@pytest.mark.parametrize("after", ["pppppp", "xxxxxx"])
def test_a_feature_that_fell_and_is_slow_or_blind_since_is_not_well(watching, after):
    script = {"xai/a chat": "ggbbgg", "xai/a json_object": f"ggbb{after}gg", "xai/b chat": "g"}
    playing = played(watching, script)

    assert told(playing)[0] == (180, "down")
    assert told(playing)[-1] == (660, "recovered")
    assert [kind for _, kind in told(playing)].count("recovered") == 1


def test_a_feature_that_was_never_well_between_two_falls_of_its_model_is_of_the_alarm(watching):
    script = {
        "xai/a chat": "ggbbggggbbgg", "xai/a json_object": "gg" + "b" * 14 + "gg", "xai/b chat": "g",
    }  # fmt: skip
    playing = played(watching, script)

    kinds = [kind for _, kind in told(playing)]
    assert "worse" in kinds
    assert told(playing)[-1] == (1020, "recovered")
    assert kinds.count("recovered") == 1


def test_what_was_off_before_a_model_fell_with_a_good_answer_between_is_not_of_the_alarm(watching):
    script = {
        "xai/a chat": "ggggg" + "bgbb" + "gg", "xai/a json_object": "gbb",
        "xai/b chat": "gg" + "b" * 10 + "gg", "xai/c chat": "g",
    }  # fmt: skip
    playing = played(watching, script)

    assert told(playing)[-1] == (780, "recovered")


@pytest.mark.parametrize(
    "of_another",
    [
        {"xai/a chat": "gppp", "xai/a json_object": "gbb"},
        {"xai/a chat": "gggggppp"},
        {"xai listed": "gggggbbb"},
        {"xai listed": "gbb" + "xxx" + "bb"},
    ],
)
def test_what_is_told_nobody_and_is_of_no_model_that_fell_keeps_no_alarm_open(watching, of_another):
    script = {"xai/a chat": "g", "xai/b chat": "gggbbbbbgg", "xai/c chat": "g", **of_another}
    tiers = [Tier(name="all", every_s=3600, probes=("listed", "chat", "json_object"))]
    playing = watching.playing(script, tiers, recheck_s=1e9).play(24)

    assert told(playing) == [(240, "down"), (540, "recovered")]


def test_what_failed_once_while_its_model_was_down_is_waited_for(watching):
    script = {"xai/a chat": "ggbbgg", "xai/a json_object": "gg--bbggg", "xai/b chat": "g"}
    playing = played(watching, script)
    early = played(watching, script | {"xai/a json_object": "gg-bbbbgg"})

    assert told(playing) == [(180, "down"), (300, "recovered")], "it began once a answered"
    assert told(early) == [(180, "down"), (480, "recovered")]


def test_a_model_that_answers_again_is_degraded_and_its_second_fall_is_told(watching):
    script = {
        "xai/a chat": "ggbbggggggggbbbgg", "xai/a streaming": "gg" + "b" * 16 + "gg",
        "xai/b chat": "g",
    }  # fmt: skip
    playing = played(watching, script, quietness=Quietness(remind_s=4 * 3600))

    kinds = told(playing)
    assert kinds[0] == (180, "down")
    assert (780, "worse") in kinds
    assert kinds[-1] == (1140, "recovered")
    (reminder, *_) = [one for one in playing.notices if one.kind == "reminder"]
    assert reminder.details["state"] == "degraded"


def closed_at(playing):
    (closed,) = [a for r in playing.room.records for a in r.alarms if a.closed_at is not None]
    return playing.minutes(closed.closed_at)


def test_an_alarm_ends_no_sooner_than_what_failed_unconfirmed_or_is_watched_no_more(watching):
    script = {"xai/a chat": "ggbbbggg", "xai/a json_object": "gg--bbgggg", "xai/b chat": "g"}
    rule = Confirmation(bad=3, of=5, good=2)
    unconfirmed = watching.playing(script, ALL, recheck_s=1e9, rule=rule).play(14)

    assert closed_at(unconfirmed) == 360

    script = {"xai/a chat": "ggbbgg", "xai/b chat": "ggbbbbbbbbbbb", "xai/c chat": "g"}
    forgotten = watching.playing(script, recheck_s=1e9).play(10)
    del forgotten.answers.script["xai/b chat"]
    forgotten.play(3)

    assert closed_at(forgotten) >= 600


def test_a_gateway_whose_models_answer_is_not_down_for_its_list_though_each_has_a_feature_off(
    watching,
):
    script = {"xai reachable": "ggbbbb"}
    for name in "abc":
        script |= {f"xai/{name} chat": "g", f"xai/{name} json_object": "b"}
    tiers = [Tier(name="all", every_s=3600, probes=("reachable", "chat", "json_object"))]
    playing = watching.playing(script, tiers, recheck_s=1e9).play(12)

    assert told(playing) == []
    (gateway,) = playing.watch.watched.gateways()
    assert gateway.state is State.DEGRADED


def test_a_question_that_flickered_before_it_fell_with_its_model_is_of_the_alarm(watching):
    script = {"xai/a chat": "gggggbbgg", "xai/a streaming": "ggbggbbbbbbgg", "xai/b chat": "g"}
    of_streaming = {**script, "xai/a streaming": "gggbgbbbbbbgg"}

    for one in (script, of_streaming):
        assert told(played(watching, one)) == [(360, "down"), (720, "recovered")]


def test_one_bad_look_tells_nothing_though_the_list_fails_for_long(watching):
    script = {"xai reachable": "ggbbbb", "xai/a chat": "ggggggbggg", "xai/b chat": "ggggggbggg"}
    tiers = [Tier(name="all", every_s=3600, probes=("reachable", "chat"))]
    playing = watching.playing(script, tiers, recheck_s=1e9).play(12)
    fell = {"xai/a chat": "ggggggbbbggg", "xai/b chat": "ggggggbbbggg"}
    down = watching.playing({**script, **fell}, tiers, recheck_s=1e9).play(16)

    assert told(playing) == []
    assert [kind for _, kind in told(down)] == ["down", "recovered"]
