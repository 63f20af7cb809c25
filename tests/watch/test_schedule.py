"""When tiers are due, on a clock that is passed in."""

from dataclasses import replace
from datetime import timedelta

from gatewayz.core.watching import TierMark
from gatewayz.watch import Schedule, Tier

CHAT = Tier(name="chat", every_s=3600, probes=("chat",))
LISTS = Tier(name="reachable", every_s=300, probes=("reachable",))


def test_what_never_ran_is_due_at_once_the_most_frequent_first(watching):
    schedule = Schedule([CHAT, LISTS])

    assert [tier.name for tier in schedule.due(watching.noon)] == ["reachable", "chat"]


def test_a_round_is_due_an_interval_after_it_began(watching):
    schedule = Schedule([CHAT], {"chat": watching.noon}, jitter=0)

    assert schedule.due(watching.noon + timedelta(seconds=3599)) == ()
    assert schedule.due(watching.noon + timedelta(seconds=3600)) == (CHAT,)


def test_jitter_moves_each_round_by_its_share_and_not_more(watching):
    moments = set()
    for hour in range(200):
        begun = watching.noon + timedelta(hours=hour)
        due = Schedule([CHAT], {"chat": begun}, jitter=0.1).due_at(CHAT, begun)
        moments.add(round((due - begun).total_seconds()))

    assert all(3240 <= moment <= 3960 for moment in moments)
    assert len(moments) > 150, "hardly two are alike"
    assert min(moments) < 3300
    assert max(moments) > 3900


def test_the_same_round_has_the_same_jitter_after_a_restart(watching):
    due = [
        Schedule([CHAT], {"chat": watching.noon}, seed=seed).due_at(CHAT, watching.noon)
        for seed in (1, 1, 2)
    ]

    assert due[0] == due[1] != due[2]


def test_a_night_asleep_is_one_run_and_no_burst(watching):
    schedule = Schedule([LISTS], {"reachable": watching.noon}, jitter=0)
    morning = watching.noon + timedelta(hours=9)

    assert schedule.due(morning) == (LISTS,)
    schedule.begin(LISTS, morning)

    assert schedule.due(morning) == ()
    assert schedule.next_at(morning) == morning + timedelta(seconds=300)


def test_a_clock_that_is_put_back_does_not_silence_the_watch(watching):
    schedule = Schedule([CHAT], {"chat": watching.noon + timedelta(days=30)}, jitter=0)

    assert schedule.due_at(CHAT, watching.noon) == watching.noon + timedelta(hours=1)


def test_one_cycle_by_cron_is_not_missed_for_a_second(watching):
    schedule = Schedule([CHAT], {"chat": watching.noon})
    almost = watching.noon + timedelta(seconds=3598)

    assert schedule.due(almost, early=True) == (CHAT,)
    assert schedule.due(watching.noon + timedelta(seconds=1800), early=True) == ()


def test_the_watch_itself_catches_up_once_after_a_sleep(watching):
    playing = watching.playing({"groq/llama chat": "g"}).play(2)
    before = len(playing.answers.rounds)
    playing.clock.at += timedelta(hours=40)
    playing.play(0.5)

    assert len(playing.answers.rounds) - before == 1


def test_a_round_holds_for_what_it_asked_and_for_no_more(watching):
    chat = Tier(name="vip", every_s=60, probes=("chat",), targets=("groq/*70b*",))
    of = {"groq (direct) --models 3"}
    mark = TierMark(tier="vip", at=watching.noon, covers=chat.asks(of))

    assert mark.holds_for(chat.asks(of))
    assert not mark.holds_for(chat.asks(of | {"xai (direct) --models 3"}))
    assert not mark.holds_for(replace(chat, targets=(*chat.targets, "xai/*")).asks(of))
    assert not mark.holds_for(replace(chat, probes=("chat", "streaming")).asks(of))
    assert replace(mark, covers=None).holds_for(chat.asks(of)), "older versions kept no more"
