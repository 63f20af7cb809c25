"""A gateway that goes down and up again and again is one message, then quiet until it settles."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.watch import Quietness, Tier

EACH_MINUTE = [Tier(name="chat", every_s=60, probes=("chat",))]
# Down after the second bad look, up after the second good one: an alarm in each four minutes.
CYCLE = "bbgg"


def played(watching, letters, minutes, **more):
    script = {"groq/a chat": "g" + letters, "groq/b chat": "g"}
    playing = watching.playing(script, EACH_MINUTE, recheck_s=1e9, **more)
    return playing.play(minutes / 60)


def kinds(playing):
    return [(playing.minutes(one.at), one.kind) for one in playing.notices]


def test_three_alarms_in_an_hour_are_told_and_the_fourth_is_flapping(watching):
    playing = played(watching, CYCLE * 8, 34)

    assert [kind for _, kind in kinds(playing)] == ["down", "recovered"] * 3 + ["flapping"]
    last = playing.notices[-1]
    assert last.title == "FLAPPING: groq/a"
    assert "the next message is when it has settled" in last.text
    assert len(playing.changes) > 2 * len(playing.notices), "what happens is kept all the same"


def test_it_is_told_when_it_has_been_well_for_half_an_hour(watching):
    playing = played(watching, CYCLE * 8 + "g", 120)

    (flapping, _), (end, kind) = kinds(playing)[-2:]
    assert kind == "recovered"
    well_since = 4 * 8
    assert end - well_since == 30
    assert flapping < well_since
    assert playing.watch.open_alarms == ()


def test_it_is_told_when_it_stays_down_for_half_an_hour_and_counts_anew(watching):
    playing = played(watching, CYCLE * 8 + "b" * 50 + "g", 200, quietness=Quietness(remind_s=None))

    *_, flapping, down, recovered = kinds(playing)
    assert (flapping[1], down[1], recovered[1]) == ("flapping", "down", "recovered")
    assert down[0] == 4 * 8 + 2 + 30
    assert playing.notices[-2].title == "DOWN: groq/a"
    alarms = {one.details["alarm"] for one in playing.notices[-3:]}
    assert len(alarms) == 1


def test_while_it_flaps_nobody_is_reminded(watching):
    quiet = Quietness(remind_s=600)
    playing = played(watching, CYCLE * 20, 80, quietness=quiet)

    assert [kind for _, kind in kinds(playing)][6:] == ["flapping"]


def test_alarms_that_are_far_apart_are_no_flapping(watching):
    playing = played(watching, (CYCLE + "g" * 26) * 5, 160)

    assert {kind for _, kind in kinds(playing)} == {"down", "recovered"}
    assert len(playing.notices) == 10


@pytest.mark.parametrize(("most", "told"), [(0, 16), (1, 3), (7, 15)])
def test_how_many_are_too_many_can_be_set(watching, most, told):
    playing = played(watching, CYCLE * 8, 33.5, quietness=Quietness(flapping=most))

    assert len(playing.notices) == told


def test_a_watch_that_is_started_again_knows_what_flapped(watching):
    before = played(watching, CYCLE * 3, 14)
    closed = before.watch.closed_alarms
    assert len(closed) == 3

    playing = watching.playing(
        {"groq/a chat": "gbb", "groq/b chat": "g"}, EACH_MINUTE, recheck_s=1e9,
        closed_alarms=tuple(
            replace(one, opened_at=one.opened_at - timedelta(minutes=15)) for one in closed
        ),
    ).play(5 / 60)  # fmt: skip

    assert [one.kind for one in playing.notices] == ["flapping"]
