"""When an alarm ends: only with all of a gateway well again, and at the moment when that began."""

import pytest

from gatewayz.core.watching import State
from gatewayz.watch import Quietness


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
