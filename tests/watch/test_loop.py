"""The loop: what is asked, what is kept, what a stop leaves behind."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.core import StoreError
from gatewayz.core.watching import Lease, State
from gatewayz.watch import Schedule, Seen, Tier, Watched
from gatewayz.watch.alerting import Quietness
from gatewayz.watch.strays import Strays

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_tiers_come_round_by_their_own_intervals(watching):
    tiers = [
        Tier(name="reachable", every_s=300, probes=("reachable",)),
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="features", every_s=86400, probes=("tool_call",)),
    ]
    script = {"groq reachable": "g", "groq/a chat": "g", "groq/a tool_call": "g"}
    playing = watching.playing(script, tiers).play(24)
    names = [name for name, _ in playing.answers.rounds]

    assert {name: names.count(name) for name in set(names)} == {
        "reachable": 288, "chat": 24, "features": 1,
    }  # fmt: skip


def test_a_round_that_was_stopped_is_due_again_and_what_it_saw_counts(watching):
    playing = watching.playing({"groq/a chat": "g"})
    stop = asyncio.Event()
    whole = playing.answers.ask

    async def stopped_midway(tier, only, stop):
        found = await whole(tier, only, stop)
        stop.set()
        return Seen(sightings=found.sightings, planned=found.planned, complete=False)

    playing.answers.ask = stopped_midway
    asyncio.run(playing.watch.run(stop))

    (record,) = playing.room.records
    assert record.marks == ()
    assert {one.target.told for one in record.conditions} == {"groq/a (chat)", "groq/a", "groq"}
    assert playing.watch.schedule.due(playing.clock.now())


def test_a_round_that_ends_early_by_itself_does_not_begin_again_at_once(watching):
    playing = watching.playing({"groq/a chat": "g"})

    async def nothing(tier, only, stop):
        playing.answers.rounds.append((tier.name, playing.clock.now()))
        return Seen(complete=False)

    playing.answers.ask = nothing
    playing.play(3)

    assert len(playing.answers.rounds) == 3


def beside_one_that_hangs(watching):
    """A watch of two tiers, the slow one of which waits for what the test sets; and that."""
    tiers = [
        Tier(name="vip", every_s=60, probes=("chat",)),
        Tier(name="slow", every_s=3600, probes=("tool_call",)),
    ]
    script = {"xai/a chat": "g", "groq/a tool_call": "g"}
    playing, answers = watching.playing(script, tiers), asyncio.Event()
    whole = playing.answers.ask

    async def ask(tier, only, stop):
        if tier.name == "slow":
            await answers.wait()
        return await whole(tier, only, stop)

    playing.answers.ask = ask
    return playing, answers


def test_a_tier_that_hangs_holds_up_no_other(watching):
    playing, answers = beside_one_that_hangs(watching)
    stop = asyncio.Event()

    def tell(told):
        playing.told.append(told)
        if len(playing.told) == 5:
            answers.set()
        if len(playing.told) == 8:
            stop.set()

    playing.watch.tell = tell
    asyncio.run(asyncio.wait_for(playing.watch.run(stop), 10))

    names = [told.tier.name for told in playing.told]
    assert names[:5] == ["vip"] * 5
    assert "slow" in names[5:]
    assert not any(record.empty for record in playing.room.records)


def test_a_store_that_fails_ends_the_tiers_that_go_on_beside(watching):
    playing, _ = beside_one_that_hangs(watching)
    ended = []

    async def ask(tier, only, stop):
        if tier.name == "slow":
            await stop.wait()
            ended.append(tier.name)
        return Seen(complete=False)

    def fail(lease, record):
        raise StoreError("no space left")

    playing.answers.ask, playing.room.keep = ask, fail
    with pytest.raises(StoreError):
        asyncio.run(asyncio.wait_for(playing.watch.run(asyncio.Event()), 10))
    assert ended == ["slow"]


def test_a_store_that_fails_ends_the_watch_and_nothing_is_told(watching):
    playing = watching.playing({"groq/a chat": "g"})

    def fail(lease, record):
        raise StoreError("no space left")

    playing.room.keep = fail
    with pytest.raises(StoreError):
        asyncio.run(playing.watch.run(asyncio.Event()))
    assert playing.told == []


def test_doubts_that_nobody_can_settle_are_given_up(watching):
    playing = watching.playing({"groq/a chat": "gb" + "-" * 9}, recheck_s=60).play(0.9)
    playing.clock.at = watching.noon + timedelta(minutes=60)
    playing.play(0.9)

    assert [name for name, _ in playing.answers.rounds] == ["chat", "chat"] + ["recheck"] * 3


def test_a_model_that_is_asked_no_more_is_forgotten_and_its_alarm_ends_without_an_all_clear(
    watching,
):
    playing = watching.playing({"groq/a chat": "gbb", "groq/b chat": "g"}, recheck_s=1e9).play(3)
    assert [one.kind for one in playing.notices] == ["down"]

    del playing.answers.script["groq/a chat"]
    playing.play(2)

    assert [one.kind for one in playing.notices] == ["down", "unwatched"]
    assert playing.notices[1].title == "NOT WATCHED ANY MORE: groq/a, after 2h00m"
    assert "and not seen to be over" in playing.notices[1].text
    assert playing.notices[1].details["state"] == "unknown"
    assert {t.told for r in playing.room.records for t in r.forgotten} == {
        "groq/a (chat)",
        "groq/a",
    }


def test_an_alarm_that_let_a_model_go_that_was_not_well_is_not_told_as_recovered_later(watching):
    script = {"groq/a chat": "gbb", "groq/b chat": "gbbbgg", "groq/c chat": "g"}
    playing = watching.playing(script, recheck_s=1e9).play(3)
    del playing.answers.script["groq/a chat"]
    playing.play(4)

    over = playing.notices[-1]
    assert [one.kind for one in playing.notices] == ["down", "unwatched"]
    assert over.title.startswith("NOT WATCHED ANY MORE: groq/a, after")
    assert over.text.splitlines()[1:] == [
        "- a",
        "All else of it is well since 2026-03-01 16:00 UTC.",
    ]


def test_an_alarm_whose_last_model_is_let_go_is_not_told_as_recovered_though_others_are_well(
    watching,
):
    script = {"groq/a chat": "gbb", "groq/b chat": "gbbgg", "groq/c chat": "g"}
    playing = watching.playing(script, recheck_s=1e9).play(6)
    del playing.answers.script["groq/a chat"]
    playing.play(2)

    assert [one.kind for one in playing.notices] == ["down", "unwatched"]
    assert playing.notices[-1].title.startswith("NOT WATCHED ANY MORE: groq/a, after")


def test_the_questions_of_a_tier_that_was_switched_off_are_forgotten_and_their_trouble_ends(
    watching,
):
    chat = Tier(name="chat", every_s=3600, probes=("chat",))
    streaming = Tier(name="streaming", every_s=3600, probes=("streaming", "listed"))
    script = {"groq/a chat": "gbbgg", "groq/a streaming": "gbbbb", "groq listed": "gbbbb"}
    playing = watching.playing(script, [chat, streaming], recheck_s=1e9).play(6)
    assert [one.kind for one in playing.notices] == ["down"]

    playing.watch.schedule = Schedule([chat], jitter=0.0)
    playing.play(2)

    over = playing.notices[-1]
    assert [one.kind for one in playing.notices] == ["down", "unwatched"]
    assert over.title == "NOT WATCHED ANY MORE: groq/a (streaming), after 5h00m"
    assert over.text.splitlines()[1:] == [
        "- a (streaming)", "All else of it is well since 2026-03-01 15:00 UTC.",
    ]  # fmt: skip
    assert {t.told for r in playing.room.records for t in r.forgotten} == {
        "groq/a (streaming)",
        "groq (listed)",
    }
    (gateway,) = playing.watch.watched.gateways()
    assert gateway.state is State.UP


def test_what_a_list_offers_no_more_is_forgotten_also_where_nothing_else_is_asked(watching):
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="features", every_s=3600, probes=("tool_call",)),
    ]
    script = {"groq/a chat": "gbbgg", "groq/a tool_call": "gbbbb"}
    playing = watching.playing(script, tiers, recheck_s=1e9)
    ask = playing.answers.ask

    async def asked(tier, only, stop):
        if tier.name == "features" and playing.minutes(playing.clock.now()) >= 300:
            return Seen(watched={("groq", "direct"): frozenset({"a"})})
        return await ask(tier, only, stop)

    playing.answers.ask = asked
    playing.play(7)

    assert told(playing) == [(120, "down"), (300, "unwatched")]
    assert {t.told for r in playing.room.records for t in r.forgotten} == {"groq/a (tool_call)"}


def test_nothing_is_told_as_recovered_where_all_that_failed_is_asked_no_more(watching):
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="features", every_s=3600, probes=("tool_call",)),
    ]
    script = {f"groq/{model} chat": "g" for model in "ab"}
    script |= {f"groq/{model} tool_call": "gbb" for model in "ab"}
    playing = watching.playing(script, tiers, recheck_s=1e9)
    playing.watch.quietness = Quietness(on=frozenset({State.DOWN, State.DEGRADED}))
    playing.play(4)
    assert [one.kind for one in playing.notices] == ["degraded"]

    playing.watch.schedule = Schedule(tiers[:1], jitter=0.0)
    playing.play(2)

    over = playing.notices[-1]
    assert [one.kind for one in playing.notices] == ["degraded", "unwatched"]
    assert over.title.startswith("NOT WATCHED ANY MORE: 2 models of groq, after")
    assert over.text.splitlines()[1:] == ["- a (tool_call)", "- b (tool_call)"]
    assert over.details["unseen"] == ["a (tool_call)", "b (tool_call)"]
    changes = [one for record in playing.room.records for one in record.changes]
    assert not any(one.recovered for one in changes)
    assert {one.target.told for one in changes if one.kind == "unwatched"} == {
        "groq", "groq/a", "groq/b", "groq/a (tool_call)", "groq/b (tool_call)",
    }  # fmt: skip


def test_a_model_whose_questions_are_let_go_one_after_the_other_is_named_once(watching):
    chat = Tier(name="chat", every_s=3600, probes=("chat",))
    features = Tier(name="features", every_s=3600, probes=("tool_call",))
    script = {"groq/a chat": "gbbb", "groq/a tool_call": "gbbb"}
    script |= {"groq/b chat": "g", "groq/b tool_call": "g"}
    playing = watching.playing(script, [chat, features], recheck_s=1e9)
    ask = playing.answers.ask

    async def asked(tier, only, stop):
        hour = playing.minutes(playing.clock.now()) // 60
        for question, gone in (("groq/a tool_call", 4), ("groq/a chat", 5)):
            if hour >= gone:
                playing.answers.script.pop(question, None)
        return await ask(tier, only, stop)

    playing.answers.ask = asked
    playing.play(8)

    over = playing.notices[-1]
    assert [one.kind for one in playing.notices] == ["down", "unwatched"]
    assert over.title.startswith("NOT WATCHED ANY MORE: groq/a, after")
    assert over.details["unseen"] == ["a"]


def test_who_is_only_looked_for_on_the_list_any_more_is_not_seen_to_be_well(watching):
    chat = Tier(name="chat", every_s=3600, probes=("chat",))
    lists = Tier(name="lists", every_s=3600, probes=("listed",))
    script = {"groq/a chat": "gbbb", "groq/a listed": "g", "groq/b chat": "gbbbbgg"}
    playing = watching.playing(script, [chat, lists], recheck_s=1e9)
    ask = playing.answers.ask

    async def asked(tier, only, stop):
        if playing.minutes(playing.clock.now()) >= 180:
            playing.answers.script.pop("groq/a chat", None)
        return await ask(tier, only, stop)

    playing.answers.ask = asked
    playing.play(9)

    assert [one.kind for one in playing.notices] == ["down", "unwatched"]
    assert playing.notices[-1].title.startswith("NOT WATCHED ANY MORE: groq/a, after")


def test_a_gateway_whose_models_answer_again_recovers_though_its_list_is_read_no_more(watching):
    chat = Tier(name="chat", every_s=3600, probes=("chat",))
    lists = Tier(name="lists", every_s=3600, probes=("reachable",))
    script = {"groq reachable": "gbbb", "groq/a chat": "gbbbgg", "groq/b chat": "gbbbgg"}
    playing = watching.playing(script, [chat, lists], recheck_s=1e9).play(4)
    assert [one.kind for one in playing.notices] == ["down"]

    playing.watch.schedule = Schedule([chat], jitter=0.0)
    playing.play(3)

    assert [one.kind for one in playing.notices] == ["down", "recovered"]


def test_a_model_that_is_watched_no_more_is_forgotten_whole_with_what_is_asked_seldom(watching):
    tiers = [
        Tier(name="chat", every_s=3600, probes=("chat",)),
        Tier(name="features", every_s=86400, probes=("tool_call",)),
    ]
    script = {
        "groq/a chat": "g",
        "groq/b chat": "g",
        "groq/a tool_call": "b",
        "groq/b tool_call": "b",
    }
    playing = watching.playing(script, tiers, recheck_s=1e9).play(2)
    ask = playing.answers.ask

    async def only_b(tier, only, stop):
        seen = await ask(tier, only, stop)
        asked = frozenset(one for one in seen.planned if one.model == "b")
        return replace(seen, planned=asked, watched={("groq", "direct"): frozenset("b")})

    playing.answers.ask = only_b
    playing.play(1)

    assert {t.told for r in playing.room.records for t in r.forgotten} == {
        "groq/a (chat)", "groq/a (tool_call)", "groq/a",
    }  # fmt: skip


def test_a_gateway_that_is_watched_no_more_is_quiet_and_let_go_after_a_day(watching):
    before = watching.playing({"groq/a chat": "gbb", "xai/a chat": "g"}, recheck_s=1e9).play(3)
    conditions, alarms = before.watch.watched.all(), before.watch.open_alarms
    assert told(before) == [(120, "down")]

    playing = watching.playing({"xai/a chat": "g"}, recheck_s=1e9)
    playing.clock.at = before.clock.at
    ours = frozenset({("xai", "direct")})
    playing.watch.watched = Watched(one for one in conditions if one.target.place in ours)
    playing.watch.strays = Strays.beside(ours, conditions, alarms)
    playing.play(30)

    assert told(playing) == [(26 * 60, "unwatched")]
    assert {t.told for r in playing.room.records for t in r.forgotten} == {
        "groq/a (chat)", "groq/a", "groq",
    }  # fmt: skip
    assert {(o.target.told, o.after, o.kind) for r in playing.room.records for o in r.changes} == {
        (name, State.UNKNOWN, "unwatched") for name in ("groq/a (chat)", "groq/a", "groq")
    }
    assert {one.closed_at is None for r in playing.room.records for one in r.alarms} == {False}


def told(playing):
    return [(playing.minutes(one.at), one.kind) for one in playing.notices]


def test_a_gateway_whose_models_are_not_known_now_keeps_what_is_known(watching):
    playing = watching.playing({"groq/a chat": "g", "xai/a chat": "g"}).play(1)
    del playing.answers.script["groq/a chat"]
    playing.play(3)

    assert not any(record.forgotten for record in playing.room.records)


def test_once_asks_what_is_due_and_settles_doubts(watching):
    playing = watching.playing({"groq/a chat": "bb", "groq/b chat": "g"}, recheck_s=10)
    rounds = asyncio.run(playing.watch.once(asyncio.Event()))

    assert rounds == 2
    assert [one.kind for one in playing.notices] == ["down"]
    assert playing.clock.now() - watching.noon < timedelta(seconds=30)


FREQUENT = Tier(name="chat", every_s=5, probes=("chat",))
RARE = Tier(name="features", every_s=86400, probes=("tool_call",))


def rechecks(playing):
    """Seconds since noon."""
    return [(at - NOON).total_seconds() for name, at in playing.answers.rounds if name == "recheck"]


def test_a_tier_that_comes_oftener_than_the_recheck_does_not_put_it_off(watching):
    script = {"groq/a chat": "g", "groq/a tool_call": "b"}
    playing = watching.playing(script, [FREQUENT, RARE], recheck_s=10).play(0.05)

    assert rechecks(playing) == [10]
    assert State.DOWN in [one.after for one in playing.changes], "it is settled"


def test_once_asks_no_tier_twice_however_long_its_doubts_take(watching):
    script = {"groq/a chat": "g", "groq/a tool_call": "b"}
    playing = watching.playing(script, [FREQUENT, RARE], recheck_s=10)
    asyncio.run(playing.watch.once(asyncio.Event()))

    assert [name for name, _ in playing.answers.rounds] == ["chat", "features", "recheck"]


def test_what_has_only_just_been_doubted_is_not_looked_at_with_what_was_long_ago(watching):
    tiers = [Tier(name="chat", every_s=55, probes=("chat",)), RARE]
    script = {"groq/a chat": "gbg", "groq/a tool_call": "b"}
    playing = watching.playing(script, tiers, recheck_s=60).play(0.02)

    assert playing.answers.asked == {"groq/a chat": 2, "groq/a tool_call": 2}
    assert rechecks(playing) == [60]


def test_a_restart_goes_on_where_the_last_one_was(watching):
    begun = {"chat": watching.noon - timedelta(minutes=30)}
    playing = watching.playing({"groq/a chat": "g"})
    playing.watch.schedule = Schedule(playing.watch.schedule.tiers, begun, jitter=0)
    playing.play(1)

    assert [playing.minutes(at) for _, at in playing.answers.rounds] == [30]
    assert playing.watch.lease == Lease(holder="us", token=1, beat=0, at=watching.noon)
