"""When each tier is due: its interval with jitter, kept over restarts, one catch-up after a sleep."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatewayz.core.watching import LISTS

# Who runs one cycle from a timer of his own shall not miss it for a second's difference.
EARLY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One layer of watching: what is asked of whom, and how often.

    `probes` are names of probes, or "reachable" and "listed", which read the model list and ask no
    model anything. `targets` are globs over "gateway/model", () for all that is watched.
    """

    name: str
    every_s: float
    probes: tuple[str, ...]
    targets: tuple[str, ...] = ()

    def asks(self, of: Iterable[str]) -> frozenset[str]:
        """What a round of it asks, by name: its probes, its globs, and of whom."""
        probes = (f"probe {name}" for name in self.probes)
        return frozenset((*of, *probes, *(f"models {glob}" for glob in self.targets or ("*",))))

    @property
    def reads_lists_only(self) -> bool:
        """Whether it asks no model anything."""
        return LISTS.issuperset(self.probes)


class Schedule:
    """Which tiers are due, by the wall clock (UTC), so that a night asleep is one run and no burst.

    `jitter` is a share of the interval: each round of a tier comes so much sooner or later, by
    `seed`, so that many watchers do not ask at the same second.
    """

    def __init__(
        self,
        tiers: Iterable[Tier],
        begun: Mapping[str, datetime] | None = None,
        *,
        jitter: float = 0.1,
        seed: int = 0,
    ) -> None:
        # Of two that come as often, the one that costs nothing first.
        self.tiers: Sequence[Tier] = sorted(
            tiers, key=lambda tier: (tier.every_s, not tier.reads_lists_only, tier.name)
        )
        self._begun = dict(begun or {})
        self._jitter, self._seed = jitter, seed

    def due_at(self, tier: Tier, now: datetime) -> datetime:
        """When a tier is due; now for one that never ran.

        One that was begun in the future was begun by a clock that has been put back since: it is due
        an interval from now.
        """
        begun = self._begun.get(tier.name)
        if begun is None:
            return now
        if begun > now:
            begun = self._begun[tier.name] = now
        return begun + timedelta(
            seconds=tier.every_s * (1 + self._jitter * self._drawn(tier, begun))
        )

    def due(self, now: datetime, *, early: bool = False) -> tuple[Tier, ...]:
        """The tiers that are due, the most frequent first; `early` for one cycle by hand or cron."""
        slack = {
            tier.name: timedelta(seconds=tier.every_s * (EARLY + self._jitter)) if early else
            timedelta(0)
            for tier in self.tiers
        }  # fmt: skip
        return tuple(t for t in self.tiers if self.due_at(t, now) - slack[t.name] <= now)

    def begin(self, tier: Tier, at: datetime) -> None:
        """A round of a tier begins; however many were missed, they are over with it."""
        self._begun[tier.name] = at

    def next_at(self, now: datetime) -> datetime | None:
        """When the next tier is due; None without tiers."""
        return min((self.due_at(tier, now) for tier in self.tiers), default=None)

    def _drawn(self, tier: Tier, begun: datetime) -> float:
        """Between -1 and 1, the same for the same round whoever asks."""
        text = f"{self._seed}/{tier.name}/{begun.timestamp():.0f}"
        return zlib.crc32(text.encode()) / 2**31 - 1
