"""A watch without a network: a clock that is set by hand, and whoever answers as told."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.core.watching import Lease, Level, Sighting, Target
from gatewayz.watch import Schedule, Seen, Tier, Watch, Watched

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LETTERS = {"g": Level.GOOD, "p": Level.POOR, "b": Level.BAD, "x": Level.BLIND, "-": None, "c": None}


def target(name, probe="chat"):
    """ "groq/llama" as a target; without a model it is the gateway."""
    gateway, _, model = name.partition("/")
    return Target(gateway=gateway, model=model, probe=probe)


def seen(name, letter, at=NOON, probe="chat", reason="HTTP 503"):
    """A sighting; g good, p poor, b bad, x blind, - says nothing, c a cap forbids it."""
    level = LETTERS[letter]
    return Sighting(
        target=target(name, probe), at=at, level=level,
        reason=reason if level is not Level.GOOD else "", unasked=letter == "c",
    )  # fmt: skip


class Clock:
    """The time of day, which passes only by waiting."""

    def __init__(self, at=NOON):
        self.at, self.waits = at, []

    def now(self):
        return self.at

    async def wait(self, seconds, stop):
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Answers:
    """Who is asked: `script` gives the levels of each target, one letter a round, the last for ever."""

    def __init__(self, clock, script, takes_s=0.0):
        self.clock, self.script, self.takes_s = clock, script, takes_s
        self.rounds = []
        self.asked = dict.fromkeys(script, 0)

    async def ask(self, tier, only, stop):
        self.rounds.append((tier.name, self.clock.now()))
        self.clock.at += timedelta(seconds=self.takes_s)
        found = []
        for name, letters in self.script.items():
            gateway, probe = name.rsplit(" ", 1)
            its = target(gateway, probe)
            if probe not in tier.probes or (only is not None and its not in only):
                continue
            number = min(self.asked[name], len(letters) - 1)
            self.asked[name] += 1
            found.append(seen(gateway, letters[number], self.clock.now(), probe))
        return Seen(
            sightings=tuple(found),
            planned=frozenset(one.target for one in found if one.target.model),
        )


class Room:
    """A store that remembers what was kept."""

    def __init__(self):
        self.records = []

    def keep(self, lease, record):
        self.records.append(record)


class Playing:
    """A watch with all its parts, and ways to play it for a while."""

    def __init__(self, script, tiers=None, **more):
        self.clock, self.room, self.told = Clock(), Room(), []
        takes_s = more.pop("takes_s", 0.0)
        self.answers = Answers(self.clock, script, takes_s)
        tiers = tiers or [Tier(name="chat", every_s=3600, probes=("chat",))]
        self.watch = Watch(
            lease=Lease(holder="us", token=1, beat=0, at=NOON),
            room=self.room,
            prober=self.answers,
            schedule=Schedule(tiers, jitter=more.pop("jitter", 0.0)),
            watched=Watched(
                rule=more.pop("rule", None),
                excused=more.pop("excused", lambda _gateway, _model, _at: False),
            ),
            clock=self.clock,
            tell=self.told.append,
            **more,
        )

    def play(self, hours):
        """Runs for so long by its own clock."""

        async def run():
            stop = asyncio.Event()
            end = self.clock.at + timedelta(hours=hours)
            while self.clock.at < end:
                await self.watch.round(stop)
                await self.clock.wait(self.watch._pause_s() or 1, stop)

        asyncio.run(run())
        return self

    @property
    def notices(self):
        return [notice for told in self.told for notice in told.notices]

    @property
    def changes(self):
        return [change for told in self.told for change in told.changes]

    def minutes(self, at):
        """Minutes since noon."""
        return round((at - NOON).total_seconds() / 60)


@pytest.fixture(name="watching")
def helpers():
    """The builders above, for tests that are imported apart from this file."""

    class Helpers:
        noon, clock, answers, room, playing = NOON, Clock, Answers, Room, Playing
        seen, target = staticmethod(seen), staticmethod(target)

    return Helpers
