"""A day's cap that is used up: it is told, once, and so is that asking goes on."""

import contextlib
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.cli.watch_shown import as_json, as_lines
from gatewayz.core import Case, Model, Observation, Outcome, Verdict
from gatewayz.core.watching import WatchRecord
from gatewayz.store import open_store
from gatewayz.watch import sighting
from gatewayz.watch.blindness import Blindness, told, unasked

SCRIPT = {"groq/a chat": "ggcccgg", "groq/b chat": "g", "xai/a chat": "bbbccgg"}


def kinds(playing):
    return [(playing.minutes(one.at), one.kind) for one in playing.notices if one.gateway == ""]


def test_who_may_not_ask_says_so_once_and_once_more_when_he_asks_again(watching):
    playing = watching.playing(SCRIPT, recheck_s=1e9).play(7)

    assert kinds(playing) == [(120, "blind"), (300, "asking")]
    blind = next(one for one in playing.notices if one.kind == "blind")
    assert blind.title == "BLIND: 1 of 3 questions not asked, the day's cap is used up"
    assert "until 2026-03-02 00:00 UTC" in blind.text
    assert blind.details["gateways"] == ["groq"]
    ids = [one.id for one in playing.notices if one.kind in ("blind", "asking")]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}", one) for one in ids)


def test_looks_into_lists_are_no_questions(watching):
    """They take nothing of a cap, so that no cap can keep them from being asked."""
    playing = watching.playing(SCRIPT, recheck_s=1e9).play(4)
    asked = playing.watch.watched.all()
    looks = [
        replace(one, target=replace(one.target, probe="listed"), unasked_since=None)
        for one in asked
        if one.target.probe
    ]
    (blind,) = Blindness().notices((*asked, *looks), playing.clock.now())
    line = told(unasked(asked), (*asked, *looks), playing.clock.now())

    assert len(looks) == 3
    assert blind.title.startswith("BLIND: 2 of 3 questions not asked")
    assert line.startswith("2 of 3 questions not asked")


def test_after_a_restart_nothing_is_told_twice(watching):
    before = watching.playing(SCRIPT, recheck_s=1e9).play(4)
    newest_first = before.notices[::-1]
    conditions = before.watch.watched.all()

    assert Blindness.after(newest_first).notices(conditions, before.clock.now()) == ()
    assert Blindness.after([]).notices(conditions, before.clock.now())[0].kind == "blind"


def test_a_state_is_left_as_it_was_by_what_a_cap_forbids(watching):
    playing = watching.playing(SCRIPT, recheck_s=1e9).play(4)
    condition = playing.watch.watched.condition(watching.target("groq/a"))

    assert condition.state.value == "up"
    assert playing.minutes(condition.unasked_since) == 120
    assert playing.minutes(condition.last_at) == 60, "that nobody asked is no look"


@pytest.mark.parametrize(
    ("reason", "capped"),
    [
        ("not sent: --max-tokens-total 200000: 9 left, and this could come to 2,430 tokens", True),
        ("not sent: --max-calls 4 is used up", True),
        ("not sent: the price is unknown, so --max-cost 1 cannot be kept to", False),
        ("no model of this gateway has it", False),
    ],
)
def test_only_a_cap_that_is_used_up_makes_blind(watching, reason, capped):
    case = Case(gateway="groq", probe="chat", model=Model(id="a"))
    verdict = Verdict(observation=Observation(case=case), outcome=Outcome.SKIPPED, reason=reason)

    assert sighting(verdict, watching.noon).unasked is capped


def test_show_tells_whom_nobody_asks_and_since_when(watching, tmp_path):
    playing = watching.playing(SCRIPT, recheck_s=1e9).play(4)
    with contextlib.closing(open_store(str(tmp_path / "watch.db"))) as store:
        with store.watch._session.writing() as connection:
            store.watch.write(connection, WatchRecord(conditions=playing.watch.watched.all()))
        lines = "\n".join(as_lines(store, playing.clock.now()))
        document = as_json(store, playing.clock.now())

    assert "BLIND: 2 of 3 questions not asked since 2026-03-01 14:00 UTC" in lines
    assert "used up until 2026-03-02 00:00 UTC" in lines
    assert "stale     groq: 1 of 2 models up, 1 not asked (stale)" in lines
    assert "up when last seen; not asked for " in lines
    assert '"not_asked_since": "2026-03-01T14:00:00Z"' in document


def test_the_day_after_it_is_not_said_to_be_used_up_yet(watching):
    playing = watching.playing(SCRIPT, recheck_s=1e9).play(4)
    conditions = playing.watch.watched.all()
    line = told(unasked(conditions), conditions, watching.noon + timedelta(days=1))

    assert line.endswith("the day's cap was used up when they were last due")
