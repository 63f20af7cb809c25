"""Nobody waits for a list that is here, and for one that never was only once; by a clock of their own."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from gatewayz.client import Listing
from gatewayz.core import Attempt, Gateway, Model
from gatewayz.server.catalogues import FIRST_WAIT_S, Catalogues
from gatewayz.server.refusals import Refusal

ACME = Gateway(name="acme", base_url="http://127.0.0.1:9/v1")
OTHER = Gateway(name="other", base_url="http://127.0.0.1:9/v1")
ONE = Listing(models=(Model(id="one"),), attempts=(), complete=True)
BROKEN = Listing(models=(), attempts=(), complete=False)


class Providers:
    """A client for lists, and the clock: each gateway answers what is set, or hangs where it is None."""

    def __init__(self):
        self.answers = {"acme": ONE, "other": ONE}
        self.now = 0.0
        self.asked = []
        self.waits = []
        self.end = float("inf")
        self.released = asyncio.Event()

    async def list_models(self, gateway):
        self.asked.append((gateway.name, self.now))
        if self.answers[gateway.name] is None:
            await self.released.wait()
        return self.answers[gateway.name]

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        if self.now > self.end:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    def lists(self, **more):
        return Catalogues(self, clock=lambda: self.now, sleep=self.sleep, **more)


async def at_once(work):
    """What comes without a wait for anything: within a turn or two of the loop."""
    return await asyncio.wait_for(work, 5)


def by(scene):
    """Runs a scene with providers, in a loop of its own."""

    async def run():
        await scene(Providers())

    asyncio.run(run())


def test_an_old_list_is_given_at_once_while_its_provider_hangs():
    async def scene(providers):
        lists = providers.lists()
        await lists.get_all((ACME, OTHER))
        providers.answers["acme"] = None
        providers.now = 1000.0

        for _ in range(3):
            found = await at_once(lists.get_all((ACME, OTHER)))
            assert (await at_once(lists.get(ACME))).by_id.keys() == {"one"}
            assert found["acme"].age_s(providers.now) == 1000

        assert [name for name, at in providers.asked if at == 1000.0] == ["acme", "other"]
        assert found["other"].age_s(providers.now) == 0
        assert providers.waits == [FIRST_WAIT_S] * 2  # those of the first reads
        await lists.aclose()

    by(scene)


def test_a_list_that_hangs_from_the_start_is_waited_for_once_and_told_as_missing():
    async def scene(providers):
        lists = providers.lists()
        providers.answers["acme"] = None
        found = await at_once(lists.get_all((ACME, OTHER)))
        waited = list(providers.waits)
        again = await at_once(lists.get_all((ACME, OTHER)))
        with pytest.raises(Refusal) as refused:
            await at_once(lists.get(ACME))

        assert set(waited) == {FIRST_WAIT_S}
        assert providers.waits == waited
        assert "one" in found["other"].by_id
        assert found["acme"].status == again["acme"].status == refused.value.status == 504
        assert (refused.value.failure_class, refused.value.gateway) == ("timeout", "acme")
        assert [name for name, _ in providers.asked] == ["acme", "other"]

        providers.answers["acme"] = ONE
        providers.released.set()
        await asyncio.sleep(0.01)
        assert "one" in (await at_once(lists.get(ACME))).by_id

    by(scene)


def test_who_comes_amid_a_first_read_waits_for_no_more_than_the_rest():
    async def scene(providers):
        lists = providers.lists()
        providers.answers["acme"] = None
        lists._begin_read(ACME)
        providers.now = FIRST_WAIT_S - 2
        await at_once(lists.get_all((ACME,)))

        assert providers.waits == [2.0]
        await lists.aclose()

    by(scene)


def test_after_a_failed_first_read_nobody_waits_though_the_next_one_hangs():
    async def scene(providers):
        lists = providers.lists()
        providers.answers["acme"] = BROKEN
        await at_once(lists.get_all((ACME,)))
        providers.answers["acme"] = None
        providers.waits.clear()
        providers.now += 60.0
        found = await at_once(lists.get_all((ACME,)))

        assert isinstance(found["acme"], Refusal)
        assert found["acme"].failure_class == "catalogue"
        assert providers.waits == []
        await lists.aclose()

    by(scene)


def test_a_list_that_keeps_failing_is_asked_for_ever_more_seldom():
    async def scene(providers):
        lists = providers.lists()
        await lists.get_all((ACME,))
        providers.answers["acme"] = BROKEN
        providers.now, providers.end = 0.0, 3000.0
        providers.asked.clear()
        with pytest.raises(asyncio.CancelledError):
            await lists.keep_fresh()
        moments = [at for _, at in providers.asked]
        pauses = [b - a for a, b in itertools.pairwise(moments)]

        assert 200 < moments[0] < 290
        for pause, longest in zip(pauses, (10, 20, 40, 80, 160, 160, 160), strict=False):
            assert 0.6 * longest < pause < longest + 3
        kept = await at_once(lists.get(ACME))
        assert "one" in kept.by_id
        assert kept.failure is not None

    by(scene)


def test_a_list_that_is_begun_is_read_once_and_kept_fresh():
    async def scene(providers):
        lists = providers.lists(fresh_s=100.0)
        providers.end = 250.0
        for _ in range(3):
            lists.begin(ACME)
        assert not lists.was_tried(ACME)
        with pytest.raises(asyncio.CancelledError):
            await lists.keep_fresh()
        lists.begin(ACME)

        assert lists.listed(ACME, "one") == Model(id="one")
        assert {name for name, _ in providers.asked} == {"acme"}
        assert len(providers.asked) in (3, 4)  # at once, then each 70 to 95 s

    by(scene)


def test_a_gateway_without_a_list_is_not_asked_over_and_over():
    async def scene(providers):
        missing = Attempt(method="GET", status=404)
        providers.answers["acme"] = replace(BROKEN, attempts=(missing,))
        providers.end = 1000.0
        lists = providers.lists()
        lists.begin(ACME)
        with pytest.raises(asyncio.CancelledError):
            await lists.keep_fresh()
        asked = len(providers.asked)
        with pytest.raises(Refusal):
            await at_once(lists.get(ACME))
        await lists.aclose()

        assert (asked, lists.was_tried(ACME)) == (1, True)
        assert len(providers.asked) == 2  # somebody wanted it

    by(scene)


def test_a_list_that_was_there_is_asked_for_again_though_it_is_gone_for_a_moment():
    async def scene(providers):
        lists = providers.lists(fresh_s=100.0)
        await lists.get_all((ACME,))
        missing = Attempt(method="GET", status=404)
        providers.answers["acme"] = replace(BROKEN, attempts=(missing,))
        providers.end = 500.0
        with pytest.raises(asyncio.CancelledError):
            await lists.keep_fresh()

        assert len(providers.asked) > 4

    by(scene)
