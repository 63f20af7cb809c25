"""Sums by the hour and by the day: they say what the verdicts say, each counted once."""

import random
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase

import pytest

from gatewayz.core import Culprit, Outcome, RunStatus, StoreError
from gatewayz.core.availability import Standing, Tally
from gatewayz.core.buckets import Times
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.summed import FailedAs
from gatewayz.store import open_store

START = datetime(2026, 3, 1, tzinfo=UTC)
MODELS = [("groq", "llama-3.3-70b"), ("groq", "qwen3"), ("together", "llama-3.3-70B-Turbo")]


def judged(hour, gateway="groq", model="qwen3", outcome=Outcome.PASSED, **more):
    failed = outcome is Outcome.FAILED
    return ProbeResult(
        gateway=gateway,
        model=model,
        at=START + timedelta(hours=hour, minutes=17),
        outcome=outcome,
        **{
            "way": "direct",
            "probe": "chat",
            "kind": "server-500-json" if failed else "",
            "failure_class": "server-error" if failed else "",
            "culprit": Culprit.GATEWAY if failed else None,
            **more,
        },
    )


def a_week(seed=3):
    chance = random.Random(seed)
    for hour in range(7 * 24):
        for gateway, model in MODELS:
            for probe in ("chat", "streaming"):
                bad = chance.random() < 0.1
                yield judged(
                    hour,
                    gateway,
                    model,
                    Outcome.FAILED if bad else Outcome.PASSED,
                    probe=probe,
                    ttft_s=None if bad else chance.lognormvariate(-1, 1),
                )


def summed(store, results, run_id="run-1", after=None, up_to=1):
    return store.summaries.add(run_id, results, after=after, up_to=up_to)


def of_time(results, first, hours):
    low, high = START + timedelta(hours=first), START + timedelta(hours=first + hours)
    return [one for one in results if low <= one.at < high]


ASKED = [
    ("*", "*", None), ("groq", "*", None), ("*", "LLAMA*", "chat"), ("gro*", "qwen3", None),
    ("*", "*", "streaming"), ("together", "*", "chat"),
]  # fmt: skip


def test_each_step_has_what_its_verdicts_say(store):
    results = list(a_week())
    # In parts, as runs come.
    for at in range(0, len(results), 250):
        summed(store, results[at : at + 250], f"run-{at}")

    for gateway, model, probe in ASKED:
        wanted = [one for one in results if means(one, gateway, model, probe)]
        for step_hours in (1, 3, 24, 48):
            steps = store.summaries.timeline(
                gateway, model, probe=probe, step_s=step_hours * 3600,
                since=START + timedelta(days=1), until=START + timedelta(days=5),
            )  # fmt: skip

            assert len(steps) == 96 // step_hours
            for number, step in enumerate(steps):
                first = 24 + number * step_hours
                assert step.start == START + timedelta(hours=first)
                same(step, of_time(wanted, first, step_hours))


def means(one, gateway, model, probe):
    return (
        fnmatchcase(one.gateway, gateway)
        and fnmatchcase(one.model.lower(), model.lower())
        and probe in (None, one.probe)
    )


def same(step, there):
    failed = sum(one.outcome is Outcome.FAILED for one in there)
    assert (step.passed, step.failed) == (len(there) - failed, failed)
    assert sum(cause.count for cause in step.failures) == failed
    times = Times.of(one.ttft_s for one in there if one.ttft_s is not None)
    assert step.times.get("ttft", Times()) == times


def test_a_total_over_odd_hours_is_that_of_its_verdicts(store):
    results = list(a_week())
    summed(store, results)

    for first, hours in [(5, 100), (30, 10), (0, 48), (3, 20)]:
        total = store.summaries.total(
            since=START + timedelta(hours=first, minutes=20),
            until=START + timedelta(hours=first + hours, minutes=-20),
        )
        same(total, of_time(results, first, hours))


def test_a_failure_is_counted_with_its_name_and_whose_doing_it_was(store):
    summed(store, [judged(1, outcome=Outcome.FAILED), judged(2, outcome=Outcome.FAILED),
                   judged(3, outcome=Outcome.UNKNOWN, kind="rate-limit", failure_class="rate-limit",
                          culprit=Culprit.RATE_LIMIT)])  # fmt: skip

    (step,) = store.summaries.timeline(
        since=START, until=START + timedelta(hours=5), step_s=5 * 3600
    )

    assert step.failures == (
        FailedAs(Outcome.FAILED, "server-500-json", "server-error", "the gateway", 2),
        FailedAs(Outcome.UNKNOWN, "rate-limit", "rate-limit", "rate limit", 1),
    )
    assert step.rate == 0.0


def test_a_time_in_which_nothing_was_asked_has_no_rate(store):
    (step,) = store.summaries.timeline(since=START, until=START + timedelta(hours=1))

    assert step.judged == 0
    assert step.rate is None
    assert store.summaries.uptime(until=START.date()).models == {}


