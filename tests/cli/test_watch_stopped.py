"""A watch that is stopped before it has asked anything: no run of it is kept."""

import asyncio
from contextlib import closing

import pytest

from gatewayz.cli import roll_call
from gatewayz.cli.lanes import choose
from gatewayz.cli.network import client_for
from gatewayz.cli.orders import order_for
from gatewayz.cli.watch_asking import Asking
from gatewayz.cli.watch_budget import Budget
from gatewayz.cli.watch_models import WatchedModels
from gatewayz.config import load_settings
from gatewayz.core.units import utc_now
from gatewayz.money import Caps
from gatewayz.store import open_store
from gatewayz.watch import Tier

CHAT = Tier(name="chat", every_s=3600.0, probes=("chat",))


@pytest.fixture
def settings(simulator, tmp_path):
    """Settings in which one gateway is the simulator."""
    names = {k: v for k, v in simulator.variables().items() if k.startswith("GROQ_")}
    return load_settings(
        folder=tmp_path,
        environ={"HOME": str(tmp_path), **names},
        flags={"gateways": ("groq",), "models": "1", "store": str(tmp_path / "watch.db")},
    )


def asked(settings, stop_at):
    """What a round of chat came to, the runs that are kept, and how many calls there were.

    `stop_at` is given the round's asking and the event that stops it.
    """

    async def round_of(store):
        client, stop = client_for(settings), asyncio.Event()
        order, now = order_for(settings, choose(settings)), utc_now
        asking = Asking(
            settings=settings,
            order=order,
            client=client,
            store=store,
            budget=Budget(Caps(), store.watch.spent),
            models=WatchedModels(selection=order.selection, store=store, now=now),
            now=now,
        )
        stop_at(asking, stop)
        try:
            return await asking.ask(CHAT, None, stop), asking.budget.spent.calls
        finally:
            await client.aclose()

    with closing(open_store(settings.store)) as store:
        seen, calls = asyncio.run(round_of(store))
        return seen, store.runs(), calls


def test_a_round_that_is_left_alone_is_kept(settings):
    seen, runs, calls = asked(settings, lambda _asking, _stop: None)

    assert (seen.complete, calls) == (True, 1)
    assert [(run.status, run.recorded) for run in runs] == [("finished", 1)]


def test_a_stop_while_the_lists_are_read_leaves_no_run(settings, monkeypatch):
    def when_they_were_read(asking, stop):
        take = asking.models.take

        async def then_stopped(place, listed):
            warning = await take(place, listed)
            stop.set()
            return warning

        monkeypatch.setattr(
            WatchedModels, "take", lambda _self, place, listed: then_stopped(place, listed)
        )

    seen, runs, calls = asked(settings, when_they_were_read)

    assert (seen.complete, seen.sightings, runs, calls) == (False, (), [], 0)


def test_a_stop_before_the_first_question_takes_the_run_out_again(settings, monkeypatch):
    begun = []

    def when_it_has_begun(_asking, stop):
        known = roll_call.known_habits

        def at_once(store):
            begun.append(True)
            stop.set()
            return known(store)

        monkeypatch.setattr(
            roll_call, "known_habits", lambda store: at_once(store) if store else {}
        )

    seen, runs, calls = asked(settings, when_it_has_begun)

    assert begun == [True]
    assert (seen.complete, seen.sightings, runs, calls) == (False, (), [], 0)
