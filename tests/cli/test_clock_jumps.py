"""The clock of the machine is set while runs go on: nothing is lost, reordered or timed by it.

Rule 47: the time of day says when, the monotonic clock how long, and the order is that of the store.
"""

import asyncio
import random
import re
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.cli.lanes import choose
from gatewayz.cli.network import client_for
from gatewayz.cli.orders import order_for
from gatewayz.cli.roll_call import call
from gatewayz.client import stamps
from gatewayz.config import load_settings
from gatewayz.core import units
from gatewayz.core.run import lasted_s
from gatewayz.core.units import show_seconds
from gatewayz.reports import REPORTS
from gatewayz.store import open_store

NOON = datetime(2026, 10, 25, 12, tzinfo=UTC)


class Leaping:
    """A time of day that leaps by up to a month, back or forward, each time it is read."""

    def __init__(self, seed):
        self._rng = random.Random(seed)

    def now(self, zone=None):
        moment = NOON + timedelta(seconds=self._rng.uniform(-1, 1) * 30 * 86400)
        return moment.astimezone(zone)

    def time_ns(self):
        return int(self.now(UTC).timestamp() * 1e9)


@pytest.fixture
def leaping(monkeypatch):
    """Sets the time of day that everything reads; the monotonic clock goes on as ever."""

    def set_to(clock):
        monkeypatch.setattr(units, "datetime", clock)
        monkeypatch.setattr(stamps, "_wall_ns", clock.time_ns)

    return set_to


@pytest.fixture
def run_once(simulator, tmp_path):
    """Puts two questions to three models, and keeps the run; the run, and how long it took."""
    names = {k: v for k, v in simulator.variables().items() if k.startswith("GROQ_")}
    settings = load_settings(
        folder=tmp_path,
        environ={"HOME": str(tmp_path), **names},
        flags={"gateways": ("groq",), "models": "3", "probes": "chat,streaming"},
    )

    async def work(store):
        client = client_for(settings)
        try:
            order = order_for(settings, choose(settings))
            return await call(order, client=client, store=store)
        finally:
            await client.aclose()

    def run(store):
        began = time.monotonic()
        called = asyncio.run(work(store))
        assert called.faults == ()
        return called.run, time.monotonic() - began

    return run


def durations(run):
    for verdict in run.verdicts:
        for attempt in verdict.observation.attempts:
            times = attempt.timing
            yield from (times.first_token_s, times.last_content_s, times.total_s)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_clock_that_leaps_loses_nothing_and_times_nothing(leaping, run_once, tmp_path, seed):
    with closing(open_store(tmp_path / "s.db")) as store:
        leaping(Leaping(seed))
        run, took_s = run_once(store)
        kept = store.run(run.id)

    assert len(kept.verdicts) == 6
    assert {v.outcome for v in kept.verdicts} == {"passed"}
    assert kept.status == "finished"
    told = [one for one in durations(kept) if one is not None]
    assert len(told) >= 12
    assert all(0 <= one <= took_s for one in told)
    assert 0 <= kept.summary.elapsed_s <= took_s


def test_runs_stay_in_their_order_when_the_clock_is_put_back(leaping, run_once, tmp_path):
    begun = []
    with closing(open_store(tmp_path / "s.db")) as store:
        for hours in (0, -3, 5, -24 * 400):
            at = NOON + timedelta(hours=hours)
            fixed = Leaping(0)
            fixed.now = lambda zone=None, at=at: at.astimezone(zone)
            leaping(fixed)
            begun.append(run_once(store)[0].id)

        assert [line.id for line in store.runs()] == begun[::-1]
        assert store.run("last").id == begun[-1]
        assert store.copies.ids() == tuple(begun)
        assert [store.run(one).verdicts != () for one in begun] == [True] * 4
        assert store.past.of("groq", "*").runs[0].id == begun[-1]


def test_a_run_whose_end_is_before_its_beginning_is_shown_with_its_own_length(
    leaping, run_once, tmp_path
):
    with closing(open_store(tmp_path / "s.db")) as store:
        leaping(Leaping(3))
        run, _ = run_once(store)
        (line,) = store.runs()
    back = replace(run, finished_at=run.started_at - timedelta(hours=1))
    page = REPORTS["html"].render(back, back.summary).decode()

    assert line.elapsed_s == run.summary.elapsed_s
    assert show_seconds(run.summary.elapsed_s) in page
    assert not re.search(
        r"-\d+(\.\d+)?(s|m|h)\b", re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    )
    assert lasted_s(run.started_at, back.finished_at, None) is None


def test_a_zone_that_changes_between_writing_and_reading_changes_no_moment(
    monkeypatch, run_once, tmp_path
):
    with closing(open_store(tmp_path / "s.db")) as store:
        run, _ = run_once(store)
        before = store.run(run.id)
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        try:
            after = store.run(run.id)
            second, _ = run_once(store)
        finally:
            monkeypatch.undo()
            time.tzset()

    assert after == before
    assert abs(second.started_at - run.started_at) < timedelta(minutes=5)
    assert second.started_at.utcoffset() == timedelta(0)
