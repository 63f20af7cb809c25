"""Figures are read beside the requests, kept for a while, and read anew behind the one who asks."""

import asyncio
import os
import threading
from contextlib import closing

import pytest

from gatewayz.core import Allowance
from gatewayz.core.client_key import new_key
from gatewayz.core.errors import StoreError
from gatewayz.core.units import utc_now
from gatewayz.server.pages import shelf as shelf_module
from gatewayz.server.pages.shelf import Shelf
from gatewayz.server.refusals import Refusal
from gatewayz.store import open_store


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tried(filled, clock):
    """Runs something over a shelf, and lets go of it."""

    def run(work):
        async def whole():
            shelf = Shelf(filled, clock)
            try:
                return await asyncio.wait_for(work(shelf), 20)
            finally:
                await shelf.aclose()

        return asyncio.run(whole())

    return run


async def settled(shelf):
    while shelf._coming:
        await asyncio.gather(*shelf._coming.values())


def test_an_old_answer_is_given_at_once_and_read_anew_behind_it(tried, clock):
    answers = iter(range(10))

    async def work(shelf):
        seen = []
        for later in (0, 5, 6, 0):
            clock.now += later
            seen.append((await shelf.get("x", lambda _: next(answers), fresh_s=10)).value)
            await settled(shelf)
        return seen

    assert tried(work) == [0, 0, 0, 1]


def test_an_answer_that_is_too_old_is_waited_for(tried, clock):
    answers = iter(range(10))

    async def work(shelf):
        seen = []
        for later in (0, 29, 31):
            clock.now += later
            seen.append((await shelf.get("x", lambda _: next(answers), fresh_s=10)).value)
            await settled(shelf)
        return seen

    assert tried(work) == [0, 0, 2]


def test_an_answer_that_takes_long_to_come_anew_is_waited_for_a_moment_only(
    tried, clock, monkeypatch
):
    monkeypatch.setattr(shelf_module, "PATIENCE_S", 0.05)
    gate = threading.Event()

    async def work(shelf):
        await shelf.get("x", lambda _: "old")
        clock.now += 60
        found = await shelf.get("x", lambda _: gate.wait(10))
        gate.set()
        await settled(shelf)
        return found.value, (await shelf.get("x", lambda _: "unasked")).value

    assert tried(work) == ("old", True)


def test_who_asks_the_same_at_once_shares_one_answer(tried):
    asked = []
    gate = threading.Event()

    def ask(_):
        asked.append(1)
        gate.wait(10)
        return len(asked)

    async def work(shelf):
        both = asyncio.gather(shelf.get("x", ask), shelf.get("x", ask))
        await asyncio.sleep(0)
        gate.set()
        return [kept.value for kept in await both]

    assert tried(work) == [1, 1]


def test_the_loop_goes_on_while_the_store_is_read(tried):
    gate = threading.Event()

    async def work(shelf):
        coming = asyncio.create_task(shelf.get("x", lambda _: gate.wait(10)))
        for _ in range(100):
            await asyncio.sleep(0)
        still = not coming.done()
        gate.set()
        await coming
        return still

    assert tried(work)


def test_what_takes_long_is_asked_seldom(tried, clock):
    answers = iter(range(10))

    def slow(_):
        clock.now += 3  # as long as the question took
        return next(answers)

    async def work(shelf):
        seen = []
        for later in (0, 59, 2, 0):
            clock.now += later
            seen.append((await shelf.get("x", slow, fresh_s=1)).value)
            await settled(shelf)
        return seen

    assert tried(work) == [0, 0, 0, 1]


def test_a_store_that_cannot_be_read_is_told_without_its_place(tried, filled):
    def broken(_):
        raise StoreError(f"the store {filled} is damaged")

    async def work(shelf):
        with pytest.raises(Refusal) as told:
            await shelf.get("x", broken)
        return told.value

    refusal = tried(work)
    assert (refusal.status, refusal.code) == (503, "store_unreadable")
    assert filled not in refusal.message
    assert filled in refusal.detail


def test_an_answer_outlives_a_store_that_breaks(tried, clock):
    def broken(_):
        raise StoreError("no more")

    async def work(shelf):
        await shelf.get("x", lambda _: 1)
        clock.now += 60
        first = await shelf.get("x", broken)
        await asyncio.gather(*shelf._coming.values(), return_exceptions=True)
        return first.value, (await shelf.get("x", broken)).value

    assert tried(work) == (1, 1)


def test_a_store_that_was_restored_is_read_anew(tried, filled, tmp_path):
    other = tmp_path / "other.db"

    def keys(store):
        return len(store.keys.all())

    async def work(shelf):
        before = await shelf.get("before", keys)
        with closing(open_store(other)) as store:
            store.keys.add(new_key("ci", b"s" * 32, created_at=utc_now(), allowance=Allowance())[1])
        os.replace(other, filled)
        return before.value, (await shelf.get("after", keys)).value

    assert tried(work) == (0, 1)


def test_a_store_that_was_removed_is_not_made_anew_for_a_page(tried, filled):
    async def work(shelf):
        await shelf.get("x", lambda _: 1)
        os.remove(filled)
        return shelf.holds_anything

    assert not tried(work)


def test_so_many_questions_wait_and_no_more(tried):
    gate = threading.Event()

    async def work(shelf):
        coming = [asyncio.create_task(shelf.ask(lambda _: gate.wait(10))) for _ in range(60)]
        for _ in range(10):
            await asyncio.sleep(0)
        refused = [task.exception() for task in coming if task.done()]
        gate.set()
        await asyncio.gather(*coming, return_exceptions=True)
        return refused

    refused = tried(work)
    assert len(refused) == 10
    assert {refusal.code for refusal in refused} == {"too_many_pages"}