def test_model_lists_count_as_themselves_and_not_among_models(store):
    summed(store, [judged(1), judged(1, model="", probe="catalogue", outcome=Outcome.FAILED)])
    time = {"since": START, "until": START + timedelta(days=1)}

    assert store.summaries.total(**time).failed == 0
    assert store.summaries.total(probe="catalogue", **time).failed == 1
    assert store.summaries.total("groq", probe="catalogue", **time).failed == 1


def test_the_ways_are_told_apart(store):
    summed(store, [judged(1), judged(1, way="api", outcome=Outcome.FAILED)])
    time = {"since": START, "until": START + timedelta(days=1)}

    assert store.summaries.total(**time).failed == 0
    assert store.summaries.total(way="api", **time).passed == 0
    assert store.summaries.total(way=None, **time).judged == 2


def test_uptime_has_each_model_for_each_day(store):
    summed(store, [judged(1), judged(25, outcome=Outcome.FAILED), judged(26),
                   judged(27, outcome=Outcome.FAILED, culprit=Culprit.FEATURE)])  # fmt: skip
    summed(store, [judged(28), judged(1, "together", "llama")], "run-2")

    uptime = store.summaries.uptime(until=date(2026, 3, 3), days=4)

    assert uptime.days == (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))
    before, first, second, last = uptime.models["groq", "qwen3"]
    assert (before, last) == (None, None)
    assert first == Tally(good=1)
    # A feature that fails is no downtime, and no proof of the model's being there either.
    assert second == Tally(good=2, bad=1, excluded={Standing.FEATURE: 1})
    assert uptime.models["together", "llama"][1] == Tally(good=1)


def test_what_was_added_once_is_not_added_again(store):
    assert summed(store, [judged(1)])
    assert not summed(store, [judged(1)])
    assert summed(store, [judged(2)], after=1, up_to=2)

    assert store.summaries.total(since=START, until=START + timedelta(days=1)).passed == 2


def test_hostile_names_are_kept_as_any_other(store):
    odd = "x' OR 1=1 --\ud800\x00".replace("\x00", "")
    summed(store, [judged(1, odd, "*"), judged(2, odd, odd)])

    assert store.summaries.total(since=START, until=START + timedelta(days=1)).passed == 2
    assert len(store.summaries.models()) == 2


def test_hours_go_and_days_stay(store):
    summed(store, [judged(1), judged(25), judged(49)])

    before = START + timedelta(days=2, hours=5)
    assert store.summaries.remove_hours(before, dry_run=True) == 2
    assert store.summaries.hours_since() is None
    assert store.summaries.remove_hours(before) == 2
    time = {"since": START, "until": START + timedelta(days=3)}

    assert sum(step.passed for step in store.summaries.timeline(**time)) == 1
    assert sum(step.passed for step in store.summaries.timeline(step_s=86400, **time)) == 3
    assert store.summaries.hours_since() == START + timedelta(days=2)


def test_a_sum_that_is_not_what_was_written_is_told(file):
    store = open_store(file)
    summed(store, [judged(1)])
    raw = sqlite3.connect(file)
    raw.execute("UPDATE sums_by_day SET sums = replace(sums, '[1,0,0,0]', '[2,0,0,0]')")
    raw.commit()
    raw.close()

    with pytest.raises(StoreError, match=r"is damaged .*not what was written"):
        store.summaries.timeline(since=START, until=START + timedelta(days=1), step_s=86400)
    store.close()


def test_only_runs_that_ended_wait_to_be_summed(store, make):
    for number in range(3):
        store.begin_run(make.run(f"run-{number}"))
        store.record(f"run-{number}", [make.verdict()])
    store.finish_run(replace(make.run("run-1"), status=RunStatus.FINISHED))
    store.finish_run(replace(make.run("run-2"), status=RunStatus.CANCELLED))

    assert store.summaries.waiting() == ("run-1", "run-2")
    assert store.summaries.sum_run("run-1") == 2  # its verdict, and the model list
    assert store.summaries.waiting() == ("run-2",)
    assert store.summaries.roll_up() == 1
    time = {"since": make.noon, "until": make.noon + timedelta(hours=1)}
    assert store.summaries.total(**time).passed == 2
    assert store.summaries.total(probe="catalogue", **time).passed == 2


def test_two_that_sum_at_once_count_each_run_once(place, make):
    from concurrent.futures import ThreadPoolExecutor

    stores = [open_store(place) for _ in range(2)]
    for number in range(6):
        run = make.run(f"run-{number}")
        stores[0].begin_run(run)
        stores[0].record(run.id, [make.verdict()])
        stores[0].finish_run(replace(run, status=RunStatus.FINISHED))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda store: store.summaries.roll_up(), stores))
    time = {"since": make.noon, "until": make.noon + timedelta(hours=1)}

    assert stores[1].summaries.total(**time).passed == 6
    for store in stores:
        store.close()
